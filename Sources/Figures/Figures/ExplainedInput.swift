/// A model's input at one place of its path with its attribution: one panel over time.
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

  /// The input as a matrix over time; nil for a waveform.
  public var frames: FrameMatrix? {
    switch self {
    case .waveform: nil
    case .spectrogram(let spectrogram), .logMel(let spectrogram): spectrogram.frames
    case .mfcc(let coefficients): coefficients.frames
    }
  }

  /// The name of the input in a title.
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
  /// The height of the panel, in points.
  let height: Double

  /// Between the panels of one input, one above the other.
  static let gap = 11.0
  /// The height of each of two panels beside the one that both replace.
  private static let shareOfTwo = 2.0 / 3

  /// The panels of an input, one above the other: one, or the input and its attribution.
  /// - Parameter height: Of one panel, in points.
  static func stack(
    _ input: ExplainedInput, overlay: AttributionOverlay, duration: Double, height: Double
  ) -> [TimePanel] {
    guard input.attribution != nil else { return [TimePanel(input, .matrix, duration: duration, height: height)] }
    switch overlay {
    case .alpha: return [TimePanel(input, .colors, duration: duration, height: height)]
    case .contour: return [TimePanel(input, .contours, duration: duration, height: height)]
    case .side:
      return [.matrix, .attribution].map {
        TimePanel(input, $0, duration: duration, height: (shareOfTwo * height).rounded())
      }
    }
  }

  /// The height of a stack of panels.
  static func stackHeight(_ input: ExplainedInput?, overlay: AttributionOverlay, height: Double) -> Double {
    guard overlay == .side, input?.attribution != nil else { return height }
    return 2 * (shareOfTwo * height).rounded() + gap
  }

  init(_ input: ExplainedInput, _ content: FramePanel.Content, duration: Double, height: Double) {
    self.height = height
    let panel: FramePanel
    let label: String
    switch input {
    case .waveform(let waveform):
      // Lines around places of a curve would be points; colours stand under it instead.
      let own: WaveformPanel.Content =
        switch content {
        case .matrix: .waveform
        case .attribution: .attribution
        case .colors, .contours: .colors
        }
      let panel = WaveformPanel(waveform, duration: duration, content: own)
      (axis, draw) = (panel.axis, panel.draw)
      let key = waveform.attribution.flatMap { attribution -> ColorBar? in
        guard let scale = panel.scale, !scale.isZero, own == .colors else { return nil }
        return scale.bar(name: attribution.name, unit: attribution.unit, note: "mean over 5 ms", height: height)
      }
      bars = [key].compactMap { $0 }
      return
    case .spectrogram(let spectrogram):
      panel = FramePanel(
        spectrogram.frames, attribution: spectrogram.attribution,
        rows: .bins(maximumFrequency: spectrogram.maximumFrequency), duration: duration, content: content)
      label = "magnitude (dB)"
    case .logMel(let mel):
      panel = FramePanel(
        mel.frames, attribution: mel.attribution, rows: .mel(maximumFrequency: mel.maximumFrequency),
        duration: duration, content: content)
      label = "log-mel power (dB)"
    case .mfcc(let mfcc):
      panel = FramePanel(
        mfcc.frames, attribution: mfcc.attribution, rows: .coefficients, duration: duration, content: content)
      label = "MFCC (dB)"
    }
    (axis, draw) = (panel.axis, panel.draw)
    let key = input.attribution.flatMap { attribution -> ColorBar? in
      guard let scale = panel.scale, !scale.isZero else { return nil }
      return panel.contours?.bar(
        name: attribution.name, unit: attribution.unit, isSigned: attribution.isSigned, height: height)
        ?? scale.bar(name: attribution.name, unit: attribution.unit, height: height)
    }
    bars = [key, content == .attribution ? nil : panel.bar(label, height: height)].compactMap { $0 }
  }
}

extension AttributionOverlay {
  /// The key that pictures share of which each has a scale of its own.
  /// - Parameters:
  ///   - name: Of the attribution.
  ///   - owner: Whose scale it is: "clip’s".
  func sharedBar(_ name: String, of owner: String, isSigned: Bool, height: Double) -> ColorBar {
    self == .contour
      ? AttributionContours.sharedBar(
        [name, "lines: top 20, 5, 1 % of each \(owner) values"], isSigned: isSigned, height: height)
      : AttributionScale.unitBar(
        [name, "relative to each \(owner) 99.5th percentile"], isSigned: isSigned, height: height)
  }
}
