/// What each input of a network contributes to the scores of clips, by emotion: a bar for each input, with the interval of
/// its mean.
public struct ModalitySharesFigure: Figure {
  public struct Bar: Sendable {
    /// Logits.
    public var mean: Double
    public var low, high: Double?

    public init(mean: Double, low: Double?, high: Double?) { (self.mean, self.low, self.high) = (mean, low, high) }
  }

  public struct Group: Sendable {
    public var name: String
    /// Of each input.
    public var bars: [Bar]

    public init(name: String, bars: [Bar]) { (self.name, self.bars) = (name, bars) }
  }

  public var title: [String]
  /// The names of the inputs.
  public var inputs: [String]
  public var groups: [Group]

  public init(title: [String], inputs: [String], groups: [Group]) {
    (self.title, self.inputs, self.groups) = (title, inputs, groups)
  }

  private static let colors = [0x0072B2, 0xE69F00, 0x009E73, 0xCC79A7].map { Color(UInt32($0)) }
  private static let bar = 12.0, between = 12.0

  private var rowHeight: Double { Double(inputs.count) * Self.bar + Self.between }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    return Size(
      width: layout.width,
      height: canvas.titleHeight(title) + Double(groups.count) * rowHeight + Plot.below + Font.label.line + 8
        + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = canvas.layout.margin
    let top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    let names = groups.map { canvas.shortened($0.name, to: 100, .label) }
    let left = margin + (names.map { canvas.width(of: $0, .label) }.max() ?? 0) + 10
    let frame = canvas.aligned(
      Rectangle(
        x: left, y: top, width: canvas.bounds.right - margin - 8 - left, height: Double(groups.count) * rowHeight))
    let bars = groups.flatMap(\.bars)
    let ends: [Double] = [0] + bars.map(\.mean) + bars.compactMap(\.low) + bars.compactMap(\.high)
    let (lower, upper) = (ends.min()!, ends.max()!)
    let room = max(upper - lower, 1e-6) * 0.05
    let plot = Plot(
      frame: frame,
      x: .linear(
        "Contribution to the score (logits)", from: lower - room, to: upper + room, ticks: canvas.layout.ticks(8)),
      y: Axis(label: "", lower: 0, upper: 1, ticks: []))
    for (row, group) in groups.enumerated() {
      let start = frame.top + Double(row) * rowHeight + Self.between / 2
      canvas.text(
        names[row], at: Point(x: frame.left - 6, y: start + rowHeight / 2 - Self.between / 2), .label,
        horizontally: .end)
      for (index, bar) in group.bars.enumerated() {
        let y = start + Double(index) * Self.bar
        let (from, to) = (plot.x(min(0, bar.mean)), plot.x(max(0, bar.mean)))
        canvas.fill(
          Rectangle(x: from, y: y + 1, width: max(1, to - from), height: Self.bar - 2),
          Self.colors[index % Self.colors.count])
        guard let low = bar.low, let high = bar.high else { continue }
        let middle = y + Self.bar / 2
        canvas.stroke([Point(x: plot.x(low), y: middle), Point(x: plot.x(high), y: middle)], .ink, width: 1)
      }
    }
    canvas.rule(from: Point(x: plot.x(0), y: frame.top), to: Point(x: plot.x(0), y: frame.bottom))
    plot.drawAxes(on: canvas, namesY: false)
    var x = frame.left
    for (index, name) in inputs.enumerated() {
      let y = frame.bottom + Plot.below + 8
      canvas.fill(Rectangle(x: x, y: y + 2, width: 12, height: 9), Self.colors[index % Self.colors.count])
      canvas.text(name, at: Point(x: x + 18, y: y + 6), .label)
      x += 18 + canvas.width(of: name, .label) + 24
    }
  }

  private func check() throws(FigureError) {
    guard !groups.isEmpty, !inputs.isEmpty else { throw .empty(name: "contributions of inputs") }
    for group in groups {
      guard group.bars.count == inputs.count else {
        throw .shape(name: group.name, expected: [inputs.count], found: [group.bars.count])
      }
      if let index = group.bars.firstIndex(where: { !$0.mean.isFinite }) {
        throw .notFinite(name: group.name, index: index)
      }
    }
  }
}
