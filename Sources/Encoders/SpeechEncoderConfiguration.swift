import Basics

/// The sizes and switches of a speech encoder, under the keys that Hugging Face's `config.json` has for them.
public struct SpeechEncoderConfiguration: Codable, Equatable, Sendable {
  /// `model_type`: the families, which share almost everything.
  public enum Family: String, Codable, CaseIterable, Sendable {
    case hubert, wav2vec2
    case unispeechSAT = "unispeech-sat"
    case wavLM = "wavlm"
    case data2vec = "data2vec-audio"

    /// The name in texts.
    public var title: String {
      switch self {
      case .hubert: "HuBERT"
      case .wav2vec2: "wav2vec 2.0"
      case .unispeechSAT: "UniSpeech-SAT"
      case .wavLM: "WavLM"
      case .data2vec: "data2vec-audio"
      }
    }

    /// The start of the encoder's names in a checkpoint with a head: `hubert.encoder.…`.
    public var prefix: String { rawValue.replacing("-", with: "_") }
  }

  /// The norm of the waveform's convolutions.
  public enum ConvolutionNorm: String, Codable, Sendable {
    /// Of the first convolution only, each channel over all steps.
    case group
    /// Of each convolution, each step over all channels.
    case layer
  }

  /// An activation function, under transformers' name.
  public enum Activation: String, Codable, Sendable {
    case gelu, relu
  }

  public var family: Family
  public var hiddenSize = 768
  public var layerCount = 12
  public var headCount = 12
  public var intermediateSize = 3072
  public var activation = Activation.gelu
  public var normEpsilon: Float = 1e-5
  /// Whether norms stand before attention and feed-forward (`do_stable_layer_norm`), with one after the last layer.
  public var isPreNorm = false

  public var convolutionWidths = [Int](repeating: 512, count: 7)
  public var convolutionKernels = [10, 3, 3, 3, 3, 2, 2]
  public var convolutionStrides = [5, 2, 2, 2, 2, 2, 2]
  public var convolutionsHaveBias = false
  public var convolutionNorm = ConvolutionNorm.group
  public var convolutionActivation = Activation.gelu
  /// Whether the convolutions' output is normalised before it is projected; HuBERT only can leave it out.
  public var projectionHasNorm = true

  /// Taps of the convolution that gives positions; in data2vec-audio the number of such convolutions.
  public var positions = 128
  public var positionGroups = 16
  /// Whether the positions' convolution has a batch norm in front, instead of a weight norm; HuBERT only.
  public var positionsHaveBatchNorm = false
  /// Taps of each of data2vec-audio's convolutions.
  public var positionKernel = 19

  /// WavLM's buckets of distances, and the distance from which on all share one.
  public var bucketCount = 320
  public var largestDistance = 800

  // Only training depends on what follows.
  public var hiddenDropout: Float = 0.1
  public var attentionDropout: Float = 0.1
  public var activationDropout: Float = 0.1
  public var projectionDropout: Float = 0
  /// The probability that a layer is left out.
  public var layerDrop: Float = 0.1
  public var masking = Masking()

  /// SpecAugment of the projected features.
  public struct Masking: Equatable, Sendable {
    public var isApplied = true
    /// The share of steps that starts of masks cover on average, the length of each, and the least number of masks.
    public var timeShare: Float = 0.05
    public var timeLength = 10
    public var leastTimes = 2
    public var featureShare: Float = 0
    public var featureLength = 10
    public var leastFeatures = 0

    public init() {}
  }

  /// The sizes that transformers gives the family: those of its base model.
  public init(_ family: Family) {
    self.family = family
    if family == .data2vec { positions = 5 }
    normalizeForFamily()
  }

