/// What a model saw of a clip at one place of its path, with what mattered of it: one panel over time.
public enum ExplainedInput: Sendable {
  case waveform(ExplanationFigure.Waveform)
  /// Bins of the Fourier transform over time in dB, 0 Hz first.
  case spectrogram(ExplanationFigure.Spectrogram)
  /// Mel bands over time in dB, the lowest first.
  case logMel(ExplanationFigure.Spectrogram)
  case mfcc(ExplanationFigure.Coefficients)

  public var attribution: Attribution? {
    switch self {
    case .waveform(let waveform): waveform.attribution
    case .spectrogram(let spectrogram), .logMel(let spectrogram): spectrogram.attribution
    case .mfcc(let coefficients): coefficients.attribution
    }
  }

  /// What a matrix over time holds; nil for a waveform.
  public var frames: FrameMatrix? {
    switch self {
    case .waveform: nil
    case .spectrogram(let spectrogram), .logMel(let spectrogram): spectrogram.frames
    case .mfcc(let coefficients): coefficients.frames
    }
  }

  /// In words, as a title says it.
  public var words: String {
    switch self {
    case .waveform: "waveform"
    case .spectrogram: "spectrogram"
    case .logMel: "log-mel spectrogram"
    case .mfcc: "MFCC"
    }
  }

  func check(name: String = "") throws(FigureError) {
    var named = words
    if case .logMel = self { named = "log-mel" }
    if !name.isEmpty { named += " of \(name)" }
    switch self {
    case .waveform(let waveform):
      guard !waveform.samples.isEmpty else { throw .empty(name: named) }
      guard waveform.sampleRate.isFinite, waveform.sampleRate > 0 else {
        throw .outOfRange(name: "sample rate", value: waveform.sampleRate, expected: "a positive number of Hz")
      }
      try checkFinite(waveform.samples, name: named)
      guard let attribution else { return }
      guard attribution.values.count == waveform.samples.count else {
        throw .shape(
          name: "attribution on \(named)", expected: [waveform.samples.count], found: [attribution.values.count])
      }
      try checkFinite(attribution.values, name: "attribution on \(named)")
    case .spectrogram(let spectrogram), .logMel(let spectrogram):
      try spectrogram.frames.check(name: named)
      if let attribution { try spectrogram.frames.check(attribution, name: named) }
      guard spectrogram.maximumFrequency.isFinite, spectrogram.maximumFrequency > 0 else {
        throw .outOfRange(
          name: "maximum frequency", value: spectrogram.maximumFrequency, expected: "a positive number of Hz")
      }
    case .mfcc(let coefficients):
      try coefficients.frames.check(name: named)
      if let attribution { try coefficients.frames.check(attribution, name: named) }
    }
  }
}

/// An input over time, ready to be drawn above or beside others.
struct TimePanel {
  let axis: Axis
  /// The key to the attribution's colours, and that to what is below.
  let bars: [ColorBar]
  let draw: (Canvas, Plot) -> Void

  /// - Parameter height: Of the panel, in points.
  init(_ input: ExplainedInput, duration: Double, height: Double) {
    var note: String?
    let scale: AttributionScale?
    var underneath: ColorBar?
    switch input {
    case .waveform(let waveform):
      let panel = WaveformPanel(waveform, duration: duration)
      (axis, scale, draw) = (panel.axis, panel.scale, panel.draw)
      note = "mean over 5 ms"
    case .spectrogram(let spectrogram):
      (axis, scale, underneath, draw) = Self.frames(
        spectrogram.frames, spectrogram.attribution, .bins(maximumFrequency: spectrogram.maximumFrequency), duration,
        "magnitude (dB)", height)
    case .logMel(let mel):
      (axis, scale, underneath, draw) = Self.frames(
        mel.frames, mel.attribution, .mel(maximumFrequency: mel.maximumFrequency), duration, "log-mel power (dB)",
        height)
    case .mfcc(let mfcc):
      (axis, scale, underneath, draw) = Self.frames(
        mfcc.frames, mfcc.attribution, .coefficients, duration, "MFCC (dB)", height)
    }
    let key = input.attribution.flatMap { attribution in
      scale.flatMap {
        $0.isZero ? nil : $0.bar(name: attribution.name, unit: attribution.unit, note: note, height: height)
      }
    }
    bars = [key, underneath].compactMap { $0 }
  }

  private static func frames(
    _ frames: FrameMatrix, _ attribution: Attribution?, _ rows: FramePanel.Rows, _ duration: Double, _ label: String,
    _ height: Double
  ) -> (Axis, AttributionScale?, ColorBar?, (Canvas, Plot) -> Void) {
    let panel = FramePanel(frames, attribution: attribution, rows: rows, duration: duration)
    return (panel.axis, panel.scale, panel.bar(label, height: height), panel.draw)
  }
}
