import Foundation

/// Time-marked conversations (NIST's SCTK, Kaldi): lines of a file, a channel, a start, a duration and a word.
enum CTM {
  /// One tier "words", or one for each file and channel where there are several.
  static func tiers(of text: String) throws(AnnotationDamage) -> [AnnotationTier] {
    var names: [String] = []
    var intervals: [String: [AnnotationInterval]] = [:]
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let fields = line.split(whereSeparator: \.isWhitespace)
      guard let first = fields.first, !first.hasPrefix(";;") else { continue }
      guard fields.count >= 5 else {
        throw AnnotationDamage(
          "\(fields.count) fields, but file, channel, start, duration and word are five", line: index + 1)
      }
      let start = try seconds(fields[2], line: index + 1)
      let duration = try seconds(fields[3], line: index + 1)
      let interval = try AnnotationInterval(
        String(fields[4]), from: start, to: start + duration, line: index + 1)
      let name = "\(fields[0]) \(fields[1])"
      if intervals[name] == nil { names.append(name) }
      intervals[name, default: []].append(interval)
    }
    var tiers: [AnnotationTier] = []
    for name in names {
      tiers.append(
        try AnnotationTier(name: names.count == 1 ? "words" : name, intervals: intervals[name] ?? []))
    }
    return tiers
  }

  private static func seconds(_ field: Substring, line: Int) throws(AnnotationDamage) -> Double {
    guard let seconds = Double(field), seconds.isFinite, seconds >= 0 else {
      throw AnnotationDamage("\"\(field.prefix(40))\" is not a time in seconds", line: line)
    }
    return seconds
  }
}
