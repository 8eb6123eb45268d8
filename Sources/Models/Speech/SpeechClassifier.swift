import Encoders
import Layers
import Tensors

/// An encoder of speech with a head that published checkpoints have: what a folder with HuBERT, wav2vec 2.0, UniSpeech-SAT,
/// WavLM or data2vec-audio becomes. Parameters keep the names of the checkpoint.
public final class SpeechClassifier: EncodingModel {
  public struct Configuration: NetworkConfiguration {
    public var encoder: SpeechEncoderConfiguration
    public var head: SpeechHead
    public var preprocessing: WaveformPreprocessing

    public init(
      _ encoder: SpeechEncoderConfiguration = .init(.hubert), head: SpeechHead = SpeechHead(.projected, width: 256),
      preprocessing: WaveformPreprocessing = WaveformPreprocessing()
    ) {
      (self.encoder, self.head, self.preprocessing) = (encoder, head, preprocessing)
    }

    public var problem: String? { encoder.problem ?? head.problem }
  }

  public static let name = "probe"
  public static let title = "Probe"
  public static let summary =
    "a head on an encoder of speech that is left as it is (HuBERT, wav2vec 2.0, WavLM …), any length"
  public static let inputs = [InputSpace.waveform]
  public static let clipLength = ClipLength.natural(leastFrames: 4)
  public static let hasAttention = true
  public static let clipsAtOnce = 4
  public static let multiplyAdds = SpeechEncoderConfiguration(.hubert).multiplyAdds(samples: 80_000)
  public static let base = Configuration()
  /// A head's own. Layers of the encoder, where any learn, do so at a tenth of its rate.
  public static let recipes: [Recipe.Name: Recipe] = [
    .report: Recipe(
      name: Recipe.Name.report.rawValue, optimizer: .adam, rate: 1e-3,
      parts: SpeechEncoderConfiguration.Family.allCases.map {
        Recipe.Part($0.prefix + ".", rateFactor: 0.1, weightDecay: 0)
      }, schedule: .plateau(factor: 0.1, patience: 10), epochs: 100, batch: 32)
  ]
  /// Nothing of the encoder learns, so that epochs take no time.
  public static let trainedLayers: Int? = 0
  public static let pretrainedParts = [PretrainedPart.encoder]

  public static func configuration(around parts: Pretrained) -> Configuration {
    guard let encoder = parts.encoder else { return base }
    return Configuration(
      encoder.configuration, head: SpeechHead(.linear, usesAllStates: true), preprocessing: parts.preprocessing)
  }

  public static func arrays(of parts: Pretrained) -> [ParameterSource.Pretrained] {
    [parts.encoder.flatMap { $0.arrays(prefix: $0.configuration.family.prefix + ".") }].compactMap(\.self)
  }

  public var title: String { encoderConfiguration.family.title }

  public let encoder: PreparedEncoder
  private let head: SpeechHeadLayers
  public let parameters: [Parameter]

  public init(_ sizes: Configuration, outputs: Int, from source: ParameterSource) throws(ParameterError) {
    encoder = try PreparedEncoder(
      sizes.encoder, sizes.preprocessing, from: source.part(sizes.encoder.family.prefix))
    head = try SpeechHeadLayers(
      sizes.head, states: sizes.encoder.layerCount + 1, features: sizes.encoder.hiddenSize, outputs: outputs,
      from: source)
    parameters = source.taken
  }

  public var readsMeansOnly: Bool { head.readsMeansOnly }

  public var reasonForWholeBatches: String? { encoder.reasonForWholeBatches }

  /// The encoder's states, for groups of clips; see ``PreparedEncoder``.
  func states(_ input: NetworkInput, _ pass: ForwardPass) -> [SpeechEncoder.States] { encoder(input, pass) }

  /// Waveforms [batch, samples] → logits [batch, outputs].
  public func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor {
    let logits = states(input, pass).map { head($0, pass) }
    return logits.count == 1 ? logits[0] : .concatenated(logits, axis: 0)
  }
}

extension SpeechEncoderConfiguration {
  /// Multiply-adds of a forward pass over so many samples.
  public func multiplyAdds(samples: Int) -> Double {
    var (total, steps, width) = (0, samples, 1)
    for (i, filters) in convolutionWidths.enumerated() {
      steps = (steps - convolutionKernels[i]) / convolutionStrides[i] + 1
      total += steps * width * filters * convolutionKernels[i]
      width = filters
    }
    let perLayer = 4 * hiddenSize * hiddenSize + 2 * hiddenSize * intermediateSize + 2 * steps * hiddenSize
    let positions = hiddenSize * hiddenSize / positionGroups * positions
    return Double(total + steps * (width * hiddenSize + positions + layerCount * perLayer))
  }
}
