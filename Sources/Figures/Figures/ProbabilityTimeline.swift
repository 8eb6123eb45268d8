import Foundation

/// The probability of each emotion over the time of a long recording, window by window.
public struct ProbabilityTimeline: Figure {
  public var title: [String]
  public var emotions: [String]
  /// The middle of each window in seconds, rising.
  public var times: [Double]
  /// [window][emotion]; nil for a silent window, which has none.
  public var probabilities: [[Double]?]
  /// Seconds of the recording.
  public var duration: Double

  public init(
    title: [String], emotions: [String] = EmotionColors.names, times: [Double], probabilities: [[Double]?],
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
    let runs = runs { probabilities[$0] != nil }
    drawSilence(in: plot, on: canvas)
    for (index, name) in emotions.enumerated() {
      let color = EmotionColors.color(of: name, index: index)
      for run in runs {
        let points = run.map { plot.point(times[$0], probabilities[$0]![index]) }
        canvas.clipped(to: frame) { canvas.stroke(points, color, width: 2) }
        // One point makes no line.
        if times.count <= 40 || points.count == 1 {
          for point in points { canvas.dot(at: point, radius: 2.5, color) }
        }
      }
      let y = frame.top + 8 + Double(index) * 17
      canvas.fill(Rectangle(x: frame.right + 16, y: y - 4.5, width: 12, height: 9), color)
      canvas.text(names[index], at: Point(x: frame.right + 34, y: y), .label)
    }
    plot.drawAxes(on: canvas)
  }

  /// A grey ground where windows are silent: half way to the neighbours, or to the ends.
  private func drawSilence(in plot: Plot, on canvas: Canvas) {
    for run in runs(where: { probabilities[$0] == nil }) {
      let (first, last) = (run.lowerBound, run.upperBound - 1)
      let left = plot.x(first == 0 ? 0 : (times[first - 1] + times[first]) / 2)
      let right = plot.x(last == times.count - 1 ? duration : (times[last] + times[last + 1]) / 2)
      let room = Rectangle(x: left, y: plot.frame.y, width: right - left, height: plot.frame.height)
      canvas.fill(room, Color(0xF4F4F4))
      guard canvas.width(of: "silent", .label) + 8 < room.width else { continue }
      canvas.text("silent", at: room.middle, .label, horizontally: .center, color: .secondaryInk)
    }
  }

  /// Windows in a row.
  private func runs(where belongs: (Int) -> Bool) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for index in probabilities.indices where belongs(index) {
      if let last = runs.last, last.upperBound == index {
        runs[runs.count - 1] = last.lowerBound..<(index + 1)
      } else {
        runs.append(index..<(index + 1))
      }
    }
    return runs
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
    for case (let time, let row?) in zip(times, probabilities) {
      try checkProbabilities(row, names: emotions, name: "probabilities at \(number(time, digits: 2)) s")
    }
  }
}
