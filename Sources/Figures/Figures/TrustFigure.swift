/// Measures of several methods, each with its interval, and curves over the share of what was changed.
public struct TrustFigure: Figure {
  public struct Method: Sendable {
    public var name: String
    /// Drawn in grey: what the others must be better than.
    public var isControl: Bool

    public init(name: String, isControl: Bool) { (self.name, self.isControl) = (name, isControl) }
  }

  /// One measure of all methods.
  public struct Panel: Sendable {
    public typealias Value = (mean: Double, low: Double, high: Double)
    public var title: String
    /// The value of each method; nil where there is none.
    public var values: [Value?]
    /// The value that random numbers reach.
    public var chance: Double?

    public init(title: String, values: [Value?], chance: Double? = nil) {
      (self.title, self.values, self.chance) = (title, values, chance)
    }
  }

  /// One curve a method, from x = 0 in even steps.
  public struct Curves: Sendable {
    public var title, xLabel: String
    /// The x of the last value.
    public var end: Double
    /// [method][point]; nil where there is none.
    public var values: [[Double?]]

    public init(title: String, xLabel: String, end: Double, values: [[Double?]]) {
      (self.title, self.xLabel, self.end, self.values) = (title, xLabel, end, values)
    }
  }

  public var title: [String]
  public var methods: [Method]
  public var panels: [Panel]
  public var curves: [Curves]

  public init(title: [String], methods: [Method], panels: [Panel], curves: [Curves]) {
    (self.title, self.methods, self.panels, self.curves) = (title, methods, panels, curves)
  }

