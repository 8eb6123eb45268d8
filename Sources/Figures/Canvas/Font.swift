/// A size in points and a weight.
struct Font: Equatable {
  var size: Double
  var isBold = false

  static let title = Font(size: 13.5, isBold: true)
  static let subtitle = Font(size: 11)
  static let label = Font(size: 10.5)
  static let emphasis = Font(size: 10.5, isBold: true)
  static let tick = Font(size: 9.5)

  /// The height of a line, in points.
  var line: Double { 1.35 * size }
}

extension Canvas {
  /// `text`, or as much of its beginning and end as fits `width` points around an ellipsis. It is cut
  /// between characters as people see them, never inside one.
  func shortened(_ text: String, to width: Double, _ font: Font) -> String {
    guard self.width(of: text, font) > width else { return text }
    let characters = Array(text)
    func kept(_ count: Int) -> String {
      String(characters.prefix((count + 1) / 2)) + "…" + String(characters.suffix(count / 2))
    }
    // The longest text that fits lies between `fits` and `tooMany` characters.
    var (fits, tooMany) = (0, characters.count)
    while tooMany - fits > 1 {
      let middle = (fits + tooMany) / 2
      if self.width(of: kept(middle), font) <= width { fits = middle } else { tooMany = middle }
    }
    return kept(fits)
  }

  /// The font, or one down to four fifths of its size if the text then fits; in a column none below the size asked for.
  func fitted(_ text: String, to width: Double, _ font: Font) -> Font {
    let needed = self.width(of: text, font)
    let least = layout.isNarrow ? min(1, Font.tick.size / font.size) : 0.8
    var smaller = font
    smaller.size *= max(least, min(1, width / needed * 0.995))
    return needed > width ? smaller : font
  }

  /// `text` in lines of at most `width` points, broken between words.
  /// - Parameter most: Lines; what is left stands in the last one, as much of it as fits.
  func wrapped(_ text: String, to width: Double, _ font: Font, most: Int = .max) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      let longer = lines.last.map { "\($0) \(word)" } ?? String(word)
      if !lines.isEmpty, lines.count == most || self.width(of: longer, font) <= width {
        lines[lines.count - 1] = longer
      } else {
        lines.append(String(word))
      }
    }
    return lines.map { shortened($0, to: width, font) }
  }
}
