import AudioFeatures
import Basics
import Layers
import Tensors

/// A network that names the emotion of a clip from one of its features.
public protocol EmotionModel: Layer {
  init(classes: Int, using generator: inout SeededGenerator)
  /// Features [batch, 1, rows, frames] → logits [batch, classes].
  func callAsFunction(_ features: Tensor, _ pass: ForwardPass) -> Tensor
}

/// A place on the path from the waveform to the logits where an explanation can cut.
public enum InputSpace: String, CaseIterable, Codable, Sendable {
  /// [batch, samples].
  case waveform
  /// The magnitudes of the waveform's STFT, [batch, 1, bins, frames], its phases held fixed: a virtual layer that leaves the
  /// waveform as it is (Vielhaben et al. 2024, arXiv:2303.06365), through which anything on the way from the waveform is
  /// also seen in seconds × Hz. No model reads it.
  case spectrogram
  /// log-mel in dB, [batch, 1, mels, frames].
  case mel
  /// [batch, 1, coefficients, frames].
  case mfcc
}

/// How long a clip is when a model sees it.
public enum ClipLength: Equatable, Sendable {
  /// Cut, or filled up with zeros at the end, to so many samples.
  case fixed(samples: Int)
  /// As it is; a batch is filled up to its longest.
  case natural(leastFrames: Int)
}

/// The report's systems that Undertone builds, by their names in checkpoints.
public enum Architecture: String, CaseIterable, Codable, Sendable {
  case cnnlstm, fcmfcc, cnnatt

  /// Its name in the report.
  public var title: String { rawValue.uppercased() }

  /// The feature that it reads.
  public var inputSpace: InputSpace { self == .cnnlstm ? .mel : .mfcc }

  public var clipLength: ClipLength {
    self == .cnnatt ? .natural(leastFrames: 4) : .fixed(samples: 80_000)  // 5 s
  }

  /// One line for a list.
  public var summary: String {
    switch self {
    case .cnnlstm: "five convolution blocks and an LSTM on the log-mel spectrogram of 5 s"
    case .fcmfcc: "three parallel paths and five convolution blocks on the MFCC of 5 s"
    case .cnnatt: "convolution blocks and attention over channels on the MFCC, any length"
    }
  }

  /// A network with new weights, drawn by PyTorch's default rules.
  public func makeNetwork(classes: Int, using generator: inout SeededGenerator) -> any EmotionModel {
    switch self {
    case .cnnlstm: CNNLSTM(classes: classes, using: &generator)
    case .fcmfcc: FCMFCC(classes: classes, using: &generator)
    case .cnnatt: CNNATT(classes: classes, using: &generator)
    }
  }
}
