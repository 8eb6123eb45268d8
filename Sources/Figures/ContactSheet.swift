import Foundation

/// Several clips side by side, each a log-mel spectrogram with its attribution: what one emotion looks like
/// to a model. All share the axes, so that a second is as wide in each; each picture ends with its speech.
public struct ContactSheet: Figure {
  public struct Clip: Sendable {
    public var name: String
    /// dB, the lowest mel band first.
    public var logMel: FrameMatrix
    public var attribution: Attribution
    /// Seconds of speech. What lies beyond is padding and is not drawn.
    public var duration: Double
    public var predicted: String
    public var probability: Double
    /// The true class, where it is known.
    public var truth: String?

    public init(
      name: String, logMel: FrameMatrix, attribution: Attribution, duration: Double, predicted: String,
      probability: Double, truth: String? = nil
    ) {
      self.name = name
      self.logMel = logMel
      self.attribution = attribution
      self.duration = duration
      self.predicted = predicted
      self.probability = probability
      self.truth = truth
    }
  }

  /// The first line is the heading.
  public var title: [String]
  public var clips: [Clip]
  /// The upper end of the highest mel band, in Hz.
  public var maximumFrequency: Double

  public init(title: [String], clips: [Clip], maximumFrequency: Double = 8000) {
    self.title = title
    self.clips = clips
    self.maximumFrequency = maximumFrequency
  }

  /// As wide as high at most by one column: 1, 2, 3, 2 × 2, 3 × 2, 4 × 2, 3 × 3, 4 × 3.
  private var columns: Int {
    switch clips.count {
    case ...3: max(1, clips.count)
    case 4: 2
    case 5, 6, 9: 3
    default: 4
    }
  }

  private var rows: Int { (max(1, clips.count) + columns - 1) / columns }

  // A multiple of 129 half points: every band of 128 has as many pixels at the usual scale.
  private var panelHeight: Double { columns == 1 ? 258 : columns == 2 ? 193.5 : 129 }

  private static let caption = Font.tick.line + Font.tick.line + 5

  public var size: Size {
    Size(
      width: FigureLayout.width,
      height: FigureLayout.titleHeight(title) + Double(rows) * (panelHeight + Self.caption + FigureLayout.gap)
        + Plot.below + FigureLayout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = FigureLayout.margin
    let longest = clips.map(\.duration).max() ?? 1
    let time = Axis.seconds(longest, ticks: max(5, 10 / columns))
    let frequency = Axis.mel(to: maximumFrequency)
    let isSigned = clips[0].attribution.isSigned
    var names: [String] = []
    for clip in clips where !names.contains(clip.attribution.name) { names.append(clip.attribution.name) }
    let barHeight = panelHeight * Double(min(2, rows)) + (rows > 1 ? Self.caption + FigureLayout.gap : 0)
    let bar = AttributionScale.relativeBar(
      name: names.joined(separator: ", "), isSigned: isSigned, height: barHeight)
    let left = margin + frequency.room(on: canvas)
    let right = canvas.bounds.right - margin - bar.width(on: canvas) - 12
    let step = (right - left + FigureLayout.gap) / Double(columns)
    let top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    for (index, clip) in clips.enumerated() {
      let (row, column) = (index / columns, index % columns)
      let room = canvas.aligned(
        Rectangle(
          x: left + Double(column) * step,
          y: top + Double(row) * (panelHeight + Self.caption + FigureLayout.gap) + Self.caption,
          width: step - FigureLayout.gap, height: panelHeight))
      drawCaption(of: clip, on: canvas, above: room)
      let panel = FramePanel(
        clip.logMel, attribution: clip.attribution, rows: .mel(maximumFrequency: maximumFrequency),
        duration: clip.duration)
      let plot = Plot(frame: room, x: time, y: frequency)
      canvas.fill(room, Color(0xF4F4F4))
      panel.draw(on: canvas, in: plot)
      plot.drawAxes(on: canvas, namesX: index + columns >= clips.count, namesY: column == 0)
    }
    let end = top + Double(rows) * (panelHeight + Self.caption + FigureLayout.gap) - FigureLayout.gap
    let middle = (top + Self.caption + end) / 2
    bar.draw(on: canvas, left: right + 12, top: middle - barHeight / 2, height: barHeight)
  }

  /// The clip's name; below it the prediction, its probability and whether it is right.
  private func drawCaption(of clip: Clip, on canvas: Canvas, above room: Rectangle) {
    var top = room.top - Self.caption
    let name = Font(size: Font.tick.size, isBold: true)
    canvas.text(
      canvas.shortened(clip.name, to: room.width, name), at: Point(x: room.left, y: top), name,
      vertically: .start)
    top += Font.tick.line
    let isRight = clip.truth.map { $0 == clip.predicted }
    let mark = isRight.map { $0 ? "✓ " : "✗ " } ?? ""
    let color = isRight == false ? Color(0xB03A00) : isRight == true ? Color(0x00694C) : .secondaryInk
    let truth = isRight == false ? ", is \(clip.truth ?? "")" : ""
    let text = "\(mark)\(clip.predicted) \(probabilityText(clip.probability))\(truth)"
    canvas.text(
      canvas.shortened(text, to: room.width, .tick), at: Point(x: room.left, y: top), .tick,
      vertically: .start,
      color: color)
  }

  private func check() throws(FigureError) {
    guard !clips.isEmpty else { throw .empty(name: "clips of the contact sheet") }
    guard maximumFrequency.isFinite, maximumFrequency > 0 else {
      throw .outOfRange(
        name: "maximum frequency", value: maximumFrequency, expected: "a positive number of Hz")
    }
    for clip in clips {
      guard clip.duration.isFinite, clip.duration > 0 else {
        throw .outOfRange(
          name: "duration of \(clip.name)", value: clip.duration, expected: "a positive number of seconds")
      }
      try clip.logMel.check(name: "log-mel of \(clip.name)")
      try clip.logMel.check(clip.attribution, name: "log-mel of \(clip.name)")
      try checkProbabilities([clip.probability], names: [clip.predicted], name: "probability of \(clip.name)")
      guard clip.attribution.isSigned == clips[0].attribution.isSigned else {
        throw .outOfRange(
          name: "attribution of \(clip.name)", value: clip.attribution.isSigned ? 1 : 0,
          expected: "signed or not as that of the first clip: they share a colour bar")
      }
    }
  }
}
