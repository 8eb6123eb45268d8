import Basics
import Kernels

extension Tensor {
  /// This tensor's elements in row-major order under another shape. One size may be −1: it follows from the others.
  public func reshaped(_ sizes: [Int]) -> Tensor {
    let known = sizes.filter { $0 != -1 }.reduce(1, *)
    let target = sizes.map { $0 == -1 ? count / max(known, 1) : $0 }
    demand(target.reduce(1, *) == count, "\(shape) cannot be reshaped to \(sizes)")
    guard target != shape else { return self }
    let (plain, own) = (rowMajor, shape)
    return Tensor(shape: target, storage: plain.storage)
      .recorded(from: [self], as: .linear) { dy, _ in [dy.reshaped(own)] }
  }

  /// This tensor with the dimensions from `first` on merged into one.
  public func flattened(from first: Int) -> Tensor {
    reshaped(Array(shape[..<first]) + [shape[first...].reduce(1, *)])
  }

  /// This tensor with its dimensions reordered: dimension d of the result is dimension order[d] of this one.
  public func permuted(_ order: [Int]) -> Tensor {
    demand(order.sorted() == Array(0..<rank), "\(order) does not order the dimensions of \(shape)")
    guard rank > 1 else { return self }
    let x = rowMajor
    let strides = Self.strides(shape)
    let target = order.map { shape[$0] }
    var inverse = order
    for (d, source) in order.enumerated() { inverse[source] = d }
    return Tensor(target) {
      kernel_copy_strided(x.storage.pointer, order.map { strides[$0] }, $0, target, Int32(rank))
    }.recorded(from: [self], as: .linear) { dy, _ in [dy.permuted(inverse)] }
  }

  /// This tensor with the last two dimensions exchanged.
  public func transposed() -> Tensor {
    permuted(Array(0..<(rank - 2)) + [rank - 1, rank - 2])
  }

  /// This tensor repeated along sizes of 1 and new leading dimensions to fill `target`.
  public func broadcast(to target: [Int]) -> Tensor {
    guard shape != target else { return self }
    demand(Self.broadcast(shape, target) == target, "\(shape) does not broadcast to \(target)")
    let x = rowMajor
    let own = shape
    return Tensor(target) {
      kernel_copy_strided(
        x.storage.pointer, Self.broadcastStrides(own, to: target), $0, target, Int32(target.count))
    }.recorded(from: [self], as: .linear) { dy, _ in [dy.summed(to: own)] }
  }

  /// The indices `range` of one dimension.
  public func slice(axis: Int, _ range: Range<Int>) -> Tensor {
    let axis = axis < 0 ? axis + rank : axis
    demand(
      range.lowerBound >= 0 && range.upperBound <= shape[axis], "no \(range) along \(axis) of \(shape)")
    guard range.count < shape[axis] else { return self }
    let x = rowMajor
    let own = shape
    let strides = Self.strides(own)
    var target = own
    target[axis] = range.count
    let offset = range.lowerBound * strides[axis]
    return Tensor(target) {
      kernel_copy_strided(x.storage.pointer + offset, strides, $0, target, Int32(rank))
    }.recorded(from: [self], as: .linear) { dy, _ in
      let dy = dy.rowMajor
      return [
        Tensor(own) { out in
          out.update(repeating: 0, count: own.reduce(1, *))
          kernel_copy_to_strided(dy.storage.pointer, out + offset, strides, target, Int32(own.count))
        }
      ]
    }
  }

  /// The parts one after another along a dimension; their other sizes are equal.
  public static func concatenated(_ parts: [Tensor], axis: Int) -> Tensor {
    demand(!parts.isEmpty, "nothing to concatenate")
    let axis = axis < 0 ? axis + parts[0].rank : axis
    var target = parts[0].shape
    target[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    let strides = Self.strides(target)
    var starts: [Int] = []
    var next = 0
    for part in parts {
      var own = part.shape
      starts.append(next)
      next += own[axis]
      own[axis] = target[axis]
      demand(own == target, "\(part.shape) does not fit \(parts[0].shape) along \(axis)")
    }
    let ranges = zip(starts, parts).map { $0..<($0 + $1.shape[axis]) }
    let areConstants = parts.map { !$0.isRecorded }
    let own = parts.map(\.detached)
    let kind: OperationKind =
      !areConstants.contains(true)
      ? .linear
      : .affine { .concatenated(zip(own, areConstants).map { $1 ? $0 : .zeros($0.shape) }, axis: axis) }
    return Tensor(target) { out in
      for (start, part) in zip(starts, parts) {
        let plain = part.rowMajor
        kernel_copy_to_strided(
          plain.storage.pointer, out + start * strides[axis], strides, plain.shape, Int32(plain.rank))
      }
    }.recorded(from: parts, as: kind) { dy, wanted in
      zip(ranges, wanted).map { $1 ? dy.slice(axis: axis, $0) : nil }
    }
  }

  /// The rows with these indices of [rows, columns], in their order; a row may come several times.
  public func rows(_ indices: [Int]) -> Tensor {
    demand(rank == 2 && indices.allSatisfy { (0..<shape[0]).contains($0) }, "rows of \(shape)")
    let (x, own, columns) = (rowMajor, shape, shape[1])
    return Tensor([indices.count, columns]) { out in
      for (row, index) in indices.enumerated() {
        (out + row * columns).update(from: x.storage.pointer + index * columns, count: columns)
      }
    }.recorded(from: [self], as: .linear) { dy, _ in
      let dy = dy.rowMajor
      return [
        Tensor(own) { out in
          out.update(repeating: 0, count: own[0] * columns)
          for (row, index) in indices.enumerated() {
            for column in 0..<columns { out[index * columns + column] += dy.storage.pointer[row * columns + column] }
          }
        }
      ]
    }
  }
}
