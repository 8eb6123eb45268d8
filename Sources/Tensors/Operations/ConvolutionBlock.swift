import Kernels

/// How a block ends: windows side by side, without padding; what they do not cover is left out.
public struct Pooling: Hashable, Sendable {
  public enum Kind: Sendable { case maximum, average }
  public var kind: Kind
  public var rows, columns: Int

  public init(_ kind: Kind, rows: Int, columns: Int) {
    (self.kind, self.rows, self.columns) = (kind, rows, columns)
  }

  public static let none = Pooling(.average, rows: 1, columns: 1)

  /// Whether the gradient of a window goes to one of its places.
  public var choosesOne: Bool { kind == .maximum && rows * columns > 1 }

  func outputShape(_ x: [Int]) -> [Int] {
    precondition(
      rows <= x[2] && columns <= x[3],
      "an image of \(x[2])×\(x[3]) is smaller than a window of \(rows)×\(columns)")
    return [x[0], x[1], x[2] / rows, x[3] / columns]
  }

  func kernelShape(_ x: [Int]) -> kernel_pooling {
    kernel_pooling(
      batch: x[0], blocks: Tensor.blocks(x[1]), rows: x[2], columns: x[3], block: Int32(Layout.block),
      window_rows: Int32(rows), window_columns: Int32(columns), maximum: kind == .maximum ? 1 : 0)
  }
}

/// A convolution whose weights stay, with the norm folded in: relu(w ∗ x + b), then pooling, as inference and
/// attributions run it. Keep it as long as the weights stay the same.
public final class FoldedConvolution {
  private let convolution: any Convolution
  private let bias: Tensor

  /// - Parameters:
  ///   - weights: [filters, channels, kernel rows, kernel columns]; several for parallel paths over one channel.
  ///   - bias: [filters of all paths].
  public init(weights: [Tensor], bias: Tensor, paddings: [Padding]) {
    convolution = makeConvolution(weights.map(\.detached), paddings)
    self.bias = bias.detached.rowMajor
  }

  /// pool(relu(w ∗ x + b)). Its gradient goes to `x` only: the weights are constants here.
  public func callAsFunction(_ x: Tensor, pooling: Pooling) -> Tensor {
    let shape = x.shape
    let y = convolution.forward(
      x.detached, bias: bias, relu: true, keepsTies: x.isRecorded && pooling.choosesOne)
    guard pooling != .none || x.isRecorded else { return y }
    // The ReLU is done; done again with scale 1 and shift 0 it changes nothing, and its gradient is the right one.
    let ones = Tensor.ones([Tensor.blocks(y.shape[1]) * Layout.block])
    let zeros = Tensor.zeros(ones.shape)
    let z = pooling == .none ? y : activatedPool(y, scale: ones, shift: zeros, pooling)
    return z.recorded(from: [x]) { [convolution] dz, _ in
      let dy = activatedPoolGradient(
        y, scale: ones, shift: zeros, dz, factors: (ones, zeros, zeros), pooling)
      return [convolution.inputGradient(dy, shape: shape)]
    }
  }
}

extension Tensor {
  /// pool(relu(γ (x − μ)/√(σ² + ε) + β)) of [batch, channels, rows, columns], with the batch's own mean and biased
  /// variance per channel (Ioffe and Szegedy 2015, alg. 1); returns them beside the result.
  ///
  /// Only `self` and the result are kept in memory: the gradient computes norm and mask again from them.
  public func normalizedActivatedPooled(
    scale gamma: Tensor, shift beta: Tensor, epsilon: Float, pooling: Pooling
  ) -> (result: Tensor, mean: Tensor, variance: Tensor) {
    let y = blocked.detached
    let channels = shape[1]
    precondition(gamma.shape == [channels] && beta.shape == [channels], "scale or shift do not fit \(shape)")
    let padded = [Self.blocks(channels) * Layout.block]
    var sizes = Pooling.none.kernelShape(shape)
    let (mean, variance) = (Tensor.zeros(padded), Tensor.zeros(padded))
    kernel_channel_statistics(y.storage.pointer, mean.storage.pointer, variance.storage.pointer, &sizes)
    let inverseDeviation = (variance + epsilon).squareRoot().reciprocal()
    let scale = gamma.detached.paddedToBlocks() * inverseDeviation
    let shift = beta.detached.paddedToBlocks() - mean * scale
    let positions = Float(shape[0] * shape[2] * shape[3])

    let result = activatedPool(y, scale: scale, shift: shift, pooling)
      .recorded(from: [self, gamma, beta]) { dz, wanted in
        let dz = dz.blocked
        var sizes = pooling.kernelShape(y.shape)
        let (sum, product) = (Tensor.zeros(padded), Tensor.zeros(padded))
        kernel_activate_pool_sums(
          y.storage.pointer, scale.storage.pointer, shift.storage.pointer, dz.storage.pointer,
          sum.storage.pointer,
          product.storage.pointer, &sizes)
        // With x̂ the normalised value and g the gradient at γ x̂ + β: dβ = Σ g, dγ = Σ g x̂,
        // dy = γ/σ (g − dβ/n − x̂ dγ/n), written as a·g + b·y + c.
        let dGamma = (product - mean * sum) * inverseDeviation
        let b = -(scale * inverseDeviation * dGamma) / positions
        let c = -(scale * sum) / positions - b * mean
        let dx =
          wanted[0]
          ? activatedPoolGradient(y, scale: scale, shift: shift, dz, factors: (scale, b, c), pooling) : nil
        return [
          dx, dGamma.slice(axis: 0, 0..<channels), sum.slice(axis: 0, 0..<channels),
        ]
      }
    return (result, mean.slice(axis: 0, 0..<channels), variance.slice(axis: 0, 0..<channels))
  }
}

/// pool(relu(scale · y + shift)) of a blocked `y`; scale and shift filled up to whole blocks.
private func activatedPool(_ y: Tensor, scale: Tensor, shift: Tensor, _ pooling: Pooling) -> Tensor {
  Tensor(pooling.outputShape(y.shape), layout: .blocked) { out in
    var sizes = pooling.kernelShape(y.shape)
    kernel_activate_pool(y.storage.pointer, scale.storage.pointer, shift.storage.pointer, out, &sizes)
  }
}

/// a·g + b·y + c, with g the gradient of ``activatedPool(_:scale:shift:_:)`` at scale · y + shift.
private func activatedPoolGradient(
  _ y: Tensor, scale: Tensor, shift: Tensor, _ dz: Tensor, factors: (a: Tensor, b: Tensor, c: Tensor),
  _ pooling: Pooling
) -> Tensor {
  let dz = dz.blocked
  return Tensor(y.shape, layout: .blocked) { out in
    var sizes = pooling.kernelShape(y.shape)
    kernel_activate_pool_gradient(
      y.storage.pointer, scale.storage.pointer, shift.storage.pointer, dz.storage.pointer,
      factors.a.storage.pointer, factors.b.storage.pointer, factors.c.storage.pointer, out, &sizes)
  }
}
