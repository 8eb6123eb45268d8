import Basics
import Kernels

extension Tensor {
  /// [outer, axis, inner] sizes about one dimension.
  private func split(at axis: Int) -> (outer: Int, axis: Int, inner: Int) {
    (shape[..<axis].reduce(1, *), shape[axis], shape[(axis + 1)...].reduce(1, *))
  }

  private func position(of axis: Int) -> Int {
    let position = axis < 0 ? axis + rank : axis
    demand(shape.indices.contains(position), "no axis \(axis) in \(shape)")
    return position
  }

  private func reduced(_ reduction: kernel_reduction, axis: Int) -> Tensor {
    let x = rowMajor
    let sizes = split(at: axis)
    var kept = shape
    kept[axis] = 1
    return Tensor(kept) {
      kernel_reduce(reduction, x.storage.pointer, $0, sizes.outer, sizes.axis, sizes.inner)
    }
  }

  /// Σ over the axes, which stay as sizes of 1. Axes count from the end where negative.
  public func sum(axes: [Int]) -> Tensor {
    let shape = self.shape
    var result = detached
    for axis in axes { result = result.reduced(kernel_sum, axis: position(of: axis)) }
    return result.recorded(from: [self], as: .linear) { dy, _ in [dy.broadcast(to: shape)] }
  }

  /// Mean over the axes, which stay as sizes of 1.
  public func mean(axes: [Int]) -> Tensor {
    let size = axes.reduce(1) { $0 * shape[position(of: $1)] }
    return sum(axes: axes).scaled(by: 1 / Float(size))
  }

  /// Σ of all elements, of shape [].
  public func sum() -> Tensor { sum(axes: Array(0..<rank)).reshaped([]) }

  /// The largest element over an axis, which stays as a size of 1. Tied maxima share the gradient.
  public func maximum(axis: Int) -> Tensor {
    let axis = position(of: axis)
    let x = detached
    let top = x.reduced(kernel_reduce_maximum, axis: axis)
    return top.recorded(
      from: [self],
      as: .ruled { rule, dy, _ in
        guard rule == .rescale, axis > 0 else { return nil }
        // Max pooling with one window per column of the axis.
        let (sizes, input) = (x.split(at: axis), x.variable())
        let windows = input.reshaped([x.shape[0], -1, sizes.axis, sizes.inner])
          .pooled(Pooling(.maximum, rows: sizes.axis, columns: 1))
        return RuledResult(gradients(of: windows, weight: dy.reshaped(windows.shape), at: [input], rule: rule))
      }
    ) { dy, _ in
      let chosen = x.equals(top)
      return [dy * chosen / chosen.sum(axes: [axis])]
    }
  }

  /// The sum over the dimensions that broadcasting repeated: the adjoint of ``broadcast(to:)``.
  func summed(to target: [Int]) -> Tensor {
    guard shape != target else { return self }
    let missing = rank - target.count
    let repeated = shape.indices.filter { $0 < missing || (target[$0 - missing] == 1 && shape[$0] != 1) }
    return sum(axes: repeated).reshaped(target)
  }
}
