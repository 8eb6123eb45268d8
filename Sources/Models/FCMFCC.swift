import AudioFeatures
import Layers
import Tensors

/// M2 of the report: three parallel paths over the MFCC (along both axes, along the coefficients, along time), then five
/// convolution blocks. 872,071 parameters.
public final class FCMFCC: EmotionModel {
  public struct Configuration: NetworkConfiguration {
    /// Filters of each of the three paths, and of each block.
    public var pathFilters = 32
    public var widths = [64, 96, 128, 160, 320]
    public var dropout: Float = 0.3

    public var problem: String? {
      if !(3...6).contains(widths.count) || !([pathFilters] + widths).allSatisfy((1...65_536).contains) {
        return "it needs 3 to 6 widths, and sizes from 1 to 65536"
      }
      return (0..<1).contains(dropout) ? nil : "its dropout is no probability below 1"
    }

    /// The paths and every block but the last halve the rows.
    public func problem(on frontEnd: FrontEnd) -> String? {
      let least = 1 << widths.count
      return frontEnd.rowsOfMFCC >= least
        ? nil : "its network halves the MFCC \(widths.count) times, and \(frontEnd.rowsOfMFCC) rows are under \(least)"
    }
  }

  public static let name = "fcmfcc"
  public static let title = "FCMFCC"
  public static let summary = "three parallel paths and five convolution blocks on the MFCC of 5 s"
  public static let inputs = [InputSpace.mfcc]
  public static let clipLength = ClipLength.fixed(seconds: 5)
  public static let clipsAtOnce = 32
  public static let base = Configuration()
  public static let multiplyAdds: Double = convolutionMultiplyAdds([
    (1, 32, 9 + 9 + 11, 40, 313), (96, 64, 9, 20, 156), (64, 96, 9, 10, 78), (96, 128, 9, 5, 39),
    (128, 160, 9, 2, 39), (160, 320, 9, 1, 39),
  ])
  public static let recipes = Recipe.ofTheReport(
    .adamw, parts: [Recipe.Part("blocks.", weightDecay: 1e-6)], schedule: .plateau(factor: 0.1, patience: 10),
    epochs: 150,
    batch: 64)

  private let paths: ConvolutionBlock
  private let blocks: [ConvolutionBlock]
  private let head: Linear
  private let dropout: Float
  public let parameters: [Parameter]

  public init(_ sizes: Configuration, outputs: Int, from source: ParameterSource) throws(ParameterError) {
    func average(_ rows: Int, _ columns: Int) -> BlockPooling {
      .windows(Pooling(.average, rows: rows, columns: columns))
    }
    paths = try ConvolutionBlock(
      parallelKernels: [Kernel(3, 3), Kernel(9, 1), Kernel(1, 11)], filters: sizes.pathFilters,
      pooling: average(2, 2), from: source.part("paths"))
    let widths = [3 * sizes.pathFilters] + sizes.widths
    // The last block ends in one average over all, those before it halve the coefficients, the first two the frames too.
    blocks = try source.parts("blocks", count: sizes.widths.count).enumerated().map {
      (i, source) throws(ParameterError) in
      let pooling = i == sizes.widths.count - 1 ? BlockPooling.global : average(2, i < 2 ? 2 : 1)
      return try ConvolutionBlock(
        from: widths[i], to: widths[i + 1], kernel: Kernel(3, 3), pooling: pooling, from: source)
    }
    head = try Linear(from: widths.last!, to: outputs, from: source.part("head"))
    dropout = sizes.dropout
    parameters = source.taken
  }

  /// MFCC [batch, 1, rows, frames] → logits [batch, outputs].
  public func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor {
    let maps = blocks(pass.observed(paths(input[.mfcc], pass), as: "paths", .map), name: "blocks", pass)
    return head(maps.flattened(from: 1).dropout(dropout, pass), pass)  // maps [batch, 320, 1, 1]
  }
}
