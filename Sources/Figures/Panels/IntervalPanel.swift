/// Dots with their intervals, one row each, over one axis: a measure of several things.
struct IntervalPanel {
  typealias Value = (mean: Double, low: Double, high: Double)

  var title: String
  var unit = ""
  /// The value of each row; nil where there is none.
  var values: [Value?]
  var colors: [Color]
  /// A value with a line of its own: the one that chance reaches.
  var mark: Double?
  /// Such values of each row.
  var marks: [Double] = []
  /// True where zero belongs on the axis.
  var hasZero = true
  /// True where the axis reaches as far to both sides of zero.
  var isSymmetric = false

  static let line = 15.0

  static func height(rows: Int) -> Double { line * Double(rows) + 6 }

  /// The middle of a row, under a frame's top.
  static func y(of row: Int, under top: Double) -> Double { top + 3 + line * (Double(row) + 0.5) }

  /// The room of titles above frames: in a column they may have two lines.
  static func above(_ layout: FigureLayout) -> Double { Font.emphasis.line * (layout.isNarrow ? 2 : 1) + 3 }

  private func axis(ticks: Int) -> Axis {
    var numbers: [Double] = values.compactMap { $0 }.flatMap { value -> [Double] in [value.low, value.mean, value.high]
    }
    numbers += [mark].compactMap(\.self) + marks
    if hasZero { numbers.append(0) }
    var (lowest, highest) = (numbers.min() ?? 0, numbers.max() ?? 1)
    if isSymmetric {
      highest = max(abs(lowest), abs(highest))
      lowest = -highest
    }
    let slack = highest > lowest ? 0.05 * (highest - lowest) : 0.5
    return .linear(
      unit, from: hasZero && lowest == 0 ? 0 : lowest - slack,
      to: hasZero && highest == 0 && lowest < 0 ? 0 : highest + slack,
      ticks: ticks)
  }

  func draw(on canvas: Canvas, in frame: Rectangle) {
    let axis = axis(ticks: isSymmetric && !canvas.layout.isNarrow ? 5 : 3)
    let plot = Plot(frame: frame, x: axis, y: Axis(label: "", lower: 0, upper: 1, ticks: []))
    let titleFont = canvas.fitted(title, to: frame.width, .emphasis)
    let lines = canvas.wrapped(title, to: frame.width, titleFont, most: canvas.layout.isNarrow ? 2 : 1)
    for (line, words) in lines.reversed().enumerated() {
      canvas.text(
        words, at: Point(x: frame.left, y: frame.top - 4 - Double(line) * Font.emphasis.line), titleFont,
        vertically: .end)
    }
    for tick in axis.ticks where tick.value > axis.lower && tick.value < axis.upper {
      canvas.rule(
        from: Point(x: plot.x(tick.value), y: frame.top), to: Point(x: plot.x(tick.value), y: frame.bottom), .rule)
    }
    if let mark {
      let x = plot.x(mark)
      canvas.stroke(
        [Point(x: x, y: frame.top), Point(x: x, y: frame.bottom)], .secondaryInk, width: 1, dashes: [3, 2])
    }
    for (row, mark) in marks.enumerated() {
      let (x, y) = (plot.x(mark), Self.y(of: row, under: frame.top))
      canvas.stroke(
        [Point(x: x, y: y - Self.line / 2), Point(x: x, y: y + Self.line / 2)], .secondaryInk, width: 1, dashes: [3, 2])
    }
    for (row, value) in values.enumerated() {
      guard let value else { continue }
      let y = Self.y(of: row, under: frame.top)
      canvas.stroke([Point(x: plot.x(value.low), y: y), Point(x: plot.x(value.high), y: y)], colors[row], width: 1.6)
      canvas.dot(at: Point(x: plot.x(value.mean), y: y), radius: 3, colors[row])
    }
    plot.drawAxes(on: canvas, namesY: false)
  }
}
