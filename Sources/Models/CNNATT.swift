import Basics
import Layers
import Tensors

/// M3 of the report: two parallel paths over the MFCC, four convolution blocks, attention over channels. Takes clips of
/// any length of at least four frames. 186,679 parameters.
public final class CNNATT: EmotionModel {
  private let paths: ConvolutionBlock
  private let blocks: LayerList<ConvolutionBlock>
  private let attention: ChannelAttention
  private let norm: LayerNormalization
  private let head: Linear

  public init(classes: Int, using generator: inout SeededGenerator) {
    paths = ConvolutionBlock(parallelKernels: [Kernel(11, 3), Kernel(3, 9)], filters: 8, using: &generator)
    let widths = [16, 32, 48, 64, 80]
    let halved = BlockPooling.windows(Pooling(.average, rows: 2, columns: 2))
    let pools: [BlockPooling] = [halved, halved, .none, .none]
    blocks = LayerList(
      pools.indices.map { i in
        ConvolutionBlock(
          from: widths[i], to: widths[i + 1], kernel: Kernel(3, 3), pooling: pools[i], using: &generator)
      })
    attention = ChannelAttention(from: 80, to: 128, heads: 3, using: &generator)
    norm = LayerNormalization(shape: [128])
    head = Linear(from: 128, to: classes, using: &generator)
  }

  public var members: [Member] {
    [
      .layer("paths", paths), .layer("blocks", blocks), .layer("attention", attention), .layer("norm", norm),
      .layer("head", head),
    ]
  }

  /// MFCC [batch, 1, 40, frames], at least 4 frames → logits [batch, classes].
  public func callAsFunction(_ mfcc: Tensor, _ pass: ForwardPass) -> Tensor {
    let features = blocks(pass.output(of: "paths", paths(mfcc, pass)), name: "blocks", pass).flattened(from: 2)
    return head(norm(attention(features, pass), pass), pass)
  }
}
