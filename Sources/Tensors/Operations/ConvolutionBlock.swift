import Basics
import Kernels

extension OperationKind {
  /// A fused block, whose single operations are not recorded.
  static var block: OperationKind { .derivativeOnly(reason: "a block in one step; run it step by step") }
}

/// The gradient at y of a block is a·g + b·y + c with g the gradient at scale · y + shift; a, b and c per channel, filled
/// up to whole blocks.
struct GradientFactors {
  let a, b, c: Tensor

  /// The gradient as it is, for channels of `shape`.
  static func identity(_ shape: [Int]) -> GradientFactors {
    GradientFactors(a: .ones(shape), b: .zeros(shape), c: .zeros(shape))
  }
}

/// A batch's norm γ (y − μ)/√(σ² + ε) + β as scale · y + shift (Ioffe and Szegedy 2015, alg. 1), per channel, filled up to
/// whole blocks.
private struct BatchNorm {
  let mean, inverseDeviation, scale, shift: Tensor
  /// The number of values per channel.
  let count: Float

  init(mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, epsilon: Float, count: Int) {
    self.mean = mean
    self.count = Float(count)
    inverseDeviation = (variance + epsilon).squareRoot().reciprocal()
    scale = gamma.detached.paddedToBlocks() * inverseDeviation
    shift = beta.detached.paddedToBlocks() - mean * scale
  }

  /// The gradient at γ, and the factors of the gradient at y, from Σ g and Σ g·y. With x̂ the normalised value and g
  /// the gradient at γ x̂ + β: dβ = Σ g, dγ = Σ g x̂, dy = γ/σ (g − dβ/n − x̂ dγ/n).
  func gradients(sum: Tensor, product: Tensor) -> (gamma: Tensor, factors: GradientFactors) {
    let gamma = (product - mean * sum) * inverseDeviation
    let b = -(scale * inverseDeviation * gamma) / count
    return (gamma, GradientFactors(a: scale, b: b, c: -(scale * sum) / count - b * mean))
  }
}

extension Tensor {
  /// A block of the report in training: pool(relu(γ (y − μ)/√(σ² + ε) + β)) with y the convolution of [batch, channels,
  /// rows, columns] with `weights`, and the batch's own mean and biased variance per channel, which are returned too.
  /// - Parameter weights: One tensor per path, as in ``convolved(withPaths:bias:paddings:)``.
  public func convolutionBlock(
    _ weights: [Tensor], paddings: [Padding], scale gamma: Tensor, shift beta: Tensor, epsilon: Float,
    pooling: Pooling
  ) -> (result: Tensor, mean: Tensor, variance: Tensor) {
    // Without pooling the result is as large as y, and storing both costs less than recomputing y.
    guard !isRecorded, pooling != .none,
      let convolution = makeConvolution(weights, paddings) as? OneChannelConvolution
    else {
      return convolved(withPaths: weights, paddings: paddings)
        .normalizedActivatedPooled(scale: gamma, shift: beta, epsilon: epsilon, pooling: pooling)
    }
    let channels = 0..<convolution.filters
    let (mean, variance) = convolution.statistics(self)
    let output = convolution.outputShape(shape)
    let norm = BatchNorm(
      mean: mean, variance: variance, gamma: gamma, beta: beta, epsilon: epsilon,
      count: output[0] * output[2] * output[3])
    let result = convolution.block(self, scale: norm.scale, shift: norm.shift, pooling)
      .recorded(from: weights + [gamma, beta], as: .block) { dz, _ in
        let (sum, product) = convolution.gradientSums(self, scale: norm.scale, shift: norm.shift, dz, pooling)
        let (dGamma, factors) = norm.gradients(sum: sum, product: product)
        return convolution.weightGradients(
          self, scale: norm.scale, shift: norm.shift, dz, factors: factors, pooling)
          + [dGamma.slice(axis: 0, channels), sum.slice(axis: 0, channels)]
      }
    return (result, mean.slice(axis: 0, channels), variance.slice(axis: 0, channels))
  }

  /// pool(relu(γ (x − μ)/√(σ² + ε) + β)) of [batch, channels, rows, columns], with the batch's own mean and biased
  /// variance per channel; returns them beside the result.
  ///
  /// Only `self` and the result are kept in memory: the gradient computes norm and mask again from them.
  func normalizedActivatedPooled(
    scale gamma: Tensor, shift beta: Tensor, epsilon: Float, pooling: Pooling
  ) -> (result: Tensor, mean: Tensor, variance: Tensor) {
    let y = blocked.detached
    let channels = shape[1]
    demand(gamma.shape == [channels] && beta.shape == [channels], "scale or shift do not fit \(shape)")
    let padded = [Self.blocks(channels) * Layout.block]
    var sizes = Pooling.none.kernelShape(shape)
    let (mean, variance) = (Tensor.zeros(padded), Tensor.zeros(padded))
    kernel_channel_statistics(y.storage.pointer, mean.storage.pointer, variance.storage.pointer, &sizes)
    let norm = BatchNorm(
      mean: mean, variance: variance, gamma: gamma, beta: beta, epsilon: epsilon,
      count: shape[0] * shape[2] * shape[3])

    let result = activatedPool(y, scale: norm.scale, shift: norm.shift, pooling)
      .recorded(from: [self, gamma, beta], as: .block) { dz, wanted in
        let dz = dz.blocked
        var sizes = pooling.kernelShape(y.shape)
        let (sum, product) = (Tensor.zeros(padded), Tensor.zeros(padded))
        kernel_activate_pool_sums(
          y.storage.pointer, norm.scale.storage.pointer, norm.shift.storage.pointer, dz.storage.pointer,
          sum.storage.pointer, product.storage.pointer, &sizes)
        let (dGamma, factors) = norm.gradients(sum: sum, product: product)
        let dx =
          wanted[0]
          ? activatedPoolGradient(y, scale: norm.scale, shift: norm.shift, dz, factors: factors, pooling) : nil
        return [dx, dGamma.slice(axis: 0, 0..<channels), sum.slice(axis: 0, 0..<channels)]
      }
    return (result, mean.slice(axis: 0, 0..<channels), variance.slice(axis: 0, 0..<channels))
  }
}

/// pool(relu(scale · y + shift)) of a blocked `y`; scale and shift filled up to whole blocks.
func activatedPool(_ y: Tensor, scale: Tensor, shift: Tensor, _ pooling: Pooling) -> Tensor {
  Tensor(pooling.outputShape(y.shape), layout: .blocked) { out in
    var sizes = pooling.kernelShape(y.shape)
    kernel_activate_pool(y.storage.pointer, scale.storage.pointer, shift.storage.pointer, out, &sizes)
  }
}

/// a·g + b·y + c, with g the gradient of ``activatedPool(_:scale:shift:_:)`` at scale · y + shift.
func activatedPoolGradient(
  _ y: Tensor, scale: Tensor, shift: Tensor, _ dz: Tensor, factors: GradientFactors,
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
