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
