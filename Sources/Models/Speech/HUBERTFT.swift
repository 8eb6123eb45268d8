import Encoders
import Layers
import Tensors

/// M4 of the report: HuBERT, fine-tuned; the mean over a clip's steps and a linear map. With the large encoder 315.4
/// million parameters; the base one works in its place.
public final class HUBERTFT: EncodingModel {
  public struct Configuration: NetworkConfiguration {
    public var encoder: SpeechEncoderConfiguration
    public var preprocessing: WaveformPreprocessing

    public init(
      _ encoder: SpeechEncoderConfiguration = .hubertLarge,
      preprocessing: WaveformPreprocessing = WaveformPreprocessing(normalizes: true)
    ) {
      (self.encoder, self.preprocessing) = (encoder, preprocessing)
    }

    enum CodingKeys: String, CodingKey { case encoder, preprocessing }

    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      encoder = try container.decode(SpeechEncoderConfiguration.self, forKey: .encoder)
      preprocessing =
        try container.decodeIfPresent(WaveformPreprocessing.self, forKey: .preprocessing) ?? WaveformPreprocessing()
    }

    public var problem: String? { encoder.problem }
  }

  public static let name = "hubertft"
  public static let title = "HUBERTFT"
  public static let summary = "HuBERT on the waveform, fine-tuned, at most 4.5 s"
  public static let inputs = [InputSpace.waveform]
  public static let clipLength = ClipLength.natural(leastFrames: 4, mostSamples: 72_000)
  public static let hasAttention = true
  public static let clipsAtOnce = 4
  public static let multiplyAdds = SpeechEncoderConfiguration.hubertLarge.multiplyAdds(samples: 80_000)
  public static let base = Configuration()
  /// Table 3. The convolutions and the projection are frozen, the rest of the encoder learns at a tenth of the rate; the
  /// published code's rates, ten times as high, are no recipe here.
  public static let recipes: [Recipe.Name: Recipe] = [
    .report: Recipe(
      name: Recipe.Name.report.rawValue, optimizer: .adam, rate: 1e-4,
      parts: [("hubert.feature_extractor.", 0), ("hubert.feature_projection.", 0), ("hubert.", 0.1)].map {
        Recipe.Part($0.0, rateFactor: $0.1, weightDecay: 0)
      }, schedule: .plateau(factor: 0.1, patience: 3), epochs: 30, batch: 16)
  ]

  public static let pretrainedParts = [PretrainedPart.encoder]

  public static func configuration(around parts: Pretrained) -> Configuration {
    parts.encoder.map { Configuration($0.configuration, preprocessing: parts.preprocessing) } ?? base
  }

  public let encoder: PreparedEncoder
  private let head: Linear
  public let parameters: [Parameter]

  public init(_ sizes: Configuration, outputs: Int, from source: ParameterSource) throws(ParameterError) {
    encoder = try PreparedEncoder(sizes.encoder, sizes.preprocessing, from: source.part("hubert"))
    head = try Linear(from: sizes.encoder.hiddenSize, to: outputs, from: source.part("head"))
    parameters = source.taken
  }

  public var readsMeansOnly: Bool { true }

  public var reasonForWholeBatches: String? { encoder.reasonForWholeBatches }

  /// Waveforms [batch, samples] → logits [batch, outputs].
  public func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor {
    let pooled = encoder(input, pass).map { $0.last.meanOverSteps($0.mask) }
    return head(pooled.count == 1 ? pooled[0] : .concatenated(pooled, axis: 0), pass)
  }
}

extension SpeechEncoderConfiguration {
  /// The sizes of `facebook/hubert-large-ll60k`.
  public static var hubertLarge: SpeechEncoderConfiguration {
    var sizes = SpeechEncoderConfiguration(.hubert)
    (sizes.hiddenSize, sizes.layerCount, sizes.headCount, sizes.intermediateSize) = (1024, 24, 16, 4096)
    (sizes.convolutionsHaveBias, sizes.convolutionNorm, sizes.isPreNorm) = (true, .layer, true)
    return sizes
  }
}
