import Basics
import Foundation

/// A clip, a model's prediction and its explanation: the waveform, its spectrogram, the log-mel and the MFCC over one time axis, each with its attribution, and the prediction: probabilities of classes, values of dimensions. What is nil is left out.
public struct ExplanationFigure: OverlaidFigure {
  public struct Waveform: Sendable {
    public var samples: [Float]
    public var sampleRate: Double
    /// One value a sample.
    public var attribution: Attribution?

    public init(samples: [Float], sampleRate: Double, attribution: Attribution? = nil) {
      self.samples = samples
      self.sampleRate = sampleRate
      self.attribution = attribution
    }
  }

  /// Bands over time in dB, the lowest first.
  public struct Spectrogram: Sendable {
    public var frames: FrameMatrix
    /// The upper end of the highest band, in Hz.
    public var maximumFrequency: Double
    public var attribution: Attribution?

    public init(frames: FrameMatrix, maximumFrequency: Double = 8000, attribution: Attribution? = nil) {
      self.frames = frames
      self.maximumFrequency = maximumFrequency
      self.attribution = attribution
    }
  }

  /// Cepstral coefficients over time, coefficient 0 first.
  public struct Coefficients: Sendable {
    public var frames: FrameMatrix
    public var attribution: Attribution?
    /// What the values are, with their unit.
    public var label: String

    public init(frames: FrameMatrix, attribution: Attribution? = nil, label: String = "MFCC (dB)") {
      self.frames = frames
      self.attribution = attribution
      self.label = label
    }
  }

  /// What the figure is made of, from its top down.
  public enum Part: String, CaseIterable, Sendable {
    case title
    /// How the attribution was computed, and what its colours say.
    case caption
    case waveform, spectrogram, mel, mfcc
    /// The probabilities of classes and the values of dimensions.
    case probabilities
  }

  /// The first line is the heading; `ExplanationFigure.title` writes the usual ones.
  public var title: [String]
  /// Lines under the title: how the attribution was computed, and how near it comes to what it promises.
  public var caption: [String] = []
  /// The parts that are drawn, of those that there are.
  public var parts = Set(Part.allCases)
  /// Seconds of speech. What lies beyond is padding and is not drawn.
  public var duration: Double
  /// The clip's place in its file, whose time the axis has; nil where the clip is all there is.
  public var place: ClipPlace?
  public var waveform: Waveform?
  /// Bins of the Fourier transform over time in dB, 0 Hz first.
  public var spectrogram: Spectrogram?
  public var logMel: Spectrogram?
  public var mfcc: Coefficients?
  /// The names of the classes and their probabilities, in the same order.
  public var emotions: [String]
  public var probabilities: [Double]
  /// The names of the dimensions, such as arousal, and their values, in the same order.
  public var dimensions: [String]
  public var values: [Double]
  /// The places of the output that was explained and of the one that it was set against among the classes and, after them,
  /// the dimensions; the true class where it is known.
  public var target, versus, truth: Int?
  public var overlay: AttributionOverlay

  public init(
    title: [String], duration: Double, waveform: Waveform? = nil, spectrogram: Spectrogram? = nil,
    logMel: Spectrogram? = nil,
    mfcc: Coefficients? = nil, emotions: [String] = EmotionColors.names, probabilities: [Double],
    dimensions: [String] = [], values: [Double] = [], target: Int? = nil, versus: Int? = nil, truth: Int? = nil,
    overlay: AttributionOverlay = .standard
  ) {
    self.title = title
    self.duration = duration
    self.waveform = waveform
    self.spectrogram = spectrogram
    self.logMel = logMel
    self.mfcc = mfcc
    self.emotions = emotions
    self.probabilities = probabilities
    (self.dimensions, self.values) = (dimensions, values)
    (self.target, self.versus, self.truth) = (target, versus, truth)
    self.overlay = overlay
  }

  /// Title of two lines: the clip; then the prediction with its probability, the target, the method, the model.
  public static func title(
    clip: String, predicted: String, probability: Double?, target: String, method: String, model: String
  ) -> [String] {
    let prediction = "predicted \(predicted)" + (probability.map { " (p = \(probabilityText($0)))" } ?? "")
    return [clip, [prediction, "target \(target)", method, model].joined(separator: " · ")]
  }

  private static let waveformHeight = 104.0
  // Each of 128 bands then has three pixels at the usual scale, each of 40 coefficients seven.
  private static let melHeight = 193.5
  private static let mfccHeight = 140.0

  /// The inputs that the figure has, in the order of the path.
  private var inputs: [ExplainedInput] {
    let all: [(Part, ExplainedInput?)] = [
      (.waveform, waveform.map(ExplainedInput.waveform)), (.spectrogram, spectrogram.map(ExplainedInput.spectrogram)),
      (.mel, logMel.map(ExplainedInput.logMel)), (.mfcc, mfcc.map(ExplainedInput.mfcc)),
    ]
    return all.compactMap { parts.contains($0) ? $1 : nil }
  }

  private static func height(of input: ExplainedInput, _ layout: FigureLayout) -> Double {
    switch input {
    case .waveform: layout.height(waveformHeight)
    case .spectrogram, .logMel: layout.height(melHeight)
    case .mfcc: layout.height(mfccHeight)
    }
  }

  /// The title and the caption, whichever are drawn.
  private func lines(_ layout: FigureLayout) -> [String] {
    let remark = inputs.isEmpty ? [] : ClipTime.remark(duration, in: place, layout)
    // Only a title has a heading.
    return (parts.contains(.title) ? title : [""])
      + (parts.contains(.caption) ? caption + remark : [])
  }

