/// What a model says along edits: for each edit the probability of each emotion, with the step that listeners just notice.
public struct ResponseFigure: Figure {
  public struct Line: Sendable {
    /// The value at each place; nil where there is none.
    public var values: [Double?]
    /// The interval at each place; empty where there is none.
    public var intervals: [(low: Double, high: Double)?]

    public init(values: [Double?], intervals: [(low: Double, high: Double)?] = []) {
      (self.values, self.intervals) = (values, intervals)
    }
  }

  /// One edit.
  public struct Panel: Sendable {
    public var title: String
    /// Of the amounts.
    public var unit: String
    /// In just-noticeable steps from the clip as it is, rising, and the amount at each in words.
    public var steps: [Double]
    public var amounts: [String]
    /// Of each output.
    public var lines: [Line]
    /// One output of the clip changed and changed back: what the resynthesis alone does.
    public var control: Line?
    /// The place of that output.
    public var controlled: Int

    public init(
      title: String, unit: String, steps: [Double], amounts: [String], lines: [Line], control: Line? = nil,
      controlled: Int = 0
    ) {
      (self.title, self.unit, self.steps, self.amounts) = (title, unit, steps, amounts)
      (self.lines, self.control, self.controlled) = (lines, control, controlled)
    }
  }

  public var title: [String]
  public var outputs: [String]
  /// Whether the outputs are classes, with probabilities, and not dimensions.
  public var areClasses: Bool
  public var panels: [Panel]

  public init(title: [String], outputs: [String], areClasses: Bool, panels: [Panel]) {
    (self.title, self.outputs, self.areClasses, self.panels) = (title, outputs, areClasses, panels)
  }

  private static let caption = Font.emphasis.line + 4, between = 26.0
  private static let noticed = Color(0xEDEDED)

  private static func columns(_ layout: FigureLayout) -> Int { layout.isNarrow ? 1 : 3 }
  private static func height(_ layout: FigureLayout) -> Double { layout.height(layout.isNarrow ? 150 : 170) }
  private static func block(_ layout: FigureLayout) -> Double {
    caption + height(layout) + Plot.below + FigureLayout.gap
  }

  private func rows(_ layout: FigureLayout) -> Int {
    (panels.count + Self.columns(layout) - 1) / Self.columns(layout)
  }

  private var hasControl: Bool { panels.contains { $0.control != nil } }

  /// The key's entries: outputs, then what the grey and the dashes are.
  private var keys: [(words: String, color: Color, isDashed: Bool)] {
    outputs.indices.map { (outputs[$0], color(of: $0), false) }
      + [("within one just-noticeable step", Self.noticed, false)]
      + (hasControl ? [("changed and changed back", Color.secondaryInk, true)] : [])
  }

  private func color(of index: Int) -> Color {
    areClasses
      ? EmotionColors.color(of: outputs[index], index: index)
      : EmotionColors.color(ofDimension: outputs[index], index: index)
  }

  /// The key's entries in rows as wide as the figure.
  private func keyRows(on canvas: Canvas) -> [[(words: String, color: Color, isDashed: Bool)]] {
    var rows: [[(words: String, color: Color, isDashed: Bool)]] = [[]]
    var x = 0.0
    for key in keys {
      let width = 18 + canvas.width(of: key.words, .label) + 18
      if x + width > canvas.layout.width - 2 * canvas.layout.margin, !rows[rows.count - 1].isEmpty {
        rows.append([])
        x = 0
      }
      rows[rows.count - 1].append(key)
      x += width
    }
    return rows
  }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    return Size(
      width: layout.width,
      height: canvas.titleHeight(title) + Double(keyRows(on: canvas).count) * LinesPanel.nameHeight + 8
        + Double(rows(layout)) * Self.block(layout) + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let (layout, margin) = (canvas.layout, canvas.layout.margin)
    var top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    drawKeys(on: canvas, top: top)
    top += Double(keyRows(on: canvas).count) * LinesPanel.nameHeight + 8
    let y = axis(ticks: layout.ticks(5))
    let left = margin + y.room(on: canvas)
    let columns = Self.columns(layout)
    let step = (canvas.bounds.right - margin - 10 - left + Self.between) / Double(columns)
    for (index, panel) in panels.enumerated() {
      let (row, column) = (index / columns, index % columns)
      let frame = canvas.aligned(
        Rectangle(
          x: left + Double(column) * step, y: top + Double(row) * Self.block(layout) + Self.caption,
          width: step - Self.between, height: Self.height(layout)))
      draw(panel, on: canvas, in: frame, y: y, namesY: column == 0)
    }
  }

