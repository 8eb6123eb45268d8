import Models

extension InputSpace {
  /// As a title says it.
  var words: String {
    switch self {
    case .waveform: "waveform"
    case .spectrogram: "spectrogram"
    case .mel: "log-mel spectrogram"
    case .mfcc: "MFCC"
    }
  }
}
