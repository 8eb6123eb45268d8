import Basics

/// The sizes of a ``ConvNeXt``, under the keys that Hugging Face's `config.json` has for them.
public struct ConvNeXtConfiguration: Codable, Equatable, Sendable {
  /// Channels of each stage.
  public var widths: [Int]
  /// Blocks of each stage.
  public var depths: [Int]
  /// The side, in pixels, of the patches that the first convolution reads, one beside the other.
  public var patch = 4
  /// Channels of the input.
  public var channels = 3
  /// What the last norm, that of the pooled output, adds to a variance; all others add 1e-6.
  public var normEpsilon: Float = 1e-12
  /// What a block's output is first multiplied by; 0 for blocks without such factors.
  public var firstScale: Float = 1e-6
  public var activation = SpeechEncoderConfiguration.Activation.gelu

  public init(widths: [Int], depths: [Int]) { (self.widths, self.depths) = (widths, depths) }

  /// The sizes of `facebook/convnext-tiny-224`, and of the larger ones (Liu et al. 2022, section 3.1).
  public static let tiny = ConvNeXtConfiguration(widths: [96, 192, 384, 768], depths: [3, 3, 9, 3])
  public static let small = ConvNeXtConfiguration(widths: [96, 192, 384, 768], depths: [3, 3, 27, 3])
  public static let base = ConvNeXtConfiguration(widths: [128, 256, 512, 1024], depths: [3, 3, 27, 3])
  public static let large = ConvNeXtConfiguration(widths: [192, 384, 768, 1536], depths: [3, 3, 27, 3])

  enum CodingKeys: String, CodingKey {
    case depths
    case widths = "hidden_sizes"
    case patch = "patch_size"
    case channels = "num_channels"
    case normEpsilon = "layer_norm_eps"
    case firstScale = "layer_scale_init_value"
    case activation = "hidden_act"
  }

  /// Keys that are absent have the values that transformers gives them.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self = .tiny
    try container.read(.widths, into: &widths)
    try container.read(.depths, into: &depths)
    try container.read(.patch, into: &patch)
    try container.read(.channels, into: &channels)
    try container.read(.normEpsilon, into: &normEpsilon)
    try container.read(.firstScale, into: &firstScale)
    try container.read(.activation, into: &activation)
  }

  /// The reason why no network can have these sizes; nil where one can.
  public var problem: String? {
    guard widths.count == depths.count, (1...16).contains(widths.count) else {
      return "hidden_sizes and depths are not lists of one length"
    }
    guard (widths + [channels]).allSatisfy((1...65_536).contains), (1...256).contains(patch) else {
      return "hidden_sizes and num_channels lie between 1 and 65536, patch_size between 1 and 256"
    }
    guard depths.allSatisfy((1...256).contains) else { return "depths lie between 1 and 256" }
    return normEpsilon > 0 ? nil : "layer_norm_eps is not positive"
  }

  /// Pixels from one position of the last stage to the next.
  public var stride: Int { widths.dropFirst().reduce(patch) { stride, _ in min(stride * 2, 1 << 32) } }

  /// Positions of the last stage over so many rows or columns: what does not fill a patch, or a pair, is left out.
  public func positions(_ pixels: Int) -> Int { widths.dropFirst().reduce(pixels / patch) { count, _ in count / 2 } }

  /// Multiply-adds of a forward pass over an image.
  public func multiplyAdds(rows: Int, columns: Int) -> Double {
    var (rows, columns, total) = (rows / patch, columns / patch, 0)
    for (stage, width) in widths.enumerated() {
      let inputs = stage == 0 ? channels * patch * patch : 4 * widths[stage - 1]
      if stage > 0 { (rows, columns) = (rows / 2, columns / 2) }
      total += rows * columns * width * (inputs + depths[stage] * (49 + 8 * width))
    }
    return Double(total)
  }
}
