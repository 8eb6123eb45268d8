import Basics
import COpenBLAS
import Kernels

/// x Wᵀ + b.
private struct DenseSum: WeightedSum {
  let weight: Tensor
  let bias: Tensor?
  let channelAxis: Int

  func apply(_ x: Tensor, _ part: WeightPart, bias hasBias: Bool) -> Tensor {
    let product = x.matrixProduct(part(weight), transposeOther: true)
    return hasBias ? product + part(bias!) : product
  }

  func transpose(_ dy: Tensor, _ part: WeightPart) -> Tensor { dy.matrixProduct(part(weight)) }
}

extension Tensor {
  /// The product of the last two dimensions, [… m k] × [… k n] → [… m n]; leading dimensions broadcast.
  ///
  /// `transposeSelf` and `transposeOther` read an operand's last two dimensions exchanged, without moving anything.
  public func matrixProduct(
    _ other: Tensor, transposeSelf: Bool = false, transposeOther: Bool = false, precision: Precision = .float32
  ) -> Tensor {
    demand(rank >= 2 && other.rank >= 2, "a matrix product of \(shape) and \(other.shape)")
    if other.rank == 2, rank > 2, !transposeSelf {
      // Rows of all matrices at once: one large product instead of many small ones.
      let rows = reshaped([shape.dropLast().reduce(1, *), shape[rank - 1]])
      let product = rows.matrixProduct(other, transposeOther: transposeOther, precision: precision)
      return product.reshaped(shape.dropLast() + [product.shape[1]])
    }
    let (a, b) = (rowMajor.rounded(to: precision), other.rowMajor.rounded(to: precision))
    let (ta, tb) = (transposeSelf, transposeOther)
    func gradients(_ dy: Tensor, _ wanted: [Bool], _ a: Tensor, _ b: Tensor) -> [Tensor?] {
      let dy = dy.rowMajor.rounded(to: precision)
      let da = ta ? { Self.product(b, dy, tb, true) } : { Self.product(dy, b, false, !tb) }
      let db = tb ? { Self.product(dy, a, true, ta) } : { Self.product(a, dy, !ta, false) }
      return [wanted[0] ? da().summed(to: a.shape) : nil, wanted[1] ? db().summed(to: b.shape) : nil]
    }
    return Self.product(a, b, ta, tb).recorded(
      from: [self, other], as: .product(a, b, gradient: gradients)
    ) { dy, wanted in gradients(dy, wanted, a, b) }
  }

  /// x Wᵀ + b over the last dimension, with weights [outputs, inputs] and bias [outputs].
  public func affine(weight: Tensor, bias: Tensor, precision: Precision = .float32) -> Tensor {
    let (x, w, b) = (rounded(to: precision), weight.rounded(to: precision), bias.detached)
    let sum = DenseSum(weight: w, bias: b, channelAxis: rank - 1)
    let y = sum.apply(x, .all, bias: true)
    return y.recorded(from: [self, weight, bias], as: .weighted(sum, x: x, y: y, by: \.dense)) { dy, wanted in
      let factor = dy.rounded(to: precision)
      let rows = factor.reshaped([-1, b.count])
      return [
        wanted[0] ? sum.transpose(factor, .all) : nil,
        wanted[1] ? rows.matrixProduct(x.reshaped([rows.shape[0], -1]), transposeSelf: true) : nil,
        wanted[2] ? sum.biasGradient(dy) : nil,
      ]
    }
  }

  private static func product(_ a: Tensor, _ b: Tensor, _ ta: Bool, _ tb: Bool) -> Tensor {
    let (rowsA, columnsA) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    let (rowsB, columnsB) = (b.shape[b.rank - 2], b.shape[b.rank - 1])
    let (m, k) = ta ? (columnsA, rowsA) : (rowsA, columnsA)
    let (inner, n) = tb ? (columnsB, rowsB) : (rowsB, columnsB)
    demand(k == inner, "\(a.shape)\(ta ? "ᵀ" : "") × \(b.shape)\(tb ? "ᵀ" : "") do not multiply")
    let leading = broadcast(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
    let matrices = leading.reduce(1, *)
    return Tensor(leading + [m, n]) { out in
      guard m > 0, n > 0 else { return }
      guard k > 0 else { return out.update(repeating: 0, count: matrices * m * n) }
      let stridesA = broadcastStrides(Array(a.shape.dropLast(2)), to: leading)
      let stridesB = broadcastStrides(Array(b.shape.dropLast(2)), to: leading)
      func multiply(_ index: Int) {
        var (rest, offsetA, offsetB) = (index, 0, 0)
        for d in leading.indices.reversed() {
          offsetA += rest % leading[d] * stridesA[d]
          offsetB += rest % leading[d] * stridesB[d]
          rest /= leading[d]
        }
        cblas_sgemm(
          CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans,
          blasint(m), blasint(n), blasint(k), 1, a.storage.pointer + offsetA * rowsA * columnsA,
          blasint(columnsA), b.storage.pointer + offsetB * rowsB * columnsB, blasint(columnsB), 0,
          out + index * m * n, blasint(n))
      }
      if matrices >= Threads.count {
        // One thread per matrix: OpenBLAS is serial inside, and threads meet once instead of once per product.
        parallel(matrices, grain: max(1, 100_000 / (m * n * k))) { $0.forEach(multiply) }
      } else {
        (0..<matrices).forEach(multiply)
      }
    }
  }
}
