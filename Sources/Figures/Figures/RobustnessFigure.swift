/// How much of what a model says, or of its explanations, is left under attacks of rising budgets, beside noise as large; or is
/// certified against changes of rising size.
public struct RobustnessFigure: Figure {
  public struct Share: Sendable {
    public var mean: Double
    /// The interval's ends; nil where there is none.
    public var low, high: Double?

    public init(mean: Double, low: Double? = nil, high: Double? = nil) {
      (self.mean, self.low, self.high) = (mean, low, high)
    }
  }

  public struct Line: Sendable {
    public var name: String
    /// For each budget.
    public var shares: [Share]
    /// Whether it is of noise, and not of an attack.
    public var isControl: Bool
    /// The place of the line beside which a control stands, in that line's colour and without a name in the key; nil of a
    /// control of all.
    public var partner: Int?
    /// Without an attack, where that is the line's own, as of several models; nil of the figure's.
    public var clean: Share?

    public init(
      name: String, shares: [Share], isControl: Bool = false, partner: Int? = nil, clean: Share? = nil
    ) {
      (self.name, self.shares, self.isControl, self.partner, self.clean) = (name, shares, isControl, partner, clean)
    }
  }

  public var title: [String]
  /// The names of the axes.
  public var measure, budget: String
  /// In words, the smallest first.
  public var budgets: [String]
  /// Without an attack.
  public var clean: Share
  public var lines: [Line]
  /// The lower end of the measure: 0 of shares, −1 of correlations. The axis begins at 0, or below what lies below it.
  public var least = 0.0
  /// Whether intervals are bars, those of the lines side by side, and not bands, which hide each other where lines cross.
  public var hasBars = false

  public init(title: [String], measure: String, budget: String, budgets: [String], clean: Share, lines: [Line]) {
    (self.title, self.measure, self.budget, self.budgets) = (title, measure, budget, budgets)
    (self.clean, self.lines) = (clean, lines)
  }

  // Okabe and Ito's, with a darker yellow.
  private static let colors = [
    0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x5A5A5A, 0xB0A000,
  ].map { Color(UInt32($0)) }

  /// How many lines have colours of their own.
  public static let mostLines = colors.count

  private func color(_ place: Int) -> Color {
    let own = lines[place].partner ?? place
    return lines[own].isControl ? .secondaryInk : Self.colors[own % Self.colors.count]
  }

  /// How far right of its budget a line has its points: beside bars no other line's stand.
  private func shift(_ place: Int) -> Double {
    guard hasBars else { return 0 }
    let sides = lines.indices.filter { lines[$0].partner == nil }
    let own = sides.firstIndex(of: lines[place].partner ?? place) ?? 0
    return 0.06 * (Double(own) - Double(sides.count - 1) / 2)
  }

  private func shares(_ line: Line) -> [Share] { [line.clean ?? clean] + line.shares }

  /// The lower end of the axis, in fifths.
  private var floor: Double {
    let values = lines.flatMap(\.shares).map { min($0.mean, $0.low ?? $0.mean) }
    return max(least, min(0, ((values.min() ?? 0) * 5 + 1e-9).rounded(.down) / 5))
  }

  private static func height(_ layout: FigureLayout) -> Double { layout.height(300) }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    return Size(
      width: layout.width,
      height: canvas.titleHeight(title) + Self.height(layout) + Plot.below + 8
        + Double(keyRows(on: canvas).count) * LinesPanel.nameHeight + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = canvas.layout.margin
    let top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    let y = Axis.linear(measure, from: floor, to: 1, ticks: canvas.layout.ticks(5))
    let left = margin + y.room(on: canvas)
    let frame = canvas.aligned(
      Rectangle(x: left, y: top, width: canvas.bounds.right - margin - 8 - left, height: Self.height(canvas.layout)))
    var x = Axis(label: budget, lower: -0.3, upper: Double(budgets.count) + 0.3, ticks: [])
    x.ticks = (["none"] + budgets).enumerated().map { .init(value: Double($0), label: $1) }
    let plot = Plot(frame: frame, x: x, y: y)
    for tick in plot.y.ticks.dropFirst().dropLast() {
      let height = plot.y(tick.value)
      canvas.rule(from: Point(x: frame.left, y: height), to: Point(x: frame.right, y: height), .rule)
    }
    for place in lines.indices {
      let ends = shares(lines[place]).enumerated().compactMap { at, share in
        share.low.flatMap { low in share.high.map { (Double(at) + shift(place), low, $0) } }
      }
      if hasBars {
        canvas.stroke(
          ends.map { [plot.point($0.0, $0.1), plot.point($0.0, $0.2)] }, color(place), width: 1.2, alpha: 0.6)
      } else if ends.count > 1 {
        canvas.fill(
          ends.map { plot.point($0.0, $0.2) } + ends.reversed().map { plot.point($0.0, $0.1) }, color(place),
          alpha: 0.13)
      }
    }
    for (place, line) in lines.enumerated() {
      let points = shares(line).enumerated().map { plot.point(Double($0) + shift(place), $1.mean) }
      canvas.stroke(points, color(place), width: 1.8, dashes: line.isControl ? [4, 2.5] : [])
      for point in points { canvas.dot(at: point, radius: 2.5, color(place)) }
    }
    plot.drawAxes(on: canvas)
    drawKey(on: canvas, left: margin, top: frame.bottom + Plot.below + 8)
  }

  /// The places of lines in rows as wide as the figure.
  private func keyRows(on canvas: Canvas) -> [[Int]] {
    var (rows, x): ([[Int]], Double) = ([[]], 0)
    for place in lines.indices where lines[place].partner == nil {
      let width = keyWidth(place, on: canvas)
      if x + width > canvas.layout.width - 2 * canvas.layout.margin, !rows[rows.count - 1].isEmpty {
        rows.append([])
        x = 0
      }
      rows[rows.count - 1].append(place)
      x += width
    }
    return rows
  }

  private func keyWidth(_ place: Int, on canvas: Canvas) -> Double {
    18 + canvas.width(of: lines[place].name, .label) + 18
  }

  private func drawKey(on canvas: Canvas, left: Double, top: Double) {
    for (row, places) in keyRows(on: canvas).enumerated() {
      let middle = top + (Double(row) + 0.5) * LinesPanel.nameHeight
      var x = left
      for place in places {
        canvas.stroke(
          [Point(x: x, y: middle), Point(x: x + 12, y: middle)], color(place), width: 1.8,
          dashes: lines[place].isControl ? [4, 2.5] : [])
        canvas.text(lines[place].name, at: Point(x: x + 18, y: middle), .label)
        x += keyWidth(place, on: canvas)
      }
    }
  }

  private func check() throws(FigureError) {
    guard !budgets.isEmpty, !lines.isEmpty else { throw .empty(name: "budgets of the attacks") }
    for line in lines {
      if let partner = line.partner {
        guard lines.indices.contains(partner), lines[partner].partner == nil else {
          throw .empty(name: "the line beside which \(line.name) stands")
        }
      }
      guard line.shares.count == budgets.count else {
        throw .shape(name: line.name, expected: [budgets.count], found: [line.shares.count])
      }
      for share in shares(line) {
        for value in [share.mean, share.low ?? 0, share.high ?? 0] where !(least - 1e-9...1.0001).contains(value) {
          throw .outOfRange(name: "a share of \(line.name)", value: value, expected: "between \(Int(least)) and 1")
        }
      }
    }
  }
}
