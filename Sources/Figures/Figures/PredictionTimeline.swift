/// The prediction over the time of a long recording, window by window: the probability of each class, and the value of each
/// dimension.
public struct PredictionTimeline: Figure {
  public var title: [String]
  public var emotions: [String]
  /// The names of the dimensions, such as arousal.
  public var dimensions: [String]
  /// The middle of each window in seconds, rising.
  public var times: [Double]
  /// [window][emotion]; nil for a silent window, which has none.
  public var probabilities: [[Double]?]
  /// [window][dimension]; nil for a silent window.
  public var values: [[Double]?]
  /// Seconds of the recording.
  public var duration: Double

  public init(
    title: [String], emotions: [String] = EmotionColors.names, dimensions: [String] = [], times: [Double],
    probabilities: [[Double]?] = [], values: [[Double]?] = [], duration: Double
  ) {
    self.title = title
    (self.emotions, self.dimensions) = (emotions, dimensions)
    self.times = times
    (self.probabilities, self.values) = (probabilities, values)
    self.duration = duration
  }

  /// The height of a panel that has room for the names beside it; in a column they stand below it.
  private static func height(of names: [String], atLeast least: Double, _ layout: FigureLayout) -> Double {
    layout.isNarrow ? layout.height(least) : max(least, Double(names.count) * LinesPanel.nameHeight)
  }

  private func panels(_ layout: FigureLayout) -> [LinesPanel] {
    let all = values.compactMap { $0 }.joined()
    return [
      LinesPanel(
        axis: .linear("Probability", from: 0, to: 1, ticks: 5), names: emotions,
        colors: emotions.enumerated().map { EmotionColors.color(of: $0.element, index: $0.offset) }, times: times,
        rows: probabilities, duration: duration, height: Self.height(of: emotions, atLeast: 240, layout)),
      LinesPanel(
        axis: .values(all, ticks: 5), names: dimensions,
        colors: dimensions.enumerated().map { EmotionColors.color(ofDimension: $0.element, index: $0.offset) },
        times: times, rows: values, duration: duration,
        height: Self.height(of: dimensions, atLeast: emotions.isEmpty ? 240 : 160, layout)),
    ].filter { !$0.names.isEmpty }
  }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    let panels = panels(layout)
    let keys = panels.map { Self.keyHeight(of: $0, on: canvas) }
    return Size(
      width: layout.width,
      height: canvas.titleHeight(title) + panels.reduce(0) { $0 + $1.height } + keys.reduce(0, +)
        + FigureLayout.gap * Double(max(0, panels.count - 1)) + Plot.below + layout.margin)
  }

  /// The height of the names under a panel; none where they stand beside it.
  private static func keyHeight(of panel: LinesPanel, on canvas: Canvas) -> Double {
    let layout = canvas.layout
    return layout.isNarrow ? 6 + panel.keyHeight(on: canvas, width: layout.width - 2 * layout.margin) : 0
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let (panels, margin) = (panels(canvas.layout), canvas.layout.margin)
    let left = margin + panels.map { $0.axis.room(on: canvas) }.max()!
    let isNarrow = canvas.layout.isNarrow
    let right = canvas.bounds.right - margin - (isNarrow ? 8 : panels.map { $0.keyRoom(on: canvas) }.max()!)
    var top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    for (index, panel) in panels.enumerated() {
      let frame = canvas.aligned(Rectangle(x: left, y: top, width: right - left, height: panel.height))
      let isLast = index == panels.count - 1
      panel.draw(on: canvas, in: frame, namesX: isLast)
      if isNarrow {
        panel.drawKey(
          on: canvas, left: margin, right: canvas.bounds.right - margin,
          top: frame.bottom + (isLast ? Plot.below : Plot.tickLength) + 4)
      }
      top += panel.height + Self.keyHeight(of: panel, on: canvas) + FigureLayout.gap
    }
  }

  private func check() throws(FigureError) {
    guard !times.isEmpty else { throw .empty(name: "windows of the timeline") }
    guard duration.isFinite, duration > 0 else {
      throw .outOfRange(name: "duration", value: duration, expected: "a positive number of seconds")
    }
    guard !emotions.isEmpty || !dimensions.isEmpty else { throw .empty(name: "names of the emotions") }
    for (name, names, rows) in [("probabilities", emotions, probabilities), ("values", dimensions, values)]
    where !names.isEmpty && rows.count != times.count {
      throw .shape(name: name, expected: [times.count], found: [rows.count])
    }
    if let index = times.firstIndex(where: { !$0.isFinite }) { throw .notFinite(name: "times", index: index) }
    for (window, time) in times.enumerated() {
      let own = (emotions.isEmpty ? [] : probabilities[window], dimensions.isEmpty ? [] : values[window])
      guard case (let probabilities?, let values?) = own else { continue }
      try checkPrediction(
        probabilities, emotions: emotions, values: values, dimensions: dimensions,
        name: " at \(number(time, digits: 2)) s")
    }
  }
}
