/// Distributions of attributions, by emotion: over frequency and over the length of the speech with their intervals, and over both.
/// Values are relative to an even share, which is 1.
public struct ProfilesFigure: Figure {
  public typealias Value = (mean: Double, low: Double, high: Double)

  public struct OfEmotion: Sendable {
    public var name: String
    public var clips: Int
    /// The value of each mel band, the lowest first.
    public var bands: [Value]
    /// The value of each part of the speech.
    public var times: [Value]
    /// [bands × times].
    public var map: [Double]

    public init(name: String, clips: Int, bands: [Value], times: [Value], map: [Double]) {
      (self.name, self.clips, self.bands, self.times, self.map) = (name, clips, bands, times, map)
    }
  }

  public var title: [String]
  public var emotions: [OfEmotion]
  /// The upper end of the highest band, in Hz.
  public var maximumFrequency: Double

  public init(title: [String], emotions: [OfEmotion], maximumFrequency: Double = 8000) {
    (self.title, self.emotions, self.maximumFrequency) = (title, emotions, maximumFrequency)
  }

  /// Between two maps, one beside the other: room for half a number of each.
  private static let between = 24.0
  private static let share = "Attribution (1 is even)"
  private static let caption = Font.emphasis.line + 3

  /// The distances of a layout: in a column curves stand one below the other, and everything is in fewer columns.
  private struct Grid {
    let curveHeight, mapHeight: Double
    let curveRows, mapsInRow, mapRows, keysInRow, keyRows: Int

    init(_ layout: FigureLayout, emotions: Int) {
      (curveHeight, mapHeight) = (layout.height(220), layout.height(129))
      (curveRows, mapsInRow) = layout.isNarrow ? (2, 2) : (1, 4)
      mapRows = (emotions + mapsInRow - 1) / mapsInRow
      keysInRow = layout.isNarrow ? 3 : max(1, emotions)
      keyRows = (emotions + keysInRow - 1) / keysInRow
    }

    var curveRow: Double { curveHeight + Plot.below + 14 }
    var keys: Double { Double(keyRows) * Font.label.line + 8 }
  }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    let grid = Grid(layout, emotions: emotions.count)
    return Size(
      width: layout.width,
      height: canvas.titleHeight(title) + Double(grid.curveRows) * grid.curveRow + grid.keys
        + Double(grid.mapRows) * (Self.caption + grid.mapHeight + FigureLayout.gap) + Plot.below
        + (layout.isNarrow ? TimePanel.levelBars : 0) + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = canvas.layout.margin
    // The last number stands half over its panel's edge.
    let (left, right) = (margin, canvas.bounds.right - margin - 12)
    var top = canvas.drawTitle(title, left: left, right: canvas.bounds.right - margin)
    let grid = Grid(canvas.layout, emotions: emotions.count)
    let frequency = Axis.mel(to: maximumFrequency)
    let speech = Axis.linear("Part of the speech", from: 0, to: 1, ticks: 5)
    let half = canvas.layout.isNarrow ? right - left : (right - left - 24) / 2
    // Band k of n peaks at (k + 1) / (n + 1) of the mel axis.
    let centres = emotions[0].bands.indices.map {
      frequency.value(at: Double($0 + 1) / Double(emotions[0].bands.count + 1))
    }
    let parts = emotions[0].times.indices.map { (Double($0) + 0.5) / Double(emotions[0].times.count) }
    for (place, panel) in [(frequency, centres, \OfEmotion.bands), (speech, parts, \OfEmotion.times)].enumerated() {
      let (row, column) = canvas.layout.isNarrow ? (place, 0) : (0, place)
      let (x, places, values) = panel
      let highest = emotions.flatMap { $0[keyPath: values].map(\.high) }.max() ?? 1
      let y = Axis.linear(Self.share, from: 0, to: max(1.2, highest * 1.05), ticks: 5)
      let start = left + Double(column) * (half + 24) + y.room(on: canvas)
      let frame = canvas.aligned(
        Rectangle(
          x: start, y: top + Double(row) * grid.curveRow, width: left + Double(column) * (half + 24) + half - start,
          height: grid.curveHeight))
      let plot = Plot(frame: frame, x: x, y: y)
      canvas.rule(from: plot.point(x.lower, 1), to: plot.point(x.upper, 1), .rule)
      canvas.clipped(to: frame) {
        for (index, emotion) in emotions.enumerated() {
          let color = EmotionColors.color(of: emotion.name, index: index)
          let line = zip(places, emotion[keyPath: values])
          canvas.fill(
            line.map { plot.point($0.0, $0.1.low) } + line.map { plot.point($0.0, $0.1.high) }.reversed(), color,
            alpha: 0.12)
        }
        for (index, emotion) in emotions.enumerated() {
          let line = zip(places, emotion[keyPath: values]).map { plot.point($0.0, $0.1.mean) }
          canvas.stroke(line, EmotionColors.color(of: emotion.name, index: index), width: 2)
        }
      }
      plot.drawAxes(on: canvas)
    }
    top += Double(grid.curveRows) * grid.curveRow
    drawKey(on: canvas, grid, left: left, right: right, top: top)
    top += grid.keys
    drawMaps(on: canvas, grid, left: left, right: right, top: top, frequency: frequency, speech: speech)
  }

