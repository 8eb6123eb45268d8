import Basics
import Kernels

extension Tensor {
  /// (x − μ) / √(σ² + ε) over the last `dimensions` dimensions, σ² biased (Ba, Kiros and Hinton 2016).
  public func standardized(dimensions: Int = 1, epsilon: Float) -> Tensor {
    let columns = shape.suffix(dimensions).reduce(1, *)
    let rows = count / max(columns, 1)
    return standardized(outer: rows, axis: columns, inner: 1, axes: Array(-dimensions..<0), epsilon: epsilon)
  }

  /// (x − μ) / √(σ² + ε) along one dimension, σ² biased: over the steps of [batch, steps, channels], group norm with a
  /// group a channel (Wu and He 2018).
  public func standardized(axis: Int, epsilon: Float) -> Tensor {
    let axis = axis < 0 ? axis + rank : axis
    demand(shape.indices.contains(axis), "no axis \(axis) in \(shape)")
    return standardized(
      outer: shape[..<axis].reduce(1, *), axis: shape[axis], inner: shape[(axis + 1)...].reduce(1, *), axes: [axis],
      epsilon: epsilon)
  }

  /// - Parameters:
  ///   - outer, axis, inner: The sizes before, of and after the dimensions that are standardised together.
  ///   - axes: Those dimensions.
  private func standardized(outer: Int, axis: Int, inner: Int, axes: [Int], epsilon: Float) -> Tensor {
    let x = rowMajor.detached
    let deviations = Storage(count: outer * inner)
    let y = Tensor(shape) {
      inner == 1
        ? kernel_standardize(x.storage.pointer, $0, deviations.pointer, outer, axis, epsilon)
        : kernel_standardize_axis(x.storage.pointer, $0, deviations.pointer, outer, axis, inner, epsilon)
    }
    return y.recorded(
      from: [self],
      as: .ruled { rule, dy, _ in
        // The rules of rectifiers leave it as it is.
        if [.derivative, .guided, .deconvolution].contains(rule) { return nil }
        let input = x.variable()
        let deviation = input - input.mean(axes: axes)
        let inverse = (deviation.squared().mean(axes: axes) + epsilon).squareRoot().reciprocal()
        // Relevance treats the divisor as a constant.
        let result = if case .relevance = rule { deviation * inverse.detached } else { deviation * inverse }
        return RuledResult(gradients(of: result, weight: dy, at: [input], rule: rule))
      }
    ) { dy, _ in
      let dy = dy.rowMajor
      return [
        Tensor(y.shape) {
          let (y, dy) = (y.storage.pointer, dy.storage.pointer)
          inner == 1
            ? kernel_standardize_gradient(y, deviations.pointer, dy, $0, outer, axis)
            : kernel_standardize_axis_gradient(y, deviations.pointer, dy, $0, outer, axis, inner)
        }
      ]
    }
  }
}
