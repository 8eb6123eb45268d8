/// How often probes of an encoder's states are right, state by state, beside a control and chance.
public struct LayerProbesFigure: Figure {
  public struct Share: Sendable {
    public var mean: Double
    /// The interval's ends; nil where there is none.
    public var low, high: Double?

    public init(mean: Double, low: Double?, high: Double?) { (self.mean, self.low, self.high) = (mean, low, high) }
  }

  public var title: [String]
  /// Of each state, from the first layer's input on.
  public var probes, controls: [Share]
  /// What guessing reaches.
  public var chance: Double

  public init(title: [String], probes: [Share], controls: [Share], chance: Double) {
    (self.title, self.probes, self.controls, self.chance) = (title, probes, controls, chance)
  }

  private static let color = Color(0x0072B2), controlColor = Color(0x999999)

  private static func height(_ layout: FigureLayout) -> Double { layout.height(300) }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    return Size(
      width: layout.width,
      height: canvas.titleHeight(title) + Self.height(layout) + Plot.below + Font.label.line + 8 + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = canvas.layout.margin
    let top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    let y = Axis.linear("Accuracy", from: 0, to: 1, ticks: canvas.layout.ticks(5))
    let left = margin + y.room(on: canvas)
    let frame = canvas.aligned(
      Rectangle(x: left, y: top, width: canvas.bounds.right - margin - 8 - left, height: Self.height(canvas.layout)))
    var x = Axis.linear(
      "State: the first layer's input, then each layer's output", from: -0.5, to: Double(probes.count) - 0.5,
      ticks: min(probes.count, canvas.layout.ticks(13)))
    x.ticks = x.ticks.filter { $0.value == $0.value.rounded() && $0.value >= 0 }
    let plot = Plot(frame: frame, x: x, y: y)
    for tick in plot.y.ticks.dropFirst().dropLast() {
      let height = plot.y(tick.value)
      canvas.rule(from: Point(x: frame.left, y: height), to: Point(x: frame.right, y: height), .rule)
    }
    canvas.stroke(
      [plot.point(plot.x.lower, chance), plot.point(plot.x.upper, chance)], .secondaryInk, width: 1, dashes: [4, 2.5])
    for (shares, color) in [(controls, Self.controlColor), (probes, Self.color)] {
      canvas.stroke(shares.enumerated().map { plot.point(Double($0.offset), $0.element.mean) }, color, width: 1.6)
      for (state, share) in shares.enumerated() {
        if let low = share.low, let high = share.high {
          canvas.stroke([plot.point(Double(state), low), plot.point(Double(state), high)], color, width: 1.2)
        }
        canvas.dot(at: plot.point(Double(state), share.mean), radius: 3, color)
      }
    }
    plot.drawAxes(on: canvas)
    drawKey(on: canvas, left: frame.left, top: frame.bottom + Plot.below + 8)
  }

  private func drawKey(on canvas: Canvas, left: Double, top: Double) {
    var x = left
    for (words, color) in [
      ("labels", Self.color), ("shuffled labels (control)", Self.controlColor), ("chance", Color.secondaryInk),
    ] {
      canvas.fill(Rectangle(x: x, y: top + 2, width: 12, height: words == "chance" ? 2 : 9), color)
      canvas.text(words, at: Point(x: x + 18, y: top + 6), .label)
      x += 18 + canvas.width(of: words, .label) + 24
    }
  }

  private func check() throws(FigureError) {
    guard !probes.isEmpty, probes.count == controls.count else { throw .empty(name: "states of the probes") }
    for (index, share) in (probes + controls).enumerated() where !(0...1).contains(share.mean) {
      throw .outOfRange(name: "probe \(index)", value: share.mean, expected: "between 0 and 1")
    }
  }
}