  enum CodingKeys: String, CodingKey {
    case family = "model_type"
    case hiddenSize = "hidden_size"
    case layerCount = "num_hidden_layers"
    case headCount = "num_attention_heads"
    case intermediateSize = "intermediate_size"
    case activation = "hidden_act"
    case normEpsilon = "layer_norm_eps"
    case isPreNorm = "do_stable_layer_norm"
    case convolutionWidths = "conv_dim"
    case convolutionKernels = "conv_kernel"
    case convolutionStrides = "conv_stride"
    case convolutionsHaveBias = "conv_bias"
    case convolutionNorm = "feat_extract_norm"
    case convolutionActivation = "feat_extract_activation"
    case projectionHasNorm = "feat_proj_layer_norm"
    case positions = "num_conv_pos_embeddings"
    case positionGroups = "num_conv_pos_embedding_groups"
    case positionsHaveBatchNorm = "conv_pos_batch_norm"
    case positionKernel = "conv_pos_kernel_size"
    case bucketCount = "num_buckets"
    case largestDistance = "max_bucket_distance"
    case hiddenDropout = "hidden_dropout"
    case attentionDropout = "attention_dropout"
    case activationDropout = "activation_dropout"
    case projectionDropout = "feat_proj_dropout"
    case layerDrop = "layerdrop"
    case masksSteps = "apply_spec_augment"
    case timeShare = "mask_time_prob"
    case timeLength = "mask_time_length"
    case leastTimes = "mask_time_min_masks"
    case featureShare = "mask_feature_prob"
    case featureLength = "mask_feature_length"
    case leastFeatures = "mask_feature_min_masks"
  }

