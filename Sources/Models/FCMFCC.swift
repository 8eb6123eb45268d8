import Basics
import Layers
import Tensors

/// M2 of the report: three parallel paths over the MFCC (along both axes, along the coefficients, along time), then five
/// convolution blocks. 872,071 parameters.
public final class FCMFCC: EmotionModel {
  private let paths: ConvolutionBlock
  private let blocks: LayerList<ConvolutionBlock>
  private let head: Linear

  public init(classes: Int, using generator: inout SeededGenerator) {
    func average(_ rows: Int, _ columns: Int) -> BlockPooling {
      .windows(Pooling(.average, rows: rows, columns: columns))
    }
    paths = ConvolutionBlock(
      parallelKernels: [Kernel(3, 3), Kernel(9, 1), Kernel(1, 11)], filters: 32, pooling: average(2, 2),
      using: &generator)
    let widths = [96, 64, 96, 128, 160, 320]
    let pools = [average(2, 2), average(2, 2), average(2, 1), average(2, 1), .global]
    blocks = LayerList(
      pools.indices.map { i in
        ConvolutionBlock(
          from: widths[i], to: widths[i + 1], kernel: Kernel(3, 3), pooling: pools[i], using: &generator)
      })
    head = Linear(from: 320, to: classes, using: &generator)
  }

  public var members: [Member] { [.layer("paths", paths), .layer("blocks", blocks), .layer("head", head)] }

  /// MFCC [batch, 1, 40, 313] → logits [batch, classes].
  public func callAsFunction(_ mfcc: Tensor, _ pass: ForwardPass) -> Tensor {
    let features = blocks(pass.output(of: "paths", paths(mfcc, pass)), name: "blocks", pass)  // [batch, 320, 1, 1]
    return head(features.flattened(from: 1).dropout(0.3, pass), pass)
  }
}
