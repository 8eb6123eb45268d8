import Kernels

/// The whole block of a one-channel image: y = w ∗ x, then pool(relu(scale · y + shift)), with scale and shift per
/// channel, filled up to whole blocks.
///
/// `y` is the largest array of the report's networks, and computing it costs less than writing it to memory and reading
/// it back. So it is never stored: each pass recomputes its rows where it needs them.
extension OneChannelConvolution {
  private func pooled(_ x: Tensor, _ pooling: Pooling, _ body: (inout kernel_taps, inout kernel_pooling) -> Void) {
    var sizes = pooling.kernelShape(outputShape(x.shape))
    withTaps(x.shape) { body(&$0, &sizes) }
  }

  func block(_ x: Tensor, shift: Tensor, pooling: Pooling) -> Tensor {
    let (input, ones) = (x.detached, Tensor.ones(shift.shape))
    return block(input, scale: ones, shift: shift, pooling).recorded(from: [x], as: .block) { dz, _ in
      let factors = GradientFactors.identity(shift.shape)
      return [self.inputGradient(input, scale: ones, shift: shift, dz, factors: factors, pooling)]
    }
  }

  /// [batch, 1, rows, columns] → [batch, filters, rows', columns'].
  func block(_ x: Tensor, scale: Tensor, shift: Tensor, _ pooling: Pooling) -> Tensor {
    let x = x.rowMajor
    return Tensor(pooling.outputShape(outputShape(x.shape)), layout: .blocked) { out in
      pooled(x, pooling) {
        kernel_block_forward(
          x.storage.pointer, tapWeights.pointer, scale.storage.pointer, shift.storage.pointer, out, &$0, &$1)
      }
    }
  }

  /// Mean and biased variance of y per channel, filled up to whole blocks.
  func statistics(_ x: Tensor) -> (mean: Tensor, variance: Tensor) {
    let x = x.rowMajor
    let stored = [Tensor.blocks(filters) * Layout.block]
    let (mean, variance) = (Tensor.zeros(stored), Tensor.zeros(stored))
    withTaps(x.shape) {
      kernel_block_statistics(
        x.storage.pointer, tapWeights.pointer, mean.storage.pointer, variance.storage.pointer, &$0)
    }
    return (mean, variance)
  }

  /// Σ g and Σ g·y per channel, with g the gradient at scale · y + shift.
  func gradientSums(_ x: Tensor, scale: Tensor, shift: Tensor, _ dz: Tensor, _ pooling: Pooling) -> (
    sum: Tensor, product: Tensor
  ) {
    let (x, dz) = (x.rowMajor, dz.blocked)
    let (sum, product) = (Tensor.zeros(scale.shape), Tensor.zeros(scale.shape))
    pooled(x, pooling) {
      kernel_block_sums(
        x.storage.pointer, tapWeights.pointer, scale.storage.pointer, shift.storage.pointer, dz.storage.pointer,
        sum.storage.pointer, product.storage.pointer, &$0, &$1)
    }
    return (sum, product)
  }

  /// The gradients at the weights, the gradient at y being a·g + b·y + c.
  func weightGradients(
    _ x: Tensor, scale: Tensor, shift: Tensor, _ dz: Tensor, factors: GradientFactors, _ pooling: Pooling
  ) -> [Tensor] {
    let (x, dz) = (x.rowMajor, dz.blocked)
    let found = Storage(count: tapWeights.count)
    pooled(x, pooling) {
      kernel_block_weight_gradient(
        x.storage.pointer, tapWeights.pointer, scale.storage.pointer, shift.storage.pointer, dz.storage.pointer,
        factors.a.storage.pointer, factors.b.storage.pointer, factors.c.storage.pointer, found.pointer, &$0, &$1)
    }
    return weights(atTaps: found)
  }

  /// The gradient at the image, the gradient at y being a·g + b·y + c.
  func inputGradient(
    _ x: Tensor, scale: Tensor, shift: Tensor, _ dz: Tensor, factors: GradientFactors, _ pooling: Pooling
  ) -> Tensor {
    let (x, dz) = (x.rowMajor, dz.blocked)
    return Tensor(x.shape) { out in
      pooled(x, pooling) {
        kernel_block_input_gradient(
          x.storage.pointer, tapWeights.pointer, scale.storage.pointer, shift.storage.pointer, dz.storage.pointer,
          factors.a.storage.pointer, factors.b.storage.pointer, factors.c.storage.pointer, out, &$0, &$1)
      }
    }
  }
}
