/// A convolution whose weights stay, with the norm folded in: relu(w ∗ x + b), then pooling, as inference and
/// attributions run it. Keep it as long as the weights stay the same.
public final class FoldedConvolution {
  private let convolution: any Convolution
  /// The bias, filled up to whole blocks.
  private let bias: Tensor

  /// - Parameters:
  ///   - weights: [filters, channels, kernel rows, kernel columns]; several for parallel paths over one channel.
  ///   - bias: [filters of all paths].
  public init(weights: [Tensor], bias: Tensor, paddings: [Padding]) {
    convolution = makeConvolution(weights.map(\.detached), paddings)
    self.bias = bias.detached.paddedToBlocks()
  }

  /// pool(relu(w ∗ x + b)). Its gradient goes to `x` only: the weights are constants here.
  public func callAsFunction(_ x: Tensor, pooling: Pooling) -> Tensor {
    convolution.block(x, shift: bias, pooling: pooling)
  }

  /// ``callAsFunction(_:pooling:)`` made of single operations, slower and with more memory: for gradients by a
  /// ``BackwardRule``.
  public func stepByStep(_ x: Tensor, pooling: Pooling) -> Tensor {
    let filters = convolution.weights.reduce(0) { $0 + $1.shape[0] }
    let activated = convolution.applied(to: x, bias: bias.slice(axis: 0, 0..<filters)).relu()
    return pooling == .none ? activated : activated.pooled(pooling)
  }
}
