import Foundation

/// The agreement of models, as a matrix for each measure: means over clips with their intervals.
public struct AgreementFigure: Figure {
  public struct Measure: Sendable {
    public typealias Value = (mean: Double, low: Double, high: Double)
    public var name: String
    /// [first model][second model]; nil where there is none, as on the diagonal.
    public var values: [[Value?]]

    public init(name: String, values: [[Value?]]) { (self.name, self.values) = (name, values) }
  }

  public var title: [String]
  public var models: [String]
  /// Each from −1 to 1.
  public var measures: [Measure]

  public init(title: [String], models: [String], measures: [Measure]) {
    (self.title, self.models, self.measures) = (title, models, measures)
  }

  private static let barRoom = 70.0
  private static let between = 22.0
  /// Above a matrix the measure's name, which has two lines in a column.
  private static func caption(_ layout: FigureLayout) -> Double {
    Font.emphasis.line * (layout.isNarrow ? 2 : 1) + 4
  }
  private static let map = ColorMap.diverging

  /// The distances of the matrices in a layout.
  private struct Grid {
    /// The number of matrices that fit beside each other.
    let columns: Int
    let longestName, side, cell, rowHeight: Double
  }

  private func grid(in layout: FigureLayout) -> Grid {
    let most = models.count > 3 ? (layout.isNarrow ? 1 : 2) : layout.isNarrow ? 2 : 4
    let columns = max(1, min(most, measures.count))
    let longestName: Double = layout.isNarrow ? 72 : 120
    let room = layout.width - 2 * layout.margin - longestName - (layout.isNarrow ? 0 : Self.barRoom)
    let side = (room - Self.between * Double(columns)) / Double(columns)
    let cell = min(64, side / Double(max(1, models.count)))
    return Grid(
      columns: columns, longestName: longestName, side: side, cell: cell,
      rowHeight: Self.caption(layout) + cell * Double(models.count) + Font.label.line + 6 + FigureLayout.gap)
  }

  public func extent(on canvas: Canvas) -> Size {
    let (layout, grid) = (canvas.layout, grid(in: canvas.layout))
    let rows = (measures.count + grid.columns - 1) / grid.columns
    let matrices = Double(rows) * grid.rowHeight
    return Size(
      width: canvas.layout.width,
      height: canvas.titleHeight(title) + (layout.isNarrow ? matrices + TimePanel.levelBars : max(matrices, 150))
        + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = canvas.layout.margin
    let grid = grid(in: canvas.layout)
    let caption = Self.caption(canvas.layout)
    let (columns, side, cell, longestName) = (grid.columns, grid.side, grid.cell, grid.longestName)
    let top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    // A name may be long: the columns have the numbers of the rows.
    let names = models.enumerated().map { "\($0.offset + 1)  \($0.element)" }
    for (index, measure) in measures.enumerated() {
      let (row, column) = (index / columns, index % columns)
      let frame = canvas.aligned(
        Rectangle(
          x: margin + longestName + Double(column) * (side + Self.between),
          y: top + Double(row) * grid.rowHeight + caption, width: cell * Double(models.count),
          height: cell * Double(models.count)))
      let name = canvas.wrapped(measure.name, to: side, .emphasis, most: canvas.layout.isNarrow ? 2 : 1)
      for (line, words) in name.enumerated() {
        canvas.text(
          words, at: Point(x: frame.left, y: frame.top - caption + Double(line) * Font.emphasis.line), .emphasis,
          vertically: .start)
      }
      for (first, line) in measure.values.enumerated() {
        if column == 0 {
          canvas.text(
            canvas.shortened(names[first], to: longestName - 8, .label),
            at: Point(x: frame.left - 8, y: frame.top + (Double(first) + 0.5) * cell), .label, horizontally: .end)
        }
        for (second, value) in line.enumerated() {
          let place = canvas.aligned(
            Rectangle(
              x: frame.left + Double(second) * cell, y: frame.top + Double(first) * cell, width: cell, height: cell))
          draw(value, on: canvas, in: place)
        }
      }
      for number in models.indices {
        canvas.text(
          String(number + 1), at: Point(x: frame.left + (Double(number) + 0.5) * cell, y: frame.bottom + 5), .label,
          horizontally: .center, vertically: .start)
      }
      canvas.frame(frame)
    }
    let height = max(120, cell * Double(models.count))
    let bar = ColorBar.linear("agreement, mean over clips", map: Self.map, from: -1, to: 1, height: height)
    guard !canvas.layout.isNarrow else {
      let left = margin + longestName
      return bar.drawLevel(
        on: canvas, left: left, top: canvas.bounds.bottom - margin - TimePanel.levelBars + 8,
        width: canvas.bounds.right - margin - 8 - left)
    }
    bar.draw(
      on: canvas, left: canvas.bounds.right - margin - Self.barRoom + 14, top: top + caption, height: height)
  }

  private func draw(_ value: Measure.Value?, on canvas: Canvas, in place: Rectangle) {
    guard let value else { return canvas.fill(place, Color(0xEEEEEE)) }
    let color = Self.map.color(at: (value.mean + 1) / 2)
    canvas.fill(place, color)
    let ink = color.luminance > 0.25 ? Color.ink : .white
    let mean = number(value.mean, digits: 2)
    let spread = "±\(number((value.high - value.low) / 2, digits: 2))"
    // One clip has no interval.
    let shift = value.low < value.high && place.height >= 2.4 * Font.tick.line ? Font.tick.line * 0.5 : 0
    canvas.text(
      mean, at: Point(x: place.middle.x, y: place.middle.y - shift),
      canvas.fitted(mean, to: place.width - 4, .emphasis), horizontally: .center, color: ink)
    guard shift > 0 else { return }
    canvas.text(
      spread, at: Point(x: place.middle.x, y: place.middle.y + shift),
      canvas.fitted(spread, to: place.width - 4, .tick),
      horizontally: .center, color: ink)
  }

  private func check() throws(FigureError) {
    guard models.count > 1, !measures.isEmpty else { throw .empty(name: "models of the agreement") }
    for measure in measures {
      guard measure.values.count == models.count, measure.values.allSatisfy({ $0.count == models.count }) else {
        throw .shape(
          name: measure.name, expected: [models.count, models.count],
          found: [measure.values.count, measure.values.first?.count ?? 0])
      }
      for (index, value) in measure.values.joined().enumerated() {
        if let value, !(value.mean.isFinite && value.low.isFinite && value.high.isFinite) {
          throw .notFinite(name: measure.name, index: index)
        }
      }
    }
  }
}
