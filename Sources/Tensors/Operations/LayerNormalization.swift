import Kernels

extension Tensor {
  /// (x − μ) / √(σ² + ε) over the last `dimensions` dimensions, σ² biased (Ba, Kiros and Hinton 2016).
  public func standardized(dimensions: Int = 1, epsilon: Float) -> Tensor {
    let columns = shape.suffix(dimensions).reduce(1, *)
    let rows = count / max(columns, 1)
    let x = rowMajor.detached
    let deviations = Storage(count: rows)
    let y = Tensor(shape) {
      kernel_standardize(x.storage.pointer, $0, deviations.pointer, rows, columns, epsilon)
    }
    return y.recorded(
      from: [self],
      as: .ruled { rule, dy, _ in
        let (input, axes) = (x.variable(), Array(-dimensions..<0))
        let deviation = input - input.mean(axes: axes)
        let inverse = (deviation.squared().mean(axes: axes) + epsilon).squareRoot().reciprocal()
        // Relevance treats the divisor as a constant.
        let result = if case .relevance = rule { deviation * inverse.detached } else { deviation * inverse }
        return gradients(of: result, weight: dy, at: [input], rule: rule)
      }
    ) { dy, _ in
      let dy = dy.rowMajor
      return [
        Tensor(y.shape) {
          kernel_standardize_gradient(
            y.storage.pointer, deviations.pointer, dy.storage.pointer, $0, rows, columns)
        }
      ]
    }
  }
}
