extension Canvas {
  /// Title lines from the top: the first bold. Returns where the picture may begin.
  func drawTitle(_ lines: [String], left: Double, right: Double) -> Double {
    var y = layout.margin
    for (words, font) in titleLines(lines, width: right - left) {
      text(words, at: Point(x: left, y: y), font, vertically: .start)
      y += font.isBold ? layout.title.line : layout.subtitle.line
    }
    return y == layout.margin ? y : y + 6
  }

  /// The height that `drawTitle` needs, margin included.
  /// - Parameter width: Of its lines; between the figure's margins unless given.
  func titleHeight(_ lines: [String], width: Double? = nil) -> Double {
    let heights = titleLines(lines, width: width ?? layout.width - 2 * layout.margin).map { _, font in
      font.isBold ? layout.title.line : layout.subtitle.line
    }
    return layout.margin + (heights.isEmpty ? 0 : heights.reduce(0, +) + 6)
  }

  /// The lines as they are drawn: each a little smaller or, where that is not enough, in up to three.
  private func titleLines(_ lines: [String], width: Double) -> [(words: String, font: Font)] {
    lines.enumerated().filter { !$0.element.isEmpty }.flatMap { index, line in
      let font = index == 0 ? layout.title : layout.subtitle
      let smaller = fitted(line, to: width, font)
      return self.width(of: line, smaller) <= width
        ? [(line, smaller)] : wrapped(line, to: width, font, most: 3).map { ($0, font) }
    }
  }
}

/// What the colours of a signed attribution say: red what raises the score that is explained, blue what lowers it.
struct SignKey {
  /// "the score of angry".
  var score: String
  /// The colours' words, where they say something else.
  var words: [String]?

  private static let swatch = 9.0

  private var items: [(color: Color, words: String)] {
    let words = words ?? ["red: raises \(score)", "blue: lowers it"]
    let colors = AttributionScale([1], isSigned: true)
    return zip([colors.color(at: 0.9), colors.color(at: -0.9)], words).map { ($0, $1) }
  }

  private func lines(on canvas: Canvas, width: Double) -> [[(color: Color, words: String)]] {
    let needed = items.reduce(0) { $0 + Self.swatch + 18 + canvas.width(of: $1.words, .tick) }
    return needed - 14 <= width ? [items] : items.map { [$0] }
  }

  func height(on canvas: Canvas, width: Double) -> Double {
    Font.tick.line * Double(lines(on: canvas, width: width).count) + 5
  }

  func draw(on canvas: Canvas, left: Double, right: Double, top: Double) {
    for (line, items) in lines(on: canvas, width: right - left).enumerated() {
      var x = left
      let y = top + (Double(line) + 0.5) * Font.tick.line
      for item in items {
        canvas.fill(
          canvas.aligned(Rectangle(x: x, y: y - Self.swatch / 2, width: Self.swatch, height: Self.swatch)), item.color)
        x += Self.swatch + 4
        let words = canvas.shortened(item.words, to: right - x, .tick)
        canvas.text(words, at: Point(x: x, y: y), .tick)
        x += canvas.width(of: words, .tick) + 14
      }
    }
  }
}