  /// Panels and curves beside each other.
  private static func columns(_ layout: FigureLayout) -> (panels: Int, curves: Int) {
    layout.isNarrow ? (2, 1) : (4, 3)
  }
  private static func curveHeight(_ layout: FigureLayout) -> Double { layout.height(170) }
  /// Between two panels, one beside the other: room for half a number of each.
  private static let between = 24.0
  // Okabe and Ito's colours; when they are used up, again with dashes.
  private static let colors = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9].map { Color(UInt32($0)) }
  private static let dashes: [[Double]] = [[], [5, 2], [1.5, 1.5]]
  private static let greys = [Color.ink, Color(0x8C8C8C)]

  private var panelHeight: Double { IntervalPanel.height(rows: methods.count) }
  // Above a frame its title, below it the numbers.
  private static let above = Font.emphasis.line + 3
  private static let below = Plot.belowWithoutLabel + 8

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    let columns = Self.columns(layout)
    let rows = (panels.count + columns.panels - 1) / columns.panels
    let curveRows = (curves.count + columns.curves - 1) / columns.curves
    let panelRow = IntervalPanel.above(layout) + panelHeight + Self.below
    let curveRow = Self.above + Self.curveHeight(layout) + Plot.below + FigureLayout.gap
    return Size(
      width: canvas.layout.width,
      height: canvas.titleHeight(title) + Double(rows) * panelRow + Double(curveRows) * curveRow
        + canvas.layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = canvas.layout.margin
    // The last number may stand half over its panel's edge.
    let right = canvas.bounds.right - margin - 6
    let curveHeight = Self.curveHeight(canvas.layout)
    let (panelsInRow, curvesInRow) = Self.columns(canvas.layout)
    var top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    let font: Font = canvas.layout.isNarrow ? .tick : .label
    let names = methods.map { canvas.shortened($0.name, to: canvas.layout.isNarrow ? 100 : 150, font) }
    let left = margin + (names.map { canvas.width(of: $0, font) }.max() ?? 0) + 28
    let width = (right - left + Self.between) / Double(panelsInRow) - Self.between
    for first in stride(from: 0, to: panels.count, by: panelsInRow) {
      top += IntervalPanel.above(canvas.layout)
      for (method, name) in names.enumerated() {
        let y = IntervalPanel.y(of: method, under: top)
        drawKey(method, on: canvas, from: left - 24, to: left - 8, at: y)
        canvas.text(name, at: Point(x: left - 28, y: y), font, horizontally: .end)
      }
      for (column, panel) in panels[first..<min(panels.count, first + panelsInRow)].enumerated() {
        let place = Rectangle(
          x: left + Double(column) * (width + Self.between), y: top, width: width, height: panelHeight)
        IntervalPanel(
          title: panel.title, values: panel.values, colors: methods.indices.map(color), mark: panel.chance
        ).draw(on: canvas, in: canvas.aligned(place))
      }
      top += panelHeight + Self.below
    }
    for first in stride(from: 0, to: curves.count, by: curvesInRow) {
      top += Self.above
      let room = (right - margin + FigureLayout.gap) / Double(curvesInRow)
      for (column, panel) in curves[first..<min(curves.count, first + curvesInRow)].enumerated() {
        let axis = curveAxis(panel)
        let start = margin + Double(column) * room + axis.room(on: canvas)
        let end = margin + Double(column + 1) * room - FigureLayout.gap
        draw(
          panel, axis, on: canvas,
          in: canvas.aligned(Rectangle(x: start, y: top, width: end - start, height: curveHeight)))
      }
      top += curveHeight + Plot.below + FigureLayout.gap
    }
  }

  private func color(of method: Int) -> Color {
    let place = methods[..<method].count { $0.isControl == methods[method].isControl }
    let colors = methods[method].isControl ? Self.greys : Self.colors
    return colors[place % colors.count]
  }

  private func dashes(of method: Int) -> [Double] {
    guard !methods[method].isControl else { return [1.5, 2] }
    let place = methods[..<method].count { !$0.isControl }
    return Self.dashes[place / Self.colors.count % Self.dashes.count]
  }

  private func drawKey(_ method: Int, on canvas: Canvas, from left: Double, to right: Double, at y: Double) {
    canvas.stroke(
      [Point(x: left, y: y), Point(x: right, y: y)], color(of: method), width: 1.8, dashes: dashes(of: method))
  }

  private func curveAxis(_ panel: Curves) -> Axis {
    let values: [Double] = panel.values.joined().compactMap { $0 }
    let (lowest, highest) = (values.min() ?? 0, values.max() ?? 1)
    return .linear("", from: min(0, lowest), to: max(highest, 0.01) * 1.03, ticks: 5)
  }

  private func draw(_ panel: Curves, _ axis: Axis, on canvas: Canvas, in frame: Rectangle) {
    let plot = Plot(frame: frame, x: .linear(panel.xLabel, from: 0, to: panel.end, ticks: 5), y: axis)
    let titleFont = canvas.fitted(panel.title, to: frame.width, .emphasis)
    canvas.text(
      canvas.shortened(panel.title, to: frame.width, titleFont), at: Point(x: frame.left, y: frame.top - 4),
      titleFont, vertically: .end)
    for tick in axis.ticks where tick.value > axis.lower && tick.value < axis.upper {
      canvas.rule(
        from: Point(x: frame.left, y: plot.y(tick.value)), to: Point(x: frame.right, y: plot.y(tick.value)), .rule)
    }
    for (method, values) in panel.values.enumerated() {
      let step = panel.end / Double(max(1, values.count - 1))
      let points = values.enumerated().compactMap { index, value in value.map { plot.point(step * Double(index), $0) } }
      canvas.clipped(to: frame) {
        canvas.stroke(points, color(of: method), width: 1.6, dashes: dashes(of: method))
      }
    }
    plot.drawAxes(on: canvas)
  }

  private func check() throws(FigureError) {
    guard !methods.isEmpty else { throw .empty(name: "methods of the measures") }
    for panel in panels {
      guard panel.values.count == methods.count else {
        throw .shape(name: panel.title, expected: [methods.count], found: [panel.values.count])
      }
      for (index, value) in panel.values.enumerated() {
        guard let value else { continue }
        guard [value.mean, value.low, value.high].allSatisfy(\.isFinite) else {
          throw .notFinite(name: panel.title, index: index)
        }
      }
      if let chance = panel.chance, !chance.isFinite { throw .notFinite(name: "chance of \(panel.title)", index: 0) }
    }
    for panel in curves {
      guard panel.values.count == methods.count else {
        throw .shape(name: panel.title, expected: [methods.count], found: [panel.values.count])
      }
      for (index, value) in panel.values.joined().enumerated() where value?.isFinite == false {
        throw .notFinite(name: panel.title, index: index)
      }
    }
  }
}
