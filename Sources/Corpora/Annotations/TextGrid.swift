import Foundation

/// Praat's TextGrid, long or short (Praat's manual, "TextGrid file formats").
enum TextGrid {
  /// The interval tiers; those of points are skipped.
  static func tiers(of text: String) throws(AnnotationDamage) -> [AnnotationTier] {
    var tokens = TextGridTokens(text)
    let type = try tokens.text("the header")
    let kind = try tokens.text("the header")
    guard ["ooTextFile", "ooTextFile short"].contains(type), kind == "TextGrid" else {
      throw AnnotationDamage(
        "not a TextGrid: it begins with \"\(type.prefix(40))\" and \"\(kind.prefix(40))\"", line: 1)
    }
    _ = try tokens.time("the header")
    _ = try tokens.time("the header")
    guard try tokens.flag("the header") == "<exists>" else { return [] }
    let tierCount = try tokens.count("the header")
    var tiers: [AnnotationTier] = []
    for tier in 0..<tierCount {
      func place() -> String { "tier \(tier + 1) of \(tierCount)" }
      let kind = try tokens.text(place())
      guard ["IntervalTier", "TextTier"].contains(kind) else {
        throw AnnotationDamage("\(place()): \"\(kind.prefix(40))\" is not a kind of tier", line: tokens.line)
      }
      let name = try tokens.text(place())
      _ = try tokens.time(place())
      let duration = try tokens.time(place())
      let count = try tokens.count(place())
      var intervals: [AnnotationInterval] = []
      for index in 0..<count {
        func place() -> String { "interval or point \(index + 1) of the \(count) of tier \"\(name.prefix(40))\"" }
        let start = try tokens.time(place())
        let line = tokens.line
        let end = try kind == "TextTier" ? nil : tokens.time(place())
        let label = try tokens.text(place())
        if let end { intervals.append(try AnnotationInterval(label, from: start, to: end, line: line)) }
      }
      if kind == "IntervalTier" {
        tiers.append(try AnnotationTier(name: name, intervals: intervals, duration: duration))
      }
    }
    guard try tokens.next() == nil else {
      throw AnnotationDamage("more follows after as many tiers and intervals as the file states", line: tokens.line)
    }
    return tiers
  }
}

/// The words of a TextGrid that count, read as Praat does: numbers, texts in quotes, in which a doubled quote is a quote,
/// and flags in angle brackets. Other words are free text, and `!` begins a comment.
private struct TextGridTokens {
  enum Token: Equatable {
    case number(Double)
    case text(String)
    case flag(String)
  }

  private static let quote = UInt8(ascii: "\"")
  private static let cr = UInt8(ascii: "\r")
  private static let lf = UInt8(ascii: "\n")

  private let bytes: [UInt8]
  private var position = 0
  /// The line of the position, from 1.
  private(set) var line = 1

  init(_ text: String) { bytes = Array(text.utf8) }

  /// The next token; nil at the end of the file.
  mutating func next() throws(AnnotationDamage) -> Token? {
    while let first = byte {
      switch first {
      case Self.quote: return .text(try quoted())
      case UInt8(ascii: "!"): while let next = byte, next != Self.cr, next != Self.lf { position += 1 }
      case UInt8(ascii: "<"):
        let flag = word()
        guard flag.hasSuffix(">") else {
          throw AnnotationDamage("the flag \"\(flag.prefix(40))\" is not closed", line: line)
        }
        return .flag(flag)
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"):
        let digits = word()
        guard let number = Double(digits) else {
          throw AnnotationDamage("\"\(digits.prefix(40))\" is not a number", line: line)
        }
        return .number(number)
      default:
        if Self.isSpace(first) { advance() } else { _ = word() }
      }
    }
    return nil
  }

  mutating func text(_ place: @autoclosure () -> String) throws(AnnotationDamage) -> String {
    let token = try next()
    guard case .text(let text)? = token else { throw unexpected(token, "a text in quotes", place()) }
    return text
  }

  mutating func flag(_ place: @autoclosure () -> String) throws(AnnotationDamage) -> String {
    let token = try next()
    guard case .flag(let flag)? = token else { throw unexpected(token, "<exists>", place()) }
    return flag
  }

  mutating func time(_ place: @autoclosure () -> String) throws(AnnotationDamage) -> Double {
    let token = try next()
    guard case .number(let time)? = token, time.isFinite, time >= 0 else { throw unexpected(token, "a time", place()) }
    return time
  }

  mutating func count(_ place: @autoclosure () -> String) throws(AnnotationDamage) -> Int {
    let token = try next()
    guard case .number(let number)? = token, let count = Int(exactly: number), count >= 0 else {
      throw unexpected(token, "a count", place())
    }
    return count
  }

  private func unexpected(_ token: Token?, _ expected: String, _ place: String) -> AnnotationDamage {
    let found: String? =
      switch token {
      case .number(let number): "\(number)"
      case .text(let text): "\"\(text.prefix(40))\""
      case .flag(let flag): "\(flag.prefix(40))"
      case nil: nil
      }
    guard let found else { return AnnotationDamage("\(place): the file ends before \(expected)", line: line) }
    return AnnotationDamage("\(place): \(found) stands in the place of \(expected)", line: line)
  }

  private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private mutating func advance() {
    let passed = byte
    position += 1
    if passed == Self.lf || (passed == Self.cr && byte != Self.lf) { line += 1 }
  }

  /// What stands from the position up to the next white space.
  private mutating func word() -> String {
    let start = position
    while let next = byte, !Self.isSpace(next) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func quoted() throws(AnnotationDamage) -> String {
    let start = line
    var text: [UInt8] = []
    advance()
    while let next = byte {
      if next == Self.quote {
        advance()
        guard byte == Self.quote else {
          guard byte.map(Self.isSpace) ?? true else {
            throw AnnotationDamage("text follows a closing quote (a quote in a label is doubled)", line: line)
          }
          return String(decoding: text, as: UTF8.self)
        }
      }
      text.append(next)
      advance()
    }
    throw AnnotationDamage("a quote is opened and never closed", line: start)
  }
}
