/// How many errors are left where only the clips of the highest confidence are decided (Geifman and El-Yaniv 2017): the lower
/// the curve, the more is won by leaving the unsure clips to somebody else.
public struct CoverageFigure: Figure {
  public struct Step: Sendable {
    /// The share of the clips that are decided, and the share of these that is wrong, 0…1.
    public var coverage, error: Double
    /// The interval around the error; nil where there is none.
    public var low, high: Double?

    public init(coverage: Double, error: Double, low: Double?, high: Double?) {
      (self.coverage, self.error, self.low, self.high) = (coverage, error, low, high)
    }
  }

  /// The lines above the one of the numbers.
  public var title: [String]
  /// What the band stands for: "95 % intervals by speaker".
  public var subtitle: String
  /// By rising coverage; the last has all clips.
  public var points: [Step]
  /// The area under the curve (AURC).
  public var area: Double

  public init(title: [String], subtitle: String, points: [Step], area: Double) {
    (self.title, self.subtitle, self.points, self.area) = (title, subtitle, points, area)
  }

  private static let color = Color(0x0072B2), bestColor = Color(0x009E73)

  private var lines: [String] {
    let facts = ["area under the curve \(number(area, digits: 3))", subtitle].filter { !$0.isEmpty }
    return title.filter { !$0.isEmpty } + [facts.joined(separator: " · ")]
  }

  private static func width(_ layout: FigureLayout) -> Double { min(500, layout.width) }
  private static func height(_ layout: FigureLayout) -> Double { layout.height(300) }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    let width = Self.width(layout)
    return Size(
      width: width,
      height: canvas.titleHeight(lines, width: width - 2 * layout.margin) + Self.height(layout) + Plot.below
        + keyHeight + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = canvas.layout.margin
    let right = canvas.bounds.right - margin
    let top = canvas.drawTitle(lines, left: margin, right: right) + 4
    let highest = points.map { max($0.error, $0.high ?? 0) }.max() ?? 0
    let y = Axis.linear("Error: share of these that is wrong", from: 0, to: min(1, max(0.05, 1.05 * highest)), ticks: 5)
    let left = margin + y.room(on: canvas)
    // Half of the last number stands beyond the frame.
    let frame = canvas.aligned(
      Rectangle(x: left, y: top, width: right - 10 - left, height: Self.height(canvas.layout) - 4))
    let plot = Plot(
      frame: frame,
      x: .linear(
        "Coverage: share of clips that is decided", from: 0, to: 1, ticks: canvas.layout.isNarrow ? 5 : 10),
      y: y)
    for tick in plot.y.ticks.dropFirst() where tick.value < y.upper {
      canvas.rule(
        from: Point(x: frame.left, y: plot.y(tick.value)), to: Point(x: frame.right, y: plot.y(tick.value)), .rule)
    }
    let ends = points.map { (low: $0.low ?? $0.error, high: $0.high ?? $0.error) }
    let edge =
      zip(points, ends).map { plot.point($0.coverage, $1.high) }
      + zip(points, ends).reversed().map { plot.point($0.coverage, $1.low) }
    canvas.fill(edge, Self.color, alpha: 0.18)
    for (line, color) in [(best, Self.bestColor), (flat, Color.secondaryInk)] {
      canvas.stroke(line.map { plot.point($0.x, $0.y) }, color, width: 1.2, dashes: [4, 2.5])
    }
    canvas.stroke(points.map { plot.point($0.coverage, $0.error) }, Self.color, width: 1.8)
    plot.drawAxes(on: canvas)
    drawKey(on: canvas, left: margin, top: frame.bottom + Plot.below + 6)
  }

  private var error: Double { points.last?.error ?? 0 }

  /// The errors of confidences that put all wrong clips last.
  private var best: [(x: Double, y: Double)] {
    [(0, 0), (1 - error, 0)]
      + (1...20).map { step in
        let coverage = 1 - error + error * Double(step) / 20
        return (coverage, (coverage - 1 + error) / coverage)
      }
  }

  /// The errors of confidences that say nothing.
  private var flat: [(x: Double, y: Double)] { [(0, error), (1, error)] }

  private static let key: [(words: String, color: Color)] = [
    ("the model's confidence", color), ("confidence that says nothing", .secondaryInk),
    ("confidence that puts every error last", bestColor),
  ]

  private var keyHeight: Double { 6 + Double(Self.key.count) * (Font.label.line + 2) }

  private func drawKey(on canvas: Canvas, left: Double, top: Double) {
    for (row, entry) in Self.key.enumerated() {
      let y = top + (Double(row) + 0.5) * (Font.label.line + 2)
      canvas.stroke(
        [Point(x: left, y: y), Point(x: left + 18, y: y)], entry.color, width: row == 0 ? 1.8 : 1.2,
        dashes: row == 0 ? [] : [4, 2.5])
      canvas.text(entry.words, at: Point(x: left + 24, y: y), .label)
    }
  }

  private func check() throws(FigureError) {
    guard !points.isEmpty else { throw .empty(name: "points of the coverage") }
    for (index, point) in points.enumerated() {
      let shares = [point.coverage, point.error, point.low ?? 0, point.high ?? 0]
      if let share = shares.first(where: { !(0...1.0001).contains($0) }) {
        throw .outOfRange(name: "point \(index + 1) of the coverage", value: share, expected: "between 0 and 1")
      }
    }
    guard area.isFinite else { throw .notFinite(name: "area under the curve", index: 0) }
  }
}
