/// What a model's layers hold of each concept, and which classes answer to it: of each concept a panel of probes over layers,
/// and beside it, in a column below it, the classes' scores.
public struct ConceptsFigure: Figure {
  /// A class's score, from 0 to 1, with the range of random directions.
  public struct Bar: Sendable {
    public var name: String
    public var score, low, high: Double

    public init(name: String, score: Double, low: Double, high: Double) {
      (self.name, self.score, self.low, self.high) = (name, score, low, high)
    }
  }

  public struct Panel: Sendable {
    /// The concept with its unit, and what its probes are measured by: "R²".
    public var name, measure: String
    /// What guessing reaches.
    public var chance: Double
    public var layers: [String]
    /// Of each layer.
    public var probes, controls: [LayerProbesFigure.Share]
    /// The place of the layer that the bars are of.
    public var best: Int
    public var bars: [Bar]

    public init(
      name: String, measure: String, chance: Double, layers: [String], probes: [LayerProbesFigure.Share],
      controls: [LayerProbesFigure.Share], best: Int, bars: [Bar]
    ) {
      (self.name, self.measure, self.chance, self.layers) = (name, measure, chance, layers)
      (self.probes, self.controls, self.best, self.bars) = (probes, controls, best, bars)
    }
  }

  public var title: [String]
  public var panels: [Panel]

  public init(title: [String], panels: [Panel]) { (self.title, self.panels) = (title, panels) }

  private static let color = Color(0x0072B2), controlColor = Color(0x999999), band = Color(0xD9D9D9)
  private static let bar = 15.0, between = 28.0
  private static let above = Font.emphasis.line + 3
  private static let below = Plot.below + 10

  private func barsHeight(_ panel: Panel) -> Double { max(1, Double(panel.bars.count)) * Self.bar + 6 }

  private func plotHeight(_ panel: Panel, _ layout: FigureLayout) -> Double {
    layout.isNarrow ? layout.height(150) : max(130, barsHeight(panel))
  }

  private func height(_ panel: Panel, _ layout: FigureLayout) -> Double {
    let own = Self.above + plotHeight(panel, layout) + Self.below
    return layout.isNarrow ? own + Self.above + barsHeight(panel) + Self.below : own
  }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    return Size(
      width: layout.width,
      height: canvas.titleHeight(title) + panels.reduce(0) { $0 + height($1, layout) }
        + Double(keyLines(on: canvas).count) * Font.label.line + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let layout = canvas.layout
    let (left, right) = (layout.margin, canvas.bounds.right - layout.margin - 8)
    var top = canvas.drawTitle(title, left: left, right: canvas.bounds.right - layout.margin)
    for panel in panels {
      let y = axis(panel, layout)
      let start = left + y.room(on: canvas)
      let end = layout.isNarrow ? right : left + 0.56 * (right - left)
      let frame = Rectangle(
        x: start, y: top + Self.above, width: end - start, height: plotHeight(panel, layout))
      drawProbes(panel, y, on: canvas, in: canvas.aligned(frame))
      var (barTop, barLeft) = (frame.top, end + Self.between)
      if layout.isNarrow { (barTop, barLeft) = (frame.bottom + Self.below + Self.above, left) }
      drawBars(panel, on: canvas, left: barLeft, right: right, top: barTop)
      top += height(panel, layout)
    }
    drawKey(on: canvas, left: left, top: top)
  }

  /// From what is lowest, but not under −1, where a probe is worse than any guess by an amount that says nothing.
  private func axis(_ panel: Panel, _ layout: FigureLayout) -> Axis {
    let shares = panel.probes + panel.controls
    let lowest = (shares.map(\.mean) + shares.compactMap(\.low)).min() ?? 0
    return .linear(
      panel.measure, from: panel.chance > 0 ? 0 : max(-1, min(-0.1, lowest - 0.05)), to: 1, ticks: layout.ticks(5))
  }

  private func drawProbes(_ panel: Panel, _ y: Axis, on canvas: Canvas, in frame: Rectangle) {
    let count = panel.layers.count
    // The last part of a name tells layers of a kind apart.
    let ticks = panel.layers.enumerated().map { place, name in
      let last = name.split(separator: ".").last.map(String.init) ?? name
      return Axis.Tick(value: Double(place), label: last.allSatisfy(\.isNumber) ? last : name)
    }
    let plot = Plot(
      frame: frame, x: Axis(label: "Layer", lower: -0.5, upper: Double(count) - 0.5, ticks: ticks), y: y)
    canvas.text(
      canvas.shortened(panel.name, to: frame.width, .emphasis), at: Point(x: frame.left, y: frame.top - 4), .emphasis,
      vertically: .end)
    for tick in y.ticks where tick.value > y.lower && tick.value < y.upper {
      canvas.rule(
        from: Point(x: frame.left, y: plot.y(tick.value)), to: Point(x: frame.right, y: plot.y(tick.value)), .rule)
    }
    canvas.clipped(to: frame) {
      canvas.stroke(
        [plot.point(plot.x.lower, panel.chance), plot.point(plot.x.upper, panel.chance)], .secondaryInk, width: 1,
        dashes: [4, 2.5])
      for (shares, color) in [(panel.controls, Self.controlColor), (panel.probes, Self.color)] {
        canvas.stroke(shares.enumerated().map { plot.point(Double($0.offset), $0.element.mean) }, color, width: 1.6)
        for (layer, share) in shares.enumerated() {
          if let low = share.low, let high = share.high {
            canvas.stroke([plot.point(Double(layer), low), plot.point(Double(layer), high)], color, width: 1.2)
          }
          canvas.dot(at: plot.point(Double(layer), share.mean), radius: 3, color)
        }
      }
    }
    plot.drawAxes(on: canvas)
  }