  /// What red and blue say; nil where no attribution that is drawn has a sign.
  private var key: SignKey? {
    guard parts.contains(.caption), inputs.contains(where: { $0.attribution?.isSigned == true }) else { return nil }
    let names = emotions + dimensions
    let score = target.map { "the score of \(names[$0])" } ?? "the target’s score"
    return SignKey(score: score + (versus.map { " over \(names[$0])" } ?? ""))
  }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    let width = layout.width - 2 * layout.margin
    let panels = inputs.map {
      TimePanel.stackHeight($0, overlay: overlay, height: Self.height(of: $0, layout))
        + TimePanel.barsHeight($0, overlay: overlay, layout)
    }
    let timed =
      panels.isEmpty ? 0 : panels.reduce(0, +) + FigureLayout.gap * Double(panels.count - 1) + Plot.below + 14
    return Size(
      width: layout.width,
      height: canvas.titleHeight(lines(layout)) + (key.map { $0.height(on: canvas, width: width) } ?? 0) + timed
        + (parts.contains(.probabilities) ? bars.height + Plot.below : 0) + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let layout = canvas.layout
    let stacks = inputs.map {
      TimePanel.stack($0, overlay: overlay, duration: duration, height: Self.height(of: $0, layout))
    }
    let panels = stacks.flatMap { $0 }
    let bars = bars
    let margin = layout.margin
    let rooms =
      panels.map { $0.axis.room(on: canvas) } + (parts.contains(.probabilities) ? [bars.room(on: canvas)] : [])
    let left = margin + (rooms.max() ?? 0)
    // Of two bars the second ones stand in line, beyond the widest first one.
    let barLists = layout.isNarrow ? [] : panels.map(\.bars)
    let secondBar =
      barLists.compactMap { $0.count > 1 ? $0[0].width(on: canvas) + Self.barGap : nil }.max() ?? 0
    let barRoom =
      barLists.compactMap { bars in
        bars.last.map { $0.width(on: canvas) + (bars.count > 1 ? secondBar : 0) + Self.barGap }
      }.max() ?? 0
    let right = canvas.bounds.right - margin - max(barRoom, 8)
    var y = canvas.drawTitle(lines(layout), left: margin, right: canvas.bounds.right - margin)
    if let key {
      key.draw(on: canvas, left: margin, right: canvas.bounds.right - margin, top: y)
      y += key.height(on: canvas, width: layout.width - 2 * margin)
    }
    let time = ClipTime(duration, in: place, ticks: layout.ticks(10))
    for (number, stack) in stacks.enumerated() {
      let isLast = number == stacks.count - 1
      for (index, panel) in stack.enumerated() {
        let isLowest = index == stack.count - 1
        let frame = canvas.aligned(Rectangle(x: left, y: y, width: right - left, height: panel.height))
        let plot = Plot(frame: frame, x: time.axis, y: panel.axis)
        time.drawUnused(on: canvas, in: plot, isNamed: number == 0 && index == 0)
        panel.draw(canvas, plot)
        plot.drawAxes(on: canvas, namesX: isLast && isLowest)
        y += panel.height
        if layout.isNarrow, !panel.bars.isEmpty {
          let below = isLast && isLowest ? Plot.below : Plot.tickLength
          ColorBar.drawLevel(panel.bars, on: canvas, left: left, right: right, top: y + below + 4)
          y += TimePanel.levelBars
        } else {
          for (bar, x) in zip(panel.bars, [right + Self.barGap, right + Self.barGap + secondBar]) {
            bar.draw(on: canvas, left: x, top: frame.top, height: frame.height)
          }
        }
        y += !isLowest ? TimePanel.gap : isLast ? Plot.below + 14 : FigureLayout.gap
      }
    }
    guard parts.contains(.probabilities) else { return }
    bars.draw(on: canvas, in: Rectangle(x: left, y: y, width: right - left, height: bars.height))
  }

  private static let barGap = 12.0

  private var bars: PredictionBars {
    PredictionBars(
      emotions: emotions, probabilities: probabilities, dimensions: dimensions, values: values, marks: marks)
  }

  var marks: [[String]] {
    let predicted = probabilities.indices.max { probabilities[$0] < probabilities[$1] }
    return (emotions + dimensions).indices.map { index in
      [(predicted, "predicted"), (target, "target"), (versus, "versus"), (truth, "true")]
        .filter { $0.0 == index }.map(\.1)
    }
  }

  private func check() throws(FigureError) {
    guard duration.isFinite, duration > 0 else {
      throw .outOfRange(name: "duration", value: duration, expected: "a positive number of seconds")
    }
    try checkPrediction(probabilities, emotions: emotions, values: values, dimensions: dimensions, name: "")
    let outputs = emotions.count + dimensions.count
    let words = dimensions.isEmpty ? "classes" : "outputs"
    for (name, index) in [("target", target), ("versus", versus), ("truth", truth)] {
      if let index, !(0..<outputs).contains(index) {
        throw .outOfRange(name: name, value: Double(index), expected: "a place in \(outputs) \(words)")
      }
    }
    for input in inputs { try input.check() }
    let hasWords = lines(.standard).contains { !$0.isEmpty }
    guard hasWords || key != nil || !inputs.isEmpty || parts.contains(.probabilities) else {
      let names = Part.allCases.filter(parts.contains).map(\.rawValue)
      // It is named by its clip.
      throw .empty(name: (title.prefix(1) + [names.joined(separator: " and ")]).joined(separator: ": "))
    }
  }
}
