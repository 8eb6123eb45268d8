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
    return longest(of: text, to: width, font) { characters, count in
      String(characters.prefix((count + 1) / 2)) + "…" + String(characters.suffix(count / 2))
    }
  }

  /// The longest that fits of what `kept` makes of a text's characters and how many of them are to stay.
  private func longest(
    of text: String, to width: Double, _ font: Font, kept: (_ characters: [Character], _ count: Int) -> String
  ) -> String {
    let characters = Array(text)
    // It lies between `fits` and `tooMany` characters.
    var (fits, tooMany) = (0, characters.count)
    while tooMany - fits > 1 {
      let middle = (fits + tooMany) / 2
      if self.width(of: kept(characters, middle), font) <= width { fits = middle } else { tooMany = middle }
    }
    return kept(characters, fits)
  }

  /// Each of `texts`, as much of it as fits into `width` points, so that different ones stay different: without their middle,
  /// as one text is shortened; else their ends; else the first stretch in which they differ; else numbered.
  func shortenedApart(_ texts: [String], to width: Double, _ font: Font) -> [String] {
    let count = Set(texts).count
    func apart(_ shorten: (String) -> String) -> [String]? {
      let short = texts.map { self.width(of: $0, font) > width ? shorten($0) : $0 }
      return Set(short).count == count ? short : nil
    }
    if let middles = apart({ shortened($0, to: width, font) }) { return middles }
    if let ends = apart({ longest(of: $0, to: width, font) { "…" + String($0.suffix($1)) } }) { return ends }
    for start in 0..<(texts.map(\.count).max() ?? 0) {
      let stretches = apart { text in
        longest(of: text, to: width, font) { characters, count in
          let rest = characters.dropFirst(start)
          return (start > 0 ? "…" : "") + String(rest.prefix(count)) + (rest.count > count ? "…" : "")
        }
      }
      if let stretches { return stretches }
    }
    return texts.enumerated().map { index, text in
      let number = "\(index + 1): "
      return number + shortened(text, to: width - self.width(of: number, font), font)
    }
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
