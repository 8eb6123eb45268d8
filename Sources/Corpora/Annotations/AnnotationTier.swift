import AudioFeatures
import Foundation

/// A layer of annotations of speech: its words, or its phones.
public struct AnnotationTier: Equatable, Sendable {
  public let name: String
  /// The intervals that carry a label, in order of time and without overlaps; seconds from the start of the file.
  public let units: [SpeechUnit]
  /// The end of the tier in seconds; nil where the format does not state it.
  public let duration: Double?
}

extension [AnnotationTier] {
  /// The tier of a name; for nil the only tier, or the only one that is named as forced aligners name their words.
  /// - Parameter path: The file of the tiers, for the error.
  public func tier(named name: String?, path: String) throws(AnnotationError) -> AnnotationTier {
    if name == nil, count == 1 { return self[0] }
    // The Montreal Forced Aligner's name, a common one, and WebMAUS's.
    let candidates = filter { tier in
      name.map { $0 == tier.name } ?? ["words", "word", "ort-mau"].contains(tier.name.lowercased())
    }
    guard let found = candidates.first, name != nil || candidates.count == 1 else {
      throw .noTier(named: name, path: path, found: map(\.name))
    }
    return found
  }
}

/// An interval as a file has it; seconds.
struct AnnotationInterval {
  /// Without white space at its ends; empty for a gap.
  let label: String
  let start: Double
  let end: Double
  let line: Int?

  init(_ label: String, from start: Double, to end: Double, line: Int?) throws(AnnotationDamage) {
    self.label = label.trimmingCharacters(in: .whitespacesAndNewlines)
    (self.start, self.end, self.line) = (start, end, line)
    guard start < end, end.isFinite else {
      throw AnnotationDamage("\"\(self.label.prefix(40))\" begins at \(start) s, but ends at \(end) s", line: line)
    }
  }
}

extension AnnotationTier {
  /// Alignments round their times; an overlap of this many seconds is mended.
  private static let roundingOverlap = 0.001

  /// What forced aligners write where nobody speaks.
  private static let silences: Set = ["sil", "sp", "pau", "<sil>", "<sp>", "<p:>", "<eps>"]

  /// Leaves out the gaps, and orders the other intervals.
  init(name: String, intervals: [AnnotationInterval], duration: Double? = nil) throws(AnnotationDamage) {
    var units: [SpeechUnit] = []
    for interval in intervals.filter({ !$0.label.isEmpty && !Self.silences.contains($0.label.lowercased()) }).sorted(
      by: {
        $0.start < $1.start
      })
    {
      var start = interval.start
      if let last = units.last, start < last.range.upperBound {
        // 0.501 − 0.5 is a little more than 0.001.
        guard last.range.upperBound - start <= Self.roundingOverlap + 1e-9, last.range.upperBound < interval.end else {
          let names = "\"\(last.name.prefix(40))\" and \"\(interval.label.prefix(40))\""
          throw AnnotationDamage(
            "\(names) overlap in tier \"\(name.prefix(40))\": the first ends at \(last.range.upperBound) s, "
              + "the second begins at \(start) s", line: interval.line)
        }
        start = last.range.upperBound
      }
      units.append(SpeechUnit(interval.label, start..<interval.end))
    }
    self.init(name: name, units: units, duration: duration)
  }
}
