import Foundation

/// The probability of each emotion over the time of a long recording, window by window.
public struct ProbabilityTimeline: Figure {
  public var title: [String]
  public var emotions: [String]
  /// The middle of each window in seconds, rising.
  public var times: [Double]
  /// [window][emotion]
  public var probabilities: [[Double]]
  /// Seconds of the recording.
  public var duration: Double

  public init(
    title: [String], emotions: [String] = EmotionColors.names, times: [Double], probabilities: [[Double]],
    duration: Double
  ) {
    self.title = title
    self.emotions = emotions
    self.times = times
    self.probabilities = probabilities
    self.duration = duration
  }

  private static let panelHeight = 240.0

  public var size: Size {
    Size(
      width: FigureLayout.width,
      height: FigureLayout.titleHeight(title) + Self.panelHeight + Plot.below + FigureLayout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = FigureLayout.margin
    let probability = Axis.linear("Probability", from: 0, to: 1, ticks: 5)
    let left = margin + probability.room(on: canvas)
    let names = emotions.map { canvas.shortened($0, to: 110, .label) }
    let right =
      canvas.bounds.right - margin - 16 - 18 - (names.map { canvas.width(of: $0, .emphasis) }.max() ?? 0)
    let top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    let frame = canvas.aligned(Rectangle(x: left, y: top, width: right - left, height: Self.panelHeight))
    let plot = Plot(frame: frame, x: .seconds(duration, ticks: 10), y: probability)
    for tick in probability.ticks.dropFirst().dropLast() {
      let y = plot.y(tick.value)
      canvas.rule(from: Point(x: frame.left, y: y), to: Point(x: frame.right, y: y), .rule)
    }
    for (index, name) in emotions.enumerated() {
      let color = EmotionColors.color(of: name, index: index)
      let points = zip(times, probabilities).map { plot.point($0, $1[index]) }
      canvas.clipped(to: frame) { canvas.stroke(points, color, width: 2) }
      if points.count <= 40 {
        for point in points { canvas.dot(at: point, radius: 2.5, color) }
      }
      let y = frame.top + 8 + Double(index) * 17
      canvas.fill(Rectangle(x: frame.right + 16, y: y - 4.5, width: 12, height: 9), color)
      canvas.text(names[index], at: Point(x: frame.right + 34, y: y), .label)
    }
    plot.drawAxes(on: canvas)
  }

  private func check() throws(FigureError) {
    guard !times.isEmpty else { throw .empty(name: "windows of the timeline") }
    guard duration.isFinite, duration > 0 else {
      throw .outOfRange(name: "duration", value: duration, expected: "a positive number of seconds")
    }
    guard probabilities.count == times.count else {
      throw .shape(name: "probabilities", expected: [times.count], found: [probabilities.count])
    }
    if let index = times.firstIndex(where: { !$0.isFinite }) { throw .notFinite(name: "times", index: index) }
    for (time, row) in zip(times, probabilities) {
      try checkProbabilities(row, names: emotions, name: "probabilities at \(number(time, digits: 2)) s")
    }
  }
}