  /// Keys that are absent have the values that transformers gives them for the family.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(try container.decode(Family.self, forKey: .family))
    try container.read(.hiddenSize, into: &hiddenSize)
    try container.read(.layerCount, into: &layerCount)
    try container.read(.headCount, into: &headCount)
    try container.read(.intermediateSize, into: &intermediateSize)
    try container.read(.activation, into: &activation)
    try container.read(.normEpsilon, into: &normEpsilon)
    try container.read(.isPreNorm, into: &isPreNorm)
    try container.read(.convolutionWidths, into: &convolutionWidths)
    try container.read(.convolutionKernels, into: &convolutionKernels)
    try container.read(.convolutionStrides, into: &convolutionStrides)
    try container.read(.convolutionsHaveBias, into: &convolutionsHaveBias)
    try container.read(.convolutionNorm, into: &convolutionNorm)
    try container.read(.convolutionActivation, into: &convolutionActivation)
    try container.read(.projectionHasNorm, into: &projectionHasNorm)
    try container.read(.positions, into: &positions)
    try container.read(.positionGroups, into: &positionGroups)
    try container.read(.positionsHaveBatchNorm, into: &positionsHaveBatchNorm)
    try container.read(.positionKernel, into: &positionKernel)
    try container.read(.bucketCount, into: &bucketCount)
    try container.read(.largestDistance, into: &largestDistance)
    try container.read(.hiddenDropout, into: &hiddenDropout)
    try container.read(.attentionDropout, into: &attentionDropout)
    try container.read(.activationDropout, into: &activationDropout)
    try container.read(.projectionDropout, into: &projectionDropout)
    try container.read(.layerDrop, into: &layerDrop)
    try container.read(.masksSteps, into: &masking.isApplied)
    try container.read(.timeShare, into: &masking.timeShare)
    try container.read(.timeLength, into: &masking.timeLength)
    try container.read(.leastTimes, into: &masking.leastTimes)
    try container.read(.featureShare, into: &masking.featureShare)
    try container.read(.featureLength, into: &masking.featureLength)
    try container.read(.leastFeatures, into: &masking.leastFeatures)
    normalizeForFamily()
  }

  /// Switches that a family's code does not read keep the values that its code implies.
  private mutating func normalizeForFamily() {
    if family != .hubert { (projectionHasNorm, positionsHaveBatchNorm) = (true, false) }
    if family == .data2vec { (convolutionNorm, isPreNorm) = (.layer, false) }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(family, forKey: .family)
    try container.encode(hiddenSize, forKey: .hiddenSize)
    try container.encode(layerCount, forKey: .layerCount)
    try container.encode(headCount, forKey: .headCount)
    try container.encode(intermediateSize, forKey: .intermediateSize)
    try container.encode(activation, forKey: .activation)
    try container.encode(normEpsilon, forKey: .normEpsilon)
    try container.encode(isPreNorm, forKey: .isPreNorm)
    try container.encode(convolutionWidths, forKey: .convolutionWidths)
    try container.encode(convolutionKernels, forKey: .convolutionKernels)
    try container.encode(convolutionStrides, forKey: .convolutionStrides)
    try container.encode(convolutionsHaveBias, forKey: .convolutionsHaveBias)
    try container.encode(convolutionNorm, forKey: .convolutionNorm)
    try container.encode(convolutionActivation, forKey: .convolutionActivation)
    if family == .hubert {
      try container.encode(projectionHasNorm, forKey: .projectionHasNorm)
      try container.encode(positionsHaveBatchNorm, forKey: .positionsHaveBatchNorm)
    }
    try container.encode(positions, forKey: .positions)
    try container.encode(positionGroups, forKey: .positionGroups)
    if family == .data2vec { try container.encode(positionKernel, forKey: .positionKernel) }
    if family == .wavLM {
      try container.encode(bucketCount, forKey: .bucketCount)
      try container.encode(largestDistance, forKey: .largestDistance)
    }
    try container.encode(hiddenDropout, forKey: .hiddenDropout)
    try container.encode(attentionDropout, forKey: .attentionDropout)
    try container.encode(activationDropout, forKey: .activationDropout)
    try container.encode(projectionDropout, forKey: .projectionDropout)
    try container.encode(layerDrop, forKey: .layerDrop)
    try container.encode(masking.isApplied, forKey: .masksSteps)
    try container.encode(masking.timeShare, forKey: .timeShare)
    try container.encode(masking.timeLength, forKey: .timeLength)
    try container.encode(masking.leastTimes, forKey: .leastTimes)
    try container.encode(masking.featureShare, forKey: .featureShare)
    try container.encode(masking.featureLength, forKey: .featureLength)
    try container.encode(masking.leastFeatures, forKey: .leastFeatures)
  }

  /// The reason why no encoder can have these sizes; nil where one can.
  public var problem: String? {
    let sizes = [hiddenSize, headCount, intermediateSize, positions, positionGroups, bucketCount, largestDistance]
    let lists = [convolutionWidths, convolutionKernels, convolutionStrides]
    guard (sizes + lists.joined()).allSatisfy((1...65_536).contains), (1...256).contains(layerCount) else {
      return "an encoder's sizes lie between 1 and 65536, and it has 1 to 256 layers"
    }
    guard Set(lists.map(\.count)).count == 1, (1...32).contains(convolutionWidths.count) else {
      return "conv_dim, conv_kernel and conv_stride are not lists of one length"
    }
    guard hiddenSize % headCount == 0 else {
      return "hidden_size \(hiddenSize) is no multiple of num_attention_heads \(headCount)"
    }
    guard hiddenSize % positionGroups == 0 else {
      return "hidden_size \(hiddenSize) is no multiple of num_conv_pos_embedding_groups \(positionGroups)"
    }
    guard convolutionStrides.reduce(1, { min($0 * $1, 1 << 24) }) < 1 << 24 else { return "conv_stride is too long" }
    if family == .wavLM, bucketCount < 4 || bucketCount % 4 != 0 || largestDistance <= bucketCount / 4 {
      return "num_buckets \(bucketCount) and max_bucket_distance \(largestDistance) make no buckets"
    }
    if family == .data2vec, !(1...1024).contains(positionKernel) || positions > 64 {
      return "conv_pos_kernel_size lies between 1 and 1024, and there are at most 64 such convolutions"
    }
    let dropouts = [hiddenDropout, attentionDropout, activationDropout, projectionDropout, layerDrop]
    guard dropouts.allSatisfy({ 0 <= $0 && $0 < 1 }) else { return "a dropout is no probability below 1" }
    guard normEpsilon > 0 else { return "layer_norm_eps is not above 0" }
    guard [masking.timeShare, masking.featureShare].allSatisfy({ 0 <= $0 && $0 <= 1 }),
      [masking.timeLength, masking.featureLength].allSatisfy((1...65_536).contains),
      [masking.leastTimes, masking.leastFeatures].allSatisfy((0...65_536).contains)
    else { return "mask_time and mask_feature are no shares, lengths and counts of masks" }
    return nil
  }

  // MARK: Times

  /// Steps of the convolutions' output for so many samples; 0 where these are too few.
  public func steps(samples: Int) -> Int {
    zip(convolutionKernels, convolutionStrides).reduce(samples) { length, layer in
      length < layer.0 ? 0 : (length - layer.0) / layer.1 + 1
    }
  }

  /// Samples from one step to the next: 320, which at 16 kHz is 20 ms.
  public var hopSamples: Int { convolutionStrides.reduce(1, *) }

  /// Samples that one step reads: 400.
  public var windowSamples: Int {
    zip(convolutionKernels, convolutionStrides).reversed().reduce(1) { ($0 - 1) * $1.1 + $1.0 }
  }
}