  /// The emotions' colours and numbers of clips.
  private func drawKey(on canvas: Canvas, _ grid: Grid, left: Double, right: Double, top: Double) {
    let step = (right - left) / Double(grid.keysInRow)
    for (index, emotion) in emotions.enumerated() {
      let x = left + Double(index % grid.keysInRow) * step
      let y = top + Double(index / grid.keysInRow) * Font.label.line + Font.label.line / 2
      canvas.fill(
        Rectangle(x: x, y: y - 4.5, width: 12, height: 9), EmotionColors.color(of: emotion.name, index: index))
      canvas.text(
        canvas.shortened("\(emotion.name) (\(emotion.clips))", to: step - 22, .label), at: Point(x: x + 17, y: y),
        .label)
    }
  }

  private func drawMaps(
    on canvas: Canvas, _ grid: Grid, left: Double, right: Double, top: Double, frequency: Axis, speech: Axis
  ) {
    let highest = emotions.flatMap(\.map).max() ?? 1
    let barHeight = grid.mapHeight
    let bar = ColorBar.linear(Self.share, map: .magma, from: 0, to: max(highest, 1e-9), height: barHeight)
    let start = left + frequency.room(on: canvas)
    let end = canvas.layout.isNarrow ? right : right - bar.width(on: canvas) - 12
    let step = (end - start + Self.between) / Double(grid.mapsInRow)
    for (index, emotion) in emotions.enumerated() {
      let (row, column) = (index / grid.mapsInRow, index % grid.mapsInRow)
      let room = canvas.aligned(
        Rectangle(
          x: start + Double(column) * step,
          y: top + Double(row) * (Self.caption + grid.mapHeight + FigureLayout.gap) + Self.caption,
          width: step - Self.between, height: grid.mapHeight))
      canvas.text(
        canvas.shortened(emotion.name, to: room.width, .emphasis), at: Point(x: room.left, y: room.top - Self.caption),
        .emphasis, vertically: .start)
      let plot = Plot(frame: room, x: speech, y: frequency)
      let (rows, columns) = (emotion.bands.count, emotion.times.count)
      Heatmap(emotion.map.map(Float.init), rows: rows, columns: columns, map: .magma, lower: 0, upper: highest)
        .draw(on: canvas, in: room, left: -0.5, right: Double(columns) - 0.5, top: Double(rows), bottom: -1)
      plot.drawAxes(on: canvas, namesX: index + grid.mapsInRow >= emotions.count, namesY: column == 0)
    }
    guard !canvas.layout.isNarrow else {
      return bar.drawLevel(
        on: canvas, left: start, top: canvas.bounds.bottom - canvas.layout.margin - TimePanel.levelBars + 8,
        width: end - start)
    }
    bar.draw(on: canvas, left: end + 12, top: top + Self.caption, height: barHeight)
  }

  private func check() throws(FigureError) {
    guard !emotions.isEmpty else { throw .empty(name: "emotions of the profiles") }
    guard maximumFrequency.isFinite, maximumFrequency > 0 else {
      throw .outOfRange(
        name: "maximum frequency", value: maximumFrequency, expected: "a positive number of Hz")
    }
    let (bands, times) = (emotions[0].bands.count, emotions[0].times.count)
    for emotion in emotions {
      guard emotion.bands.count == bands, bands > 0 else {
        throw .shape(name: "bands of \(emotion.name)", expected: [bands], found: [emotion.bands.count])
      }
      guard emotion.times.count == times, times > 0 else {
        throw .shape(name: "times of \(emotion.name)", expected: [times], found: [emotion.times.count])
      }
      guard emotion.map.count == bands * times else {
        throw .shape(name: "map of \(emotion.name)", expected: [bands, times], found: [emotion.map.count])
      }
      for (name, values) in [("bands", emotion.bands), ("times", emotion.times)] {
        if let index = values.firstIndex(where: { !$0.mean.isFinite || !$0.low.isFinite || !$0.high.isFinite }) {
          throw .notFinite(name: "\(name) of \(emotion.name)", index: index)
        }
      }
      if let index = emotion.map.firstIndex(where: { !$0.isFinite }) {
        throw .notFinite(name: "map of \(emotion.name)", index: index)
      }
    }
  }
}
