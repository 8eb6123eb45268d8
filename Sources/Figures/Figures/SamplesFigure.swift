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

  private static let above = Font.emphasis.line + 3

  // Every band of 128 has as many pixels at the usual scale.
  private static func height(_ layout: FigureLayout) -> Double { layout.height(129) }
  /// The height of a clip: in a column the spectrogram stands under the waveform.
  private static func clipHeight(_ layout: FigureLayout) -> Double {
    above + height(layout) + FigureLayout.gap
      + (layout.isNarrow ? height(layout) + FigureLayout.gap + TimePanel.levelBars : 0)
  }

  public func extent(on canvas: Canvas) -> Size {
    Size(
      width: canvas.layout.width,
      height: canvas.titleHeight(title) + Double(clips.count) * Self.clipHeight(canvas.layout)
        + Plot.below + canvas.layout.margin)
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
    let margin = canvas.layout.margin
    var top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    let layout = canvas.layout
    let height = Self.height(layout)
    let time = Axis.seconds(clips.map(\.duration).max()!, ticks: layout.isNarrow ? 5 : 6)
    let rows = clips.map { clip in
      [ExplainedInput.waveform(clip.waveform), .logMel(clip.logMel)].map {
        TimePanel($0, .matrix, duration: clip.duration, height: height)
      }
    }
    let axes = [0, 1].map { side in rows.map { $0[side].axis.room(on: canvas) }.max()! }
    let isNarrow = layout.isNarrow
    let rooms = isNarrow ? [axes.max()!, axes.max()!] : axes
    let barRoom = isNarrow ? 8 : rows.compactMap { $0[1].bars.last?.width(on: canvas) }.max()! + 12
    let room = canvas.bounds.width - 2 * margin - barRoom
    let width = isNarrow ? room - rooms[0] : (room - rooms[0] - rooms[1] - 14) / 2
    for (index, (clip, panels)) in zip(clips, rows).enumerated() {
      canvas.text(
        canvas.shortened(clip.name, to: width, .emphasis), at: Point(x: margin + rooms[0], y: top), .emphasis,
        vertically: .start)
      for (side, panel) in panels.enumerated() {
        let isBelow = isNarrow && side > 0
        let frame = canvas.aligned(
          Rectangle(
            x: margin + rooms[0] + (side == 0 || isNarrow ? 0 : width + 14 + rooms[1]),
            y: top + Self.above + (isBelow ? height + FigureLayout.gap : 0), width: width, height: height))
        let plot = Plot(frame: frame, x: time, y: panel.axis)
        panel.draw(canvas, plot)
        let isNamed = index == clips.count - 1 && (!isNarrow || isBelow)
        plot.drawAxes(on: canvas, namesX: isNamed)
        if isBelow, let bar = panel.bars.last {
          let top = frame.bottom + (isNamed ? Plot.below : Plot.tickLength) + 4
          bar.drawLevel(on: canvas, left: frame.left, top: top, width: width)
        } else {
          panel.bars.last?.draw(on: canvas, left: frame.right + 12, top: frame.top, height: height)
        }
      }
      top += Self.clipHeight(layout)
    }
  }
}