  private func axis(ticks: Int) -> Axis {
    let lines = panels.flatMap { $0.lines + [$0.control].compactMap(\.self) }
    let values = lines.flatMap { $0.values.compactMap(\.self) + $0.intervals.compactMap { $0?.high } }
    guard !areClasses else {
      // Means over many clips are far from 1: to the next tenth, and half at least.
      let highest = ((values.max() ?? 1) * 10).rounded(.up) / 10
      return .linear("Probability", from: 0, to: min(1, max(0.5, highest)), ticks: ticks)
    }
    let (lower, upper) = (values.min() ?? 0, values.max() ?? 1)
    let room = max(0.05 * (upper - lower), 1e-3)
    return .linear("Value", from: lower - room, to: upper + room, ticks: ticks)
  }

  private func draw(_ panel: Panel, on canvas: Canvas, in frame: Rectangle, y: Axis, namesY: Bool) {
    let (first, last) = (panel.steps[0], panel.steps[panel.steps.count - 1])
    var x = Axis(label: panel.unit, lower: first - 0.3, upper: last + 0.3, ticks: [])
    x.ticks = zip(panel.steps, panel.amounts).map { .init(value: $0, label: $1) }
    let plot = Plot(frame: frame, x: x, y: y)
    let (low, high) = (plot.x(max(x.lower, -1)), plot.x(min(x.upper, 1)))
    canvas.fill(Rectangle(x: low, y: frame.y, width: high - low, height: frame.height), Self.noticed)
    for tick in y.ticks where tick.value > y.lower && tick.value < y.upper {
      canvas.rule(
        from: Point(x: frame.left, y: plot.y(tick.value)), to: Point(x: frame.right, y: plot.y(tick.value)), .rule)
    }
    canvas.rule(from: Point(x: plot.x(0), y: frame.top), to: Point(x: plot.x(0), y: frame.bottom), .secondaryInk)
    canvas.clipped(to: frame) {
      for (index, line) in panel.lines.enumerated() { drawBand(of: line, panel.steps, color(of: index), plot, canvas) }
    }
    for (index, line) in panel.lines.enumerated() {
      stroke(line, panel.steps, color(of: index), plot, canvas)
      for (step, value) in zip(panel.steps, line.values) {
        guard let value else { continue }
        canvas.dot(at: plot.point(step, value), radius: 2, color(of: index))
      }
    }
    if let control = panel.control {
      stroke(control, panel.steps, color(of: panel.controlled), plot, canvas, [4, 2.5])
    }
    canvas.text(
      canvas.shortened(panel.title, to: frame.width, .emphasis), at: Point(x: frame.left, y: frame.top - 4), .emphasis,
      vertically: .end)
    plot.drawAxes(on: canvas, namesY: namesY)
  }

  private func drawBand(of line: Line, _ steps: [Double], _ color: Color, _ plot: Plot, _ canvas: Canvas) {
    let ends = zip(steps, line.intervals).compactMap { step, interval in interval.map { (step, $0.low, $0.high) } }
    guard ends.count > 1 else { return }
    canvas.fill(
      ends.map { plot.point($0.0, $0.2) } + ends.reversed().map { plot.point($0.0, $0.1) }, color, alpha: 0.15)
  }

  private func stroke(
    _ line: Line, _ steps: [Double], _ color: Color, _ plot: Plot, _ canvas: Canvas, _ dashes: [Double] = []
  ) {
    let points = zip(steps, line.values).compactMap { step, value in value.map { plot.point(step, $0) } }
    if points.count > 1 { canvas.stroke(points, color, width: dashes.isEmpty ? 1.8 : 1.2, dashes: dashes) }
  }

  private func drawKeys(on canvas: Canvas, top: Double) {
    for (row, keys) in keyRows(on: canvas).enumerated() {
      var x = canvas.layout.margin
      let middle = top + (Double(row) + 0.5) * LinesPanel.nameHeight
      for key in keys {
        if key.isDashed {
          canvas.stroke(
            [Point(x: x, y: middle), Point(x: x + 12, y: middle)], key.color, width: 1.2, dashes: [4, 2.5])
        } else {
          canvas.fill(Rectangle(x: x, y: middle - 4.5, width: 12, height: 9), key.color)
        }
        canvas.text(key.words, at: Point(x: x + 18, y: middle), .label)
        x += 18 + canvas.width(of: key.words, .label) + 18
      }
    }
  }

  private func check() throws(FigureError) {
    guard !panels.isEmpty, !outputs.isEmpty else { throw .empty(name: "curves of the response") }
    for panel in panels {
      guard panel.steps.count > 1, panel.amounts.count == panel.steps.count else {
        throw .shape(name: "amounts of \(panel.title)", expected: [panel.steps.count], found: [panel.amounts.count])
      }
      guard panel.lines.count == outputs.count else {
        throw .shape(name: "lines of \(panel.title)", expected: [outputs.count], found: [panel.lines.count])
      }
      for line in panel.lines + [panel.control].compactMap(\.self) {
        guard line.values.count == panel.steps.count else {
          throw .shape(name: "values of \(panel.title)", expected: [panel.steps.count], found: [line.values.count])
        }
        if let index = line.values.firstIndex(where: { $0.map { !$0.isFinite } ?? false }) {
          throw .notFinite(name: panel.title, index: index)
        }
      }
    }
  }
}