  private func drawBars(_ panel: Panel, on canvas: Canvas, left: Double, right: Double, top: Double) {
    let names = panel.bars.map { canvas.shortened($0.name, to: 90, .label) }
    let start = left + (names.map { canvas.width(of: $0, .label) }.max() ?? 0) + 8
    let frame = canvas.aligned(Rectangle(x: start, y: top, width: right - start, height: barsHeight(panel)))
    let plot = Plot(
      frame: frame, x: .linear("Clips whose logit rises along the concept", from: 0, to: 1, ticks: 4),
      y: Axis(label: "", lower: 0, upper: 1, ticks: []))
    canvas.text(
      canvas.shortened("TCAV at \(panel.layers[panel.best])", to: frame.width, .emphasis),
      at: Point(x: frame.left, y: frame.top - 4), .emphasis, vertically: .end)
    for (row, bar) in panel.bars.enumerated() {
      let y = frame.top + 3 + Double(row) * Self.bar
      canvas.text(names[row], at: Point(x: frame.left - 6, y: y + Self.bar / 2), .label, horizontally: .end)
      // A range of one value is still seen.
      let (from, to) = (plot.x(bar.low), plot.x(bar.high))
      canvas.fill(Rectangle(x: from, y: y + 1, width: max(2, to - from), height: Self.bar - 2), Self.band)
      canvas.fill(
        Rectangle(x: frame.left, y: y + 4, width: max(1, plot.x(bar.score) - frame.left), height: Self.bar - 8),
        EmotionColors.color(of: bar.name, index: row))
    }
    canvas.stroke(
      [Point(x: plot.x(0.5), y: frame.top), Point(x: plot.x(0.5), y: frame.bottom)], .secondaryInk, width: 1,
      dashes: [4, 2.5])
    plot.drawAxes(on: canvas, namesY: false)
  }

  // MARK: The key

  private static let key: [(words: String, color: Color)] = [
    ("probe", color), ("shuffled values (control)", controlColor), ("range of random directions", band),
    ("guessing", .secondaryInk),
  ]

  /// The key's parts, in as many lines as they need.
  private func keyLines(on canvas: Canvas) -> [[(words: String, color: Color)]] {
    var lines: [[(words: String, color: Color)]] = [[]]
    var x = 0.0
    for part in Self.key {
      let width = 18 + canvas.width(of: part.words, .label) + 24
      if x + width > canvas.layout.width - 2 * canvas.layout.margin, !lines[lines.count - 1].isEmpty {
        lines.append([])
        x = 0
      }
      lines[lines.count - 1].append(part)
      x += width
    }
    return lines
  }

  private func drawKey(on canvas: Canvas, left: Double, top: Double) {
    for (line, parts) in keyLines(on: canvas).enumerated() {
      var x = left
      let y = top + Double(line) * Font.label.line
      for (words, color) in parts {
        canvas.fill(Rectangle(x: x, y: y + 2, width: 12, height: words == "guessing" ? 2 : 9), color)
        canvas.text(words, at: Point(x: x + 18, y: y + 6), .label)
        x += 18 + canvas.width(of: words, .label) + 24
      }
    }
  }

  private func check() throws(FigureError) {
    guard !panels.isEmpty else { throw .empty(name: "concepts") }
    for panel in panels {
      guard !panel.layers.isEmpty else { throw .empty(name: "layers of \(panel.name)") }
      guard panel.probes.count == panel.layers.count, panel.controls.count == panel.layers.count else {
        throw .shape(
          name: panel.name, expected: [panel.layers.count], found: [panel.probes.count, panel.controls.count])
      }
      guard panel.layers.indices.contains(panel.best) else {
        throw .outOfRange(name: "layer of \(panel.name)", value: Double(panel.best), expected: "one of the layers")
      }
      for (index, share) in (panel.probes + panel.controls).enumerated() where !share.mean.isFinite {
        throw .notFinite(name: panel.name, index: index)
      }
      for bar in panel.bars where ![bar.score, bar.low, bar.high].allSatisfy((0...1).contains) {
        throw .outOfRange(name: bar.name, value: bar.score, expected: "between 0 and 1")
      }
    }
  }
}
