import Basics
import Tensors

/// What happens to a waveform before an encoder reads it: `preprocessor_config.json` of a downloaded folder.
public struct WaveformPreprocessing: Codable, Equatable, Sendable {
  /// Whether each clip is shifted and scaled to mean 0 and variance 1 over its own samples.
  public var normalizes = false
  /// What is added to the variance: 1e-7 in transformers.
  public var epsilon: Float = 1e-7

  public init(normalizes: Bool = false) { self.normalizes = normalizes }

  enum CodingKeys: String, CodingKey {
    case normalizes = "do_normalize"
    case epsilon
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    normalizes = try container.decodeIfPresent(Bool.self, forKey: .normalizes) ?? false
    epsilon = try container.decodeIfPresent(Float.self, forKey: .epsilon) ?? 1e-7
  }

  /// Waveforms [batch, samples] as the encoder reads them; what fills a shorter clip up stays zero. Gradients pass through
  /// the mean and the variance.
  /// - Parameters:
  ///   - lengths: Samples of each clip; nil where nothing is filled up.
  ///   - scale: The mean and the variance that all clips are normalised by, which are constants then; nil where each has
  ///     its own.
  func callAsFunction(_ waveform: Tensor, lengths: [Int]?, scale: WaveformScale? = nil) -> Tensor {
    guard normalizes else { return waveform }
    func normalized(_ own: Tensor) -> Tensor {
      guard let scale else { return own.standardized(epsilon: epsilon) }
      let factor = 1 / (scale.variance + Double(epsilon)).squareRoot()
      return own.scaled(by: Float(factor), plus: Float(-scale.mean * factor))
    }
    guard let lengths else { return normalized(waveform) }
    let samples = waveform.shape[1]
    return .concatenated(
      lengths.enumerated().map { clip, length in
        let own = normalized(waveform.slice(axis: 0, clip..<(clip + 1)).slice(axis: 1, 0..<length))
        return length == samples ? own : .concatenated([own, .zeros([1, samples - length])], axis: 1)
      }, axis: 0)
  }
}

/// The configuration of a network with a preprocessed waveform.
private protocol PreprocessesWaveform {
  var preprocessing: WaveformPreprocessing { get }
}

extension SpeechClassifier.Configuration: PreprocessesWaveform {}
extension HUBERTFT.Configuration: PreprocessesWaveform {}

extension TrainedModel {
  /// Whether the model shifts and scales each clip to mean 0 and variance 1 before it reads it.
  public var normalizesWaveform: Bool {
    (configuration.network as? any PreprocessesWaveform)?.preprocessing.normalizes ?? false
  }
}
