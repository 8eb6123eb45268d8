import AudioFeatures
import Layers
import Tensors

/// M3 of the report: two parallel paths over the MFCC, four convolution blocks, attention over channels. Takes clips of
/// any length of at least four frames. 186,679 parameters.
public final class CNNATT: EmotionModel {
  public struct Configuration: NetworkConfiguration {
    /// Filters of each of the two paths, and of each block.
    public var pathFilters = 8
    public var widths = [32, 48, 64, 80]
    public var attended = 128
    public var heads = 3

    public var problem: String? {
      let sizes = [pathFilters, attended, heads] + widths
      return widths.count < 2 || widths.count > 64 || !sizes.allSatisfy((1...65_536).contains)
        ? "it needs 2 to 64 widths, and sizes from 1 to 65536" : nil
    }

    /// The first two blocks halve the rows.
    public func problem(on frontEnd: FrontEnd) -> String? {
      frontEnd.rowsOfMFCC >= 4
        ? nil : "its network halves the MFCC twice, and \(frontEnd.rowsOfMFCC) rows are under 4"
    }
  }

  public static let name = "cnnatt"
  public static let title = "CNNATT"
  public static let summary = "convolution blocks and attention over channels on the MFCC, any length"
  public static let inputs = [InputSpace.mfcc]
  public static let clipLength = ClipLength.natural(leastFrames: 4)
  public static let clipsAtOnce = 32
  public static let hasAttention = true
  public static let base = Configuration()
  public static let multiplyAdds: Double =
    convolutionMultiplyAdds([
      (1, 8, 33 + 27, 40, 313), (16, 32, 9, 40, 313), (32, 48, 9, 20, 156), (48, 64, 9, 10, 78), (64, 80, 9, 10, 78),
    ]) + 3 * 780 * (3 * 128 * 80 + 2 * 128 * 128)  // three heads over 780 positions
  public static let recipes = Recipe.ofTheReport(
    .adamw, parts: [Recipe.Part("", weightDecay: 1e-7)], schedule: .plateau(factor: 0.1, patience: 20), epochs: 200,
    batch: 32)

  private let paths: ConvolutionBlock
  private let blocks: [ConvolutionBlock]
  private let attention: ChannelAttention
  private let norm: LayerNormalization
  private let head: Linear
  public let parameters: [Parameter]

  public init(_ sizes: Configuration, outputs: Int, from source: ParameterSource) throws(ParameterError) {
    paths = try ConvolutionBlock(
      parallelKernels: [Kernel(11, 3), Kernel(3, 9)], filters: sizes.pathFilters, from: source.part("paths"))
    let widths = [2 * sizes.pathFilters] + sizes.widths
    let halved = BlockPooling.windows(Pooling(.average, rows: 2, columns: 2))
    blocks = try source.parts("blocks", count: sizes.widths.count).enumerated().map {
      (i, source) throws(ParameterError) in
      try ConvolutionBlock(
        from: widths[i], to: widths[i + 1], kernel: Kernel(3, 3), pooling: i < 2 ? halved : .none, from: source)
    }
    attention = try ChannelAttention(
      from: widths.last!, to: sizes.attended, heads: sizes.heads, from: source.part("attention"))
    norm = try LayerNormalization(shape: [sizes.attended], from: source.part("norm"))
    head = try Linear(from: sizes.attended, to: outputs, from: source.part("head"))
    parameters = source.taken
  }

  /// MFCC [batch, 1, rows, frames], at least 4 frames → logits [batch, outputs].
  public func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor {
    let maps = blocks(pass.observed(paths(input[.mfcc], pass), as: "paths", .map), name: "blocks", pass)
    return head(norm(attention(maps, pass), pass), pass)
  }
}
