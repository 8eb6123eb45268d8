/// A reliability diagram (Niculescu-Mizil and Caruana 2005): how often a model is right beside how sure it was, bin by bin
/// of its confidence. On the diagonal both agree.
public struct CalibrationFigure: Figure {
  /// Clips of like confidence.
  public struct Bin: Sendable {
    /// The edges of the bin, 0…1.
    public var lower, upper: Double
    public var clips: Int
    /// The clips' mean confidence, and the share that is right.
    public var confidence, accuracy: Double
    /// The interval around the accuracy.
    public var low, high: Double

    public init(
      lower: Double, upper: Double, clips: Int, confidence: Double, accuracy: Double, low: Double, high: Double
    ) {
      (self.lower, self.upper, self.clips) = (lower, upper, clips)
      (self.confidence, self.accuracy, self.low, self.high) = (confidence, accuracy, low, high)
    }
  }

  /// The lines above the one of the expected calibration error, the Brier score and the number of clips.
  public var title: [String]
  /// The bins that have clips.
  public var bins: [Bin]
  public var expectedCalibrationError, brierScore: Double
  /// The same clips with corrected probabilities, and the words for what corrected them: dots of a second colour. Nil where
  /// there are none.
  public var recalibrated: (words: String, bins: [Bin], expectedCalibrationError: Double, brierScore: Double)?

  public init(title: [String], bins: [Bin], expectedCalibrationError: Double, brierScore: Double) {
    (self.title, self.bins) = (title, bins)
    (self.expectedCalibrationError, self.brierScore) = (expectedCalibrationError, brierScore)
  }

  private static let barColor = Color(0xCFE0F2), color = Color(0x0072B2), otherColor = Color(0xD55E00)

  private var lines: [String] {
    let clips = bins.reduce(0) { $0 + $1.clips }
    return title.filter { !$0.isEmpty } + [
      "expected calibration error \(number(expectedCalibrationError, digits: 3)) · Brier score "
        + "\(number(brierScore, digits: 3)) · \(clips) \(clips == 1 ? "clip" : "clips")"
    ]
      + (recalibrated.map {
        [
          "\($0.words) (orange): \(number($0.expectedCalibrationError, digits: 3)) · "
            + number($0.brierScore, digits: 3)
        ]
      } ?? [])
  }

  /// The figure's width, which a page's has room for, and the side of the diagram in it.
  private static func width(_ layout: FigureLayout) -> Double { min(500, layout.width) }
  private static func side(_ layout: FigureLayout) -> Double { width(layout) - (layout.isNarrow ? 60 : 100) }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    let width = Self.width(layout)
    return Size(
      width: width,
      height: canvas.titleHeight(lines, width: width - 2 * layout.margin) + numbers(on: canvas).room + Self.side(layout)
        + Plot.below + layout.margin)
  }

  /// The room above the frame for the numbers of clips, which are turned where the bins are too narrow for them.
  private func numbers(on canvas: Canvas) -> (areTurned: Bool, room: Double) {
    let widths = bins.map { canvas.width(of: "\($0.clips)", .tick) }
    let narrowest = bins.map { $0.upper - $0.lower }.min() ?? 1
    let isWide = (widths.max() ?? 0) > narrowest * Self.side(canvas.layout) - 2
    return canvas.layout.isNarrow && isWide ? (true, (widths.max() ?? 0) + 4) : (false, Font.tick.line + 2)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = canvas.layout.margin
    let numbers = numbers(on: canvas)
    let top = canvas.drawTitle(lines, left: margin, right: canvas.bounds.right - margin) + numbers.room
    // Half of the last number stands beyond the frame.
    let side = Self.side(canvas.layout)
    let left = canvas.bounds.right - margin - 10 - side
    let frame = canvas.aligned(Rectangle(x: left, y: top, width: side, height: side))
    let ticks = canvas.layout.isNarrow ? 5 : 10
    let plot = Plot(
      frame: frame, x: .linear("Confidence: probability of the predicted class", from: 0, to: 1, ticks: ticks),
      y: .linear("Accuracy: share that is right", from: 0, to: 1, ticks: ticks))
    for tick in plot.y.ticks.dropFirst().dropLast() {
      let y = plot.y(tick.value)
      canvas.rule(from: Point(x: frame.left, y: y), to: Point(x: frame.right, y: y), .rule)
    }
    for bin in bins {
      let (start, end) = (canvas.aligned(plot.x(bin.lower) + 1), canvas.aligned(plot.x(bin.upper) - 1))
      let height = canvas.aligned(plot.y(bin.accuracy))
      canvas.fill(Rectangle(x: start, y: height, width: end - start, height: frame.bottom - height), Self.barColor)
      canvas.text(
        "\(bin.clips)", at: Point(x: (start + end) / 2, y: frame.top - 4),
        canvas.fitted("\(bin.clips)", to: end - start, .tick), horizontally: numbers.areTurned ? .start : .center,
        vertically: numbers.areTurned ? .center : .end, turned: numbers.areTurned)
    }
    canvas.text(
      "clips", at: Point(x: frame.left - Plot.tickLength - 3, y: frame.top - 4), .tick, horizontally: .end,
      vertically: .end, color: .secondaryInk)
    canvas.stroke([plot.point(0, 0), plot.point(1, 1)], .secondaryInk, width: 1, dashes: [4, 2.5])
    for (bins, color) in [(bins, Self.color), (recalibrated?.bins ?? [], Self.otherColor)] {
      for bin in bins {
        canvas.stroke([plot.point(bin.confidence, bin.low), plot.point(bin.confidence, bin.high)], color, width: 1.6)
        canvas.dot(at: plot.point(bin.confidence, bin.accuracy), radius: 3.5, color)
      }
    }
    plot.drawAxes(on: canvas)
  }

  private func check() throws(FigureError) {
    guard !bins.isEmpty else { throw .empty(name: "bins of the calibration") }
    for (index, bin) in (bins + (recalibrated?.bins ?? [])).enumerated() {
      let shares = [bin.lower, bin.upper, bin.confidence, bin.accuracy, bin.low, bin.high]
      if let share = shares.first(where: { !(0...1.0001).contains($0) }) {
        throw .outOfRange(name: "bin \(index + 1) of the calibration", value: share, expected: "between 0 and 1")
      }
      guard bin.lower < bin.upper, bin.clips > 0 else {
        throw .empty(name: "bin \(index + 1) of the calibration")
      }
    }
    for (name, value) in [
      ("expected calibration error", expectedCalibrationError), ("Brier score", brierScore),
      ("expected calibration error", recalibrated?.expectedCalibrationError ?? 0),
      ("Brier score", recalibrated?.brierScore ?? 0),
    ] where !value.isFinite { throw .notFinite(name: name, index: 0) }
  }
}
