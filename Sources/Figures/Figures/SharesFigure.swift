import Foundation

/// The shares of a corpus's clips by one or several properties: a bar for each value, with its number and share.
public struct SharesFigure: Figure {
  public struct Property: Sendable {
    public var name: String
    /// The values in the order in which they are drawn, with their numbers of clips.
    public var values: [(name: String, clips: Int)]

    public init(name: String, values: [(name: String, clips: Int)]) { (self.name, self.values) = (name, values) }
  }

  public var title: [String]
  /// Side by side; in a column one below the other.
  public var properties: [Property]

  public init(title: [String], properties: [Property]) { (self.title, self.properties) = (title, properties) }

  private static let row = 20.0, longestName = 90.0
  private static let above = Font.emphasis.line + 4

  private static func height(of property: Property) -> Double {
    above + Double(property.values.count) * row + Plot.below
  }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    let heights = properties.map(Self.height)
    return Size(
      width: layout.width,
      height: canvas.titleHeight(title)
        + (layout.isNarrow
          ? heights.reduce(0) { $0 + $1 + FigureLayout.gap } : heights.max() ?? Self.above + Plot.below)
        + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = canvas.layout.margin
    let right = canvas.bounds.right - margin - 8
    var top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin) + Self.above
    let isNarrow = canvas.layout.isNarrow
    let step = (right - margin + 20) / Double(isNarrow ? 1 : properties.count)
    for (place, property) in properties.enumerated() {
      let column = isNarrow ? 0 : place
      let all = property.values.reduce(0) { $0 + $1.clips }
      let shares = property.values.map { 100 * Double($0.clips) / Double(max(1, all)) }
      let names = property.values.map { canvas.shortened($0.name, to: Self.longestName, .label) }
      let left = margin + Double(column) * step + (names.map { canvas.width(of: $0, .label) }.max() ?? 0) + 8
      let frame = canvas.aligned(
        Rectangle(
          x: left, y: top, width: margin + Double(column + 1) * step - 20 - left,
          height: Double(property.values.count) * Self.row))
      let words = zip(property.values, shares).map { "\($0.clips) (\(number($1, digits: 1)) %)" }
      // Right of the longest bar there is room for its words.
      let longest = words.map { canvas.width(of: $0, .label) }.max() ?? 0
      let room = max(1.45, frame.width / max(1, frame.width - longest - 10))
      let plot = Plot(
        frame: frame, x: .linear("Share of the clips (%)", from: 0, to: (shares.max() ?? 1) * room + 1e-9, ticks: 5),
        y: Axis(label: "", lower: 0, upper: 1, ticks: []))
      canvas.text(
        property.name, at: Point(x: frame.left, y: top - Self.above), .emphasis, vertically: .start)
      for (index, value) in property.values.enumerated() {
        let middle = frame.top + (Double(index) + 0.5) * Self.row
        let bar = Rectangle(
          x: frame.left, y: middle - 0.36 * Self.row, width: plot.x(shares[index]) - frame.left,
          height: 0.72 * Self.row)
        // Only emotions have colours of their own.
        let color = EmotionColors.all.first { $0.name == value.name }?.color ?? .secondaryInk
        canvas.fill(canvas.aligned(bar), color)
        canvas.text(names[index], at: Point(x: frame.left - 6, y: middle), .label, horizontally: .end)
        canvas.text(
          words[index], at: Point(x: bar.right + 5, y: middle), .label)
      }
      plot.drawAxes(on: canvas, namesY: false)
      if isNarrow { top += Self.height(of: property) + FigureLayout.gap }
    }
  }

  private func check() throws(FigureError) {
    guard !properties.isEmpty else { throw .empty(name: "properties of the corpus") }
    for property in properties where property.values.isEmpty { throw .empty(name: property.name) }
    for value in properties.flatMap(\.values) where value.clips < 0 {
      throw .outOfRange(name: value.name, value: Double(value.clips), expected: "a number of clips")
    }
  }
}
