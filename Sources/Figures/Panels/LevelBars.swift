import Foundation

/// Numbers by name as level bars from zero, each with its value and words on it.
struct LevelBars {
  struct Row {
    var name: String
    var value: Double
    var color: Color
    /// The value as text, and words beside it.
    var words: [String]
    /// Whether the row stands out.
    var isMarked = false
    /// The true value, where it is known.
    var truth: Double?
  }

  var axis: Axis
  var rows: [Row]

  static let rowHeight = 17.0

  var height: Double { Double(rows.count) * Self.rowHeight }

  /// - Parameter isNamed: Whether the rows' names stand left of the frame.
  func draw(on canvas: Canvas, in frame: Rectangle, isNamed: Bool = true) {
    let plot = Plot(frame: frame, x: axis, y: Axis(label: "", lower: 0, upper: 1, ticks: []))
    for tick in axis.ticks where tick.value > axis.lower && tick.value < axis.upper {
      let x = plot.x(tick.value)
      let isZero = abs(tick.value) < 1e-9
      canvas.rule(
        from: Point(x: x, y: frame.top), to: Point(x: x, y: frame.bottom), isZero ? .secondaryInk : .rule)
    }
    for (index, row) in rows.enumerated() {
      draw(row, on: canvas, plot, at: frame.top + (Double(index) + 0.5) * Self.rowHeight, isNamed: isNamed)
    }
    plot.drawAxes(on: canvas, namesY: false)
  }

  private func draw(_ row: Row, on canvas: Canvas, _ plot: Plot, at middle: Double, isNamed: Bool) {
    let (zero, end) = (plot.x(max(0, axis.lower)), plot.x(row.value))
    let bar = canvas.aligned(
      Rectangle(
        x: min(zero, end), y: middle - 0.36 * Self.rowHeight, width: abs(end - zero), height: 0.72 * Self.rowHeight))
    canvas.fill(bar, row.color)
    let font = row.isMarked ? Font.emphasis : .label
    if isNamed {
      canvas.text(
        canvas.shortened(row.name, to: Self.longestName, font), at: Point(x: plot.frame.left - 7, y: middle), font,
        horizontally: .end)
    }
    let mark = row.truth.map(plot.x)
    // Right of all that is drawn, or else left of it, or else inside the bar; with fewer words where none has room.
    let (first, last) = (
      min(bar.left, mark.map { $0 - 3 } ?? bar.left), max(bar.right, mark.map { $0 + 3 } ?? bar.right)
    )
    let all = row.words.filter { !$0.isEmpty }
    for count in stride(from: all.count, to: 0, by: -1) {
      let words = all.prefix(count).joined(separator: "  ·  ")
      let width = canvas.width(of: words, font)
      let left: Double
      if last + 8 + width < plot.frame.right {
        left = last + 7
      } else if first - 7 - width > plot.frame.left {
        left = first - 7 - width
      } else if bar.width > width + 14 {
        left = bar.right - 7 - width
      } else {
        continue
      }
      let isInside = left >= first && left < last
      if !isInside { canvas.fill(Rectangle(x: left - 3, y: bar.top, width: width + 6, height: bar.height), .white) }
      let color = isInside && row.color.luminance <= 0.3 ? Color.white : .ink
      canvas.text(words, at: Point(x: left, y: middle), font, color: color)
      break
    }
    guard let mark else { return }
    let ends = [Point(x: mark, y: bar.top - 1.5), Point(x: mark, y: bar.bottom + 1.5)]
    canvas.stroke(ends, .white, width: 4.5)
    canvas.stroke(ends, .ink, width: 2)
  }

  func room(on canvas: Canvas) -> Double {
    7 + min(Self.longestName, rows.map { canvas.width(of: $0.name, .emphasis) }.max() ?? 0)
  }

  private static let longestName = 110.0
}

extension Axis {
  /// Values of dimensions: from 0 or, where some are negative, from −m to m, the largest size of all but at least 1.
  static func values(_ values: some Sequence<Double>, ticks count: Int) -> Axis {
    // A figure asks for its height before it refuses what is not finite.
    let (lowest, largest) = values.lazy.filter(\.isFinite).reduce((0.0, 0.0)) { (min($0.0, $1), max($0.1, abs($1))) }
    let end = largest > 1 ? largest * 1.05 : 1
    return .linear("Value", from: lowest < 0 ? -end : 0, to: end, ticks: count)
  }
}
