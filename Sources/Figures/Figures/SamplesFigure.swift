/// Clips one below the other: the waveform on the left, the log-mel spectrogram on the right, all on one time axis.
public struct SamplesFigure: Figure {
  public struct Clip: Sendable {
    public var name: String
    public var waveform: ExplanationFigure.Waveform
    public var logMel: ExplanationFigure.Spectrogram
    /// Seconds of speech.
    public var duration: Double

    public init(
      name: String, waveform: ExplanationFigure.Waveform, logMel: ExplanationFigure.Spectrogram, duration: Double
    ) {
      (self.name, self.waveform, self.logMel, self.duration) = (name, waveform, logMel, duration)
    }
  }

  public var title: [String]
  public var clips: [Clip]

  public init(title: [String], clips: [Clip]) { (self.title, self.clips) = (title, clips) }

  // Every band of 128 has as many pixels at the usual scale.
  private static let height = 129.0
  private static let above = Font.emphasis.line + 3

  public var size: Size {
    Size(
      width: FigureLayout.width,
      height: FigureLayout.titleHeight(title) + Double(clips.count) * (Self.above + Self.height + FigureLayout.gap)
        + Plot.below + FigureLayout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    guard !clips.isEmpty else { throw .empty(name: "clips of the samples") }
    for clip in clips {
      guard clip.duration.isFinite, clip.duration > 0 else {
        throw .outOfRange(
          name: "duration of \(clip.name)", value: clip.duration, expected: "a positive number of seconds")
      }
      try ExplainedInput.waveform(clip.waveform).check(name: clip.name)
      try ExplainedInput.logMel(clip.logMel).check(name: clip.name)
    }
    let margin = FigureLayout.margin
    var top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    let time = Axis.seconds(clips.map(\.duration).max()!, ticks: 6)
    let rows = clips.map { clip in
      [ExplainedInput.waveform(clip.waveform), .logMel(clip.logMel)].map {
        TimePanel($0, .matrix, duration: clip.duration, height: Self.height)
      }
    }
    let rooms = [0, 1].map { side in rows.map { $0[side].axis.room(on: canvas) }.max()! }
    let barRoom = rows.compactMap { $0[1].bars.last?.width(on: canvas) }.max()! + 12
    let width = (canvas.bounds.width - 2 * margin - rooms[0] - rooms[1] - barRoom - 14) / 2
    for (index, (clip, panels)) in zip(clips, rows).enumerated() {
      canvas.text(
        canvas.shortened(clip.name, to: width, .emphasis), at: Point(x: margin + rooms[0], y: top), .emphasis,
        vertically: .start)
      top += Self.above
      var left = margin
      for (side, panel) in panels.enumerated() {
        left += rooms[side]
        let frame = canvas.aligned(Rectangle(x: left, y: top, width: width, height: Self.height))
        let plot = Plot(frame: frame, x: time, y: panel.axis)
        panel.draw(canvas, plot)
        plot.drawAxes(on: canvas, namesX: index == clips.count - 1)
        panel.bars.last?.draw(on: canvas, left: frame.right + 12, top: top, height: Self.height)
        left += width + 14
      }
      top += Self.height + FigureLayout.gap
    }
  }
}
