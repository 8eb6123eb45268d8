import Layers
import Tensors

/// Four convolution blocks on the log-mel, and attentive statistics pooling over time: small, for clips of any length, and
/// indifferent to their level. 100,439 parameters.
///
/// Of the log-mel the network reads what is above means: half of the clip's mean, which takes its level away, and half of each
/// band's mean over time, which takes the colour of voice and microphone away (Kim et al. 2022, arXiv:2206.12513, relaxed instance
/// frequency-wise normalization). Dividing by deviations too cost 0.03 of UAR (one seed), and made paths from silence jump at their
/// start, where nothing has a deviation.
///
/// It is the architecture of the built-in model, whose card has what it reaches on new speakers.
public final class CNNASP: EmotionModel {
  public struct Configuration: NetworkConfiguration {
    /// Filters of each block.
    public var widths = [16, 32, 48, 64]
    /// The mel bands and the frames that a block's pooling makes one.
    public var bandPools = [2, 2, 2, 2]
    public var framePools = [2, 2, 2, 1]
    /// The part of the bands' means in what is taken off the log-mel.
    public var bandShare: Float = 0.5
    /// Features of a step.
    public var features = 96
    /// Features of the attention's middle.
    public var attention = 32
    /// The dropout of the steps and before the head.
    public var dropout: Float = 0.3

    public var problem: String? {
      let sizes = [features, attention] + widths
      if widths.isEmpty || Set([widths.count, bandPools.count, framePools.count]).count > 1
        || !sizes.allSatisfy((1...65_536).contains)
      {
        return "it needs as many widths as pools, and sizes from 1 to 65536"
      }
      func product(_ pools: [Int]) -> Int { pools.reduce(1) { $0 > 128 ? $0 : $0 * max(0, min($1, 129)) } }
      if !(1...128).contains(product(bandPools)) { return "its pools have to divide 128 mel bands" }
      if !(1...16).contains(product(framePools)) { return "its pools may make at most 16 frames one" }
      if !(0...1).contains(bandShare) { return "its share of the bands' means is none from 0 to 1" }
      return (0..<1).contains(dropout) ? nil : "its dropout is no probability below 1"
    }
  }

  public static let name = "cnnasp"
  public static let title = "CNNASP"
  public static let summary = "convolution blocks and attentive statistics on the log-mel, any length and level"
  public static let inputs = [InputSpace.mel]
  public static let clipLength = ClipLength.natural(leastFrames: 16)
  public static let clipsAtOnce = 32
  public static let hasAttention = true
  public static let base = Configuration()
  public static let multiplyAdds: Double =
    convolutionMultiplyAdds([
      (1, 16, 9, 128, 313), (16, 32, 9, 64, 156), (32, 48, 9, 32, 78), (48, 64, 9, 16, 39),
    ]) + Double(39 * (512 * 96 + 96 * 32))
  public static let recipes = Recipe.ofTheReport(
    .adamw, parts: [Recipe.Part("", weightDecay: 1e-2)], schedule: .plateau(factor: 0.1, patience: 20), epochs: 100,
    batch: 16)

  private let blocks: [ConvolutionBlock]
  private let features: Linear
  private let pooling: AttentiveStatisticsPooling
  private let head: Linear
  private let bandShare, dropout: Float
  public let parameters: [Parameter]

  public init(_ sizes: Configuration, outputs: Int, from source: ParameterSource) throws(ParameterError) {
    let widths = [1] + sizes.widths
    blocks = try source.parts("blocks", count: sizes.widths.count).enumerated().map {
      (i, source) throws(ParameterError) in
      let pooling = Pooling(i == 0 ? .maximum : .average, rows: sizes.bandPools[i], columns: sizes.framePools[i])
      return try ConvolutionBlock(
        from: widths[i], to: widths[i + 1], kernel: Kernel(3, 3), pooling: .windows(pooling), from: source)
    }
    let bands = sizes.bandPools.reduce(128, /)
    features = try Linear(from: bands * widths.last!, to: sizes.features, from: source.part("features"))
    pooling = try AttentiveStatisticsPooling(
      from: sizes.features, attention: sizes.attention, from: source.part("pooling"))
    head = try Linear(from: 2 * sizes.features, to: outputs, from: source.part("head"))
    (bandShare, dropout) = (sizes.bandShare, sizes.dropout)
    parameters = source.taken
  }

  /// log-mel [batch, 1, 128, frames], at least 16 frames → logits [batch, outputs].
  public func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor {
    let maps = blocks(centred(input[.mel]), name: "blocks", pass)
    // [batch, channels, bands, steps] → [batch, steps, channels · bands].
    let columns = maps.reshaped([maps.shape[0], -1, maps.shape[3]]).transposed()
    let steps = pass.observed(features(columns, pass).relu(), as: "features", .steps).dropout(dropout, pass)
    return head(pooling(steps, pass).dropout(dropout, pass), pass)
  }

  /// A log-mel in dB as what is above the means, in units of 20 dB, about its deviation.
  private func centred(_ mel: Tensor) -> Tensor {
    let means = mel.mean(axes: [2, 3]) * (1 - bandShare) + mel.mean(axes: [3]) * bandShare
    return (mel - means).scaled(by: 1 / 20)
  }
}
