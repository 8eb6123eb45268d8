import Foundation

/// One clip and what a model made of it: the waveform, its spectrogram, the log-mel and the MFCC over one time axis, each with its attribution, and the probabilities of the emotions. What is nil is left out.
public struct ExplanationFigure: Figure {
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

    public init(frames: FrameMatrix, attribution: Attribution? = nil) {
      self.frames = frames
      self.attribution = attribution
    }
  }

  /// The first line is the heading; `ExplanationFigure.title` writes the usual ones.
  public var title: [String]
  /// Seconds of speech. What lies beyond is padding and is not drawn.
  public var duration: Double
  public var waveform: Waveform?
  /// Bins of the Fourier transform over time in dB, 0 Hz first.
  public var spectrogram: Spectrogram?
  public var logMel: Spectrogram?
  public var mfcc: Coefficients?
  /// The names of the classes and their probabilities, in the same order.
  public var emotions: [String]
  public var probabilities: [Double]
  /// The class that was explained, the one that it was set against, and the true one where it is known.
  public var target, versus, truth: Int?

  public init(
    title: [String], duration: Double, waveform: Waveform? = nil, spectrogram: Spectrogram? = nil,
    logMel: Spectrogram? = nil,
    mfcc: Coefficients? = nil, emotions: [String] = EmotionColors.names, probabilities: [Double],
    target: Int? = nil, versus: Int? = nil, truth: Int? = nil
  ) {
    self.title = title
    self.duration = duration
    self.waveform = waveform
    self.spectrogram = spectrogram
    self.logMel = logMel
    self.mfcc = mfcc
    self.emotions = emotions
    self.probabilities = probabilities
    (self.target, self.versus, self.truth) = (target, versus, truth)
  }

  /// Two lines: the clip; then the prediction with its probability, the target, the method, the model.
  public static func title(
    clip: String, predicted: String, probability: Double, target: String, method: String, model: String
  ) -> [String] {
    let prediction = "predicted \(predicted) (p = \(probabilityText(probability)))"
    return [clip, [prediction, "target \(target)", method, model].joined(separator: " · ")]
  }

  private static let waveformHeight = 104.0
  // Each of 128 bands then has three pixels at the usual scale, each of 40 coefficients seven.
  private static let melHeight = 193.5
  private static let mfccHeight = 140.0

  private var panelHeights: [Double] {
    [
      waveform.map { _ in Self.waveformHeight }, spectrogram.map { _ in Self.melHeight },
      logMel.map { _ in Self.melHeight },
      mfcc.map { _ in Self.mfccHeight },
    ]
    .compactMap { $0 }
  }

  public var size: Size {
    let panels = panelHeights
    let timed =
      panels.isEmpty ? 0 : panels.reduce(0, +) + FigureLayout.gap * Double(panels.count - 1) + Plot.below + 14
    return Size(
      width: FigureLayout.width,
      height: FigureLayout.titleHeight(title) + timed + Double(emotions.count) * ProbabilityBars.rowHeight
        + Plot.below + FigureLayout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    var panels: [TimePanel] = []
    if let waveform {
      panels.append(TimePanel(waveform: waveform, duration: duration, height: Self.waveformHeight))
    }
    if let spectrogram {
      let rows = FramePanel.Rows.bins(maximumFrequency: spectrogram.maximumFrequency)
      panels.append(
        TimePanel(
          FramePanel(spectrogram.frames, attribution: spectrogram.attribution, rows: rows, duration: duration),
          attribution: spectrogram.attribution, label: "magnitude (dB)", height: Self.melHeight))
    }
    if let logMel {
      let rows = FramePanel.Rows.mel(maximumFrequency: logMel.maximumFrequency)
      panels.append(
        TimePanel(
          FramePanel(logMel.frames, attribution: logMel.attribution, rows: rows, duration: duration),
          attribution: logMel.attribution, label: "log-mel power (dB)", height: Self.melHeight))
    }
    if let mfcc {
      panels.append(
        TimePanel(
          FramePanel(mfcc.frames, attribution: mfcc.attribution, rows: .coefficients, duration: duration),
          attribution: mfcc.attribution, label: "MFCC (dB)", height: Self.mfccHeight))
    }
    let bars = ProbabilityBars(names: emotions, probabilities: probabilities, marks: marks)
    let margin = FigureLayout.margin
    let left = margin + (panels.map { $0.axis.room(on: canvas) } + [bars.room(on: canvas)]).max()!
    // Of two bars the second ones stand in line, beyond the widest first one.
    let secondBar =
      panels.compactMap { $0.bars.count > 1 ? $0.bars[0].width(on: canvas) + Self.barGap : nil }.max() ?? 0
    let barRoom =
      panels.compactMap { panel in
        panel.bars.last.map { $0.width(on: canvas) + (panel.bars.count > 1 ? secondBar : 0) + Self.barGap }
      }.max() ?? 0
    let right = canvas.bounds.right - margin - max(barRoom, 8)
    var y = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    let time = Axis.seconds(duration, ticks: 10)
    for (index, panel) in panels.enumerated() {
      let frame = canvas.aligned(Rectangle(x: left, y: y, width: right - left, height: panel.height))
      let plot = Plot(frame: frame, x: time, y: panel.axis)
      panel.draw(canvas, plot)
      plot.drawAxes(on: canvas, namesX: index == panels.count - 1)
      for (bar, x) in zip(panel.bars, [right + Self.barGap, right + Self.barGap + secondBar]) {
        bar.draw(on: canvas, left: x, top: frame.top, height: frame.height)
      }
      y += panel.height + (index == panels.count - 1 ? Plot.below + 14 : FigureLayout.gap)
    }
    bars.draw(on: canvas, in: Rectangle(x: left, y: y, width: right - left, height: bars.height))
  }

  private static let barGap = 12.0

  var marks: [[String]] {
    let predicted = probabilities.indices.max { probabilities[$0] < probabilities[$1] }
    return emotions.indices.map { index in
      [(predicted, "predicted"), (target, "target"), (versus, "versus"), (truth, "true")]
        .filter { $0.0 == index }.map(\.1)
    }
  }

  private func check() throws(FigureError) {
    guard duration.isFinite, duration > 0 else {
      throw .outOfRange(name: "duration", value: duration, expected: "a positive number of seconds")
    }
    try checkProbabilities(probabilities, names: emotions, name: "probabilities")
    for (name, index) in [("target", target), ("versus", versus), ("truth", truth)] {
      if let index, !emotions.indices.contains(index) {
        throw .outOfRange(name: name, value: Double(index), expected: "a place in \(emotions.count) classes")
      }
    }
    if let waveform {
      guard !waveform.samples.isEmpty else { throw .empty(name: "waveform") }
      guard waveform.sampleRate.isFinite, waveform.sampleRate > 0 else {
        throw .outOfRange(
          name: "sample rate", value: waveform.sampleRate, expected: "a positive number of Hz")
      }
      try checkFinite(waveform.samples, name: "waveform")
      if let attribution = waveform.attribution {
        guard attribution.values.count == waveform.samples.count else {
          throw .shape(
            name: "attribution on waveform", expected: [waveform.samples.count],
            found: [attribution.values.count])
        }
        try checkFinite(attribution.values, name: "attribution on waveform")
      }
    }
    for (name, panel) in [("spectrogram", spectrogram), ("log-mel", logMel)] {
      guard let panel else { continue }
      try panel.frames.check(name: name)
      if let attribution = panel.attribution { try panel.frames.check(attribution, name: name) }
      guard panel.maximumFrequency.isFinite, panel.maximumFrequency > 0 else {
        throw .outOfRange(
          name: "maximum frequency", value: panel.maximumFrequency, expected: "a positive number of Hz")
      }
    }
    if let mfcc {
      try mfcc.frames.check(name: "MFCC")
      if let attribution = mfcc.attribution { try mfcc.frames.check(attribution, name: "MFCC") }
    }
  }
}

/// One of the panels that share the time axis.
private struct TimePanel {
  var axis: Axis
  var height: Double
  var bars: [ColorBar]
  var draw: (Canvas, Plot) -> Void

  init(_ panel: FramePanel, attribution: Attribution?, label: String, height: Double) {
    axis = panel.axis
    self.height = height
    bars = [panel.bar(label, height: height)]
    if let attribution, let scale = panel.scale, !scale.isZero {
      bars.insert(scale.bar(name: attribution.name, unit: attribution.unit, height: height), at: 0)
    }
    draw = panel.draw
  }

  init(waveform: ExplanationFigure.Waveform, duration: Double, height: Double) {
    let panel = WaveformPanel(waveform, duration: duration)
    axis = panel.axis
    self.height = height
    bars = []
    if let attribution = waveform.attribution, let scale = panel.scale, !scale.isZero {
      bars = [
        scale.bar(
          name: attribution.name, unit: attribution.unit, note: "mean over 5 ms", height: height)
      ]
    }
    draw = panel.draw
  }
}
