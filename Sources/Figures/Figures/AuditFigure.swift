/// What a model does without speech, without bands, at other levels and through codecs, and the groups of its saliency maps.
public struct AuditFigure: Figure {
  public typealias Value = (mean: Double, low: Double, high: Double)

  /// A change of the clips.
  public struct Change: Sendable {
    public var name: String
    public var clips: Int
    /// The recall that guessing reaches: 1 / the emotions of its clips.
    public var chance: Double
    /// Unweighted average recall, the share of clips whose prediction stays, and the change of the true emotion's probability;
    /// nil of the clips as they are.
    public var recall: Value
    public var stays, probability: Value?

    public init(name: String, clips: Int, chance: Double, recall: Value, stays: Value?, probability: Value?) {
      (self.name, self.clips, self.chance) = (name, clips, chance)
      (self.recall, self.stays, self.probability) = (recall, stays, probability)
    }
  }

  /// A group of clips and their mean map of saliency.
  public struct Map: Sendable {
    public var name, words: String
    /// [rows][columns], from the lowest mels and the clips' start, none below 0.
    public var shares: [Double]

    public init(name: String, words: String, shares: [Double]) {
      (self.name, self.words, self.shares) = (name, words, shares)
    }
  }

  public var title: [String]
  public var changes: [Change]
  public var maps: [Map]
  /// Rows and columns of the maps.
  public static let side = 8

  public init(title: [String], changes: [Change], maps: [Map]) {
    (self.title, self.changes, self.maps) = (title, changes, maps)
  }

  private static let color = Color(0x0072B2), ownColor = Color(0x999999)
  private static let between = 24.0, betweenMaps = 12.0, largestMap = 110.0
  private static let aboveMaps = Font.emphasis.line + 2 * Font.tick.line + 6
  private static let below = Plot.below + 10
  private static let axes = "In each: time to the right, mels upwards, as long as the clip"

  private var panelHeight: Double { IntervalPanel.height(rows: changes.count) }
  private func mapsInRow(_ layout: FigureLayout) -> Int { layout.isNarrow ? 3 : 6 }
  private func mapSide(_ layout: FigureLayout) -> Double {
    let count = Double(mapsInRow(layout))
    return min(Self.largestMap, (layout.width - 2 * layout.margin - Self.betweenMaps * (count - 1)) / count)
  }
  private func mapRows(_ layout: FigureLayout) -> Int { (maps.count + mapsInRow(layout) - 1) / mapsInRow(layout) }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    let panels = layout.isNarrow ? 3.0 : 1
    let mapped =
      maps.isEmpty
      ? 0
      : Font.label.line * Double(axesLines(on: canvas).count) + 4
        + Double(mapRows(layout)) * (Self.aboveMaps + mapSide(layout) + Self.betweenMaps)
    return Size(
      width: layout.width,
      height: canvas.titleHeight(title) + panels * (IntervalPanel.above(layout) + panelHeight + Self.below) + mapped
        + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let layout = canvas.layout
    let margin = layout.margin
    // The last number may stand half over its panel's edge.
    let right = canvas.bounds.right - margin - 8
    var top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    let names = changes.map { canvas.shortened("\($0.name) (\($0.clips))", to: 180, .label) }
    let left = margin + (names.map { canvas.width(of: $0, .label) }.max() ?? 0) + 10
    let inRow = layout.isNarrow ? 1 : 3
    let width = (right - left + Self.between) / Double(inRow) - Self.between
    let colors = changes.map { $0.stays == nil ? Self.ownColor : Self.color }
    let panels: [IntervalPanel] = [
      .init(
        title: "Unweighted average recall", values: changes.map(\.recall), colors: colors,
        marks: changes.map(\.chance)),
      .init(title: "Predictions that stay", unit: "share of the clips", values: changes.map(\.stays), colors: colors),
      .init(
        title: "Probability of the true emotion", unit: "mean change", values: changes.map(\.probability),
        colors: colors,
        mark: 0),
    ]
    for (place, panel) in panels.enumerated() {
      if place % inRow == 0 {
        top += IntervalPanel.above(layout)
        for (row, name) in names.enumerated() {
          canvas.text(
            name, at: Point(x: left - 10, y: IntervalPanel.y(of: row, under: top)), .label, horizontally: .end)
        }
      }
      let x = left + Double(place % inRow) * (width + Self.between)
      panel.draw(on: canvas, in: canvas.aligned(Rectangle(x: x, y: top, width: width, height: panelHeight)))
      if place % inRow == inRow - 1 { top += panelHeight + Self.below }
    }
    drawMaps(on: canvas, left: margin, top: top)
  }

  private func axesLines(on canvas: Canvas) -> [String] {
    canvas.wrapped(Self.axes, to: canvas.layout.width - 2 * canvas.layout.margin - 8, .label)
  }

  private func drawMaps(on canvas: Canvas, left: Double, top: Double) {
    guard !maps.isEmpty else { return }
    var top = top
    for line in axesLines(on: canvas) {
      canvas.text(line, at: Point(x: left, y: top), .label, vertically: .start)
      top += Font.label.line
    }
    top += 4
    let side = mapSide(canvas.layout)
    let highest = max(maps.flatMap(\.shares).max() ?? 0, 1e-9)
    for (place, map) in maps.enumerated() {
      let (row, column) = place.quotientAndRemainder(dividingBy: mapsInRow(canvas.layout))
      let x = left + Double(column) * (side + Self.betweenMaps)
      let y = top + Double(row) * (Self.aboveMaps + side + Self.betweenMaps)
      canvas.text(
        canvas.shortened(map.name, to: side, .emphasis), at: Point(x: x, y: y), .emphasis, vertically: .start)
      for (line, words) in canvas.wrapped(map.words, to: side, .tick, most: 2).enumerated() {
        canvas.text(
          canvas.shortened(words, to: side, .tick),
          at: Point(x: x, y: y + Font.emphasis.line + Double(line) * Font.tick.line), .tick, vertically: .start)
      }
      let frame = canvas.aligned(Rectangle(x: x, y: y + Self.aboveMaps, width: side, height: side))
      let edge = Double(Self.side) - 0.5
      Heatmap(
        map.shares.map(Float.init), rows: Self.side, columns: Self.side, map: .magma, lower: 0, upper: highest
      ).draw(on: canvas, in: frame, left: -0.5, right: edge, top: edge, bottom: -0.5)
      canvas.frame(frame)
    }
  }

  private func check() throws(FigureError) {
    guard !changes.isEmpty else { throw .empty(name: "changes of the clips") }
    for (index, change) in changes.enumerated() {
      let values = [change.recall, change.stays, change.probability].compactMap(\.self)
      guard change.chance.isFinite, values.allSatisfy({ [$0.mean, $0.low, $0.high].allSatisfy(\.isFinite) }) else {
        throw .notFinite(name: change.name, index: index)
      }
    }
    for map in maps {
      guard map.shares.count == Self.side * Self.side else {
        throw .shape(name: map.name, expected: [Self.side, Self.side], found: [map.shares.count])
      }
      for (index, share) in map.shares.enumerated() where !(share >= 0 && share.isFinite) {
        throw .outOfRange(name: "\(map.name), cell \(index)", value: share, expected: "0 or more")
      }
    }
  }
}
