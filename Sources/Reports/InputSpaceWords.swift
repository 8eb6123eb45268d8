import Models

extension InputSpace {
  /// The name in a title.
  var words: String {
    switch self {
    case .waveform: "waveform"
    case .spectrogram: "spectrogram"
    case .mel: "log-mel spectrogram"
    case .mfcc: "MFCC"
    }
  }
}
