import Basics

/// x Wᵀ + b.
private struct DenseSum: WeightedSum {
  let weight: Tensor
  let bias: Tensor?
  let channelAxis: Int
  let precision: Precision

  func apply(_ x: Tensor, _ part: WeightPart, bias hasBias: Bool) -> Tensor {
    let product = rows(of: x).multiplied(
      by: part(weight), false, true, precision, isWeight: true)
    let sum = product.reshaped(x.shape.dropLast() + [weight.shape[0]])
    return hasBias ? sum + part(bias!) : sum
  }

  func transpose(_ dy: Tensor, _ part: WeightPart) -> Tensor {
    rows(of: dy).multiplied(by: part(weight), false, false, precision, isWeight: true)
      .reshaped(dy.shape.dropLast() + [weight.shape[1]])
  }

  /// The gradient at the weights of Σ dy · y.
  func weightGradient(_ dy: Tensor, _ x: Tensor) -> Tensor {
    rows(of: dy).multiplied(by: rows(of: x), true, false, precision)
  }

  /// All rows as one matrix: one large product instead of many small ones.
  private func rows(of x: Tensor) -> Tensor {
    x.detached.reshaped([x.shape.dropLast().reduce(1, *), x.shape[x.rank - 1]])
  }
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
    let (a, b) = (rowMajor.detached, other.rowMajor.detached)
    let (ta, tb) = (transposeSelf, transposeOther)
    func gradients(_ dy: Tensor, _ wanted: [Bool], _ a: Tensor, _ b: Tensor) -> [Tensor?] {
      func product(_ left: Tensor, _ right: Tensor, _ tl: Bool, _ tr: Bool) -> Tensor {
        left.multiplied(by: right, tl, tr, precision)
      }
      let da = ta ? { product(b, dy, tb, true) } : { product(dy, b, false, !tb) }
      let db = tb ? { product(dy, a, true, ta) } : { product(a, dy, !ta, false) }
      return [wanted[0] ? da().summed(to: a.shape) : nil, wanted[1] ? db().summed(to: b.shape) : nil]
    }
    return a.multiplied(by: b, ta, tb, precision).recorded(
      from: [self, other], as: .product(a, b, gradient: gradients)
    ) { dy, wanted in gradients(dy, wanted, a, b) }
  }

  /// x Wᵀ + b over the last dimension, with weights [outputs, inputs] and bias [outputs].
  public func affine(weight: Tensor, bias: Tensor, precision: Precision = .float32) -> Tensor {
    let x = rowMajor.detached
    let sum = DenseSum(
      weight: weight.rowMajor.detached, bias: bias.detached, channelAxis: rank - 1, precision: precision)
    let y = sum.apply(x, .all, bias: true)
    return y.recorded(from: [self, weight, bias], as: .weighted(sum, x: x, y: y, by: \.dense)) { dy, wanted in
      [
        wanted[0] ? sum.transpose(dy, .all) : nil, wanted[1] ? sum.weightGradient(dy, x) : nil,
        wanted[2] ? sum.biasGradient(dy) : nil,
      ]
    }
  }

  /// The product, of the matrices with their rows and columns exchanged where so said, outside any graph.
  /// - Parameter isWeight: Of `other`; see ``Factor``.
  fileprivate func multiplied(
    by other: Tensor, _ ta: Bool, _ tb: Bool, _ precision: Precision, isWeight: Bool = false
  ) -> Tensor {
    let (rowsA, columnsA) = (shape[rank - 2], shape[rank - 1])
    let (rowsB, columnsB) = (other.shape[other.rank - 2], other.shape[other.rank - 1])
    let (m, k) = ta ? (columnsA, rowsA) : (rowsA, columnsA)
    let (inner, n) = tb ? (columnsB, rowsB) : (rowsB, columnsB)
    demand(k == inner, "\(shape)\(ta ? "ᵀ" : "") × \(other.shape)\(tb ? "ᵀ" : "") do not multiply")
    let (leadingA, leadingB) = (Array(shape.dropLast(2)), Array(other.shape.dropLast(2)))
    let leading = Tensor.broadcast(leadingA, leadingB)
    let matrices = leading.reduce(1, *)
    return Tensor(leading + [m, n]) { out in
      guard m > 0, n > 0, matrices > 0 else { return }
      guard k > 0 else { return out.update(repeating: 0, count: matrices * m * n) }
      let a = Factor(self, precision)
      let b = isWeight ? Factor(weight: other, precision) : Factor(other, precision)
      var product = ProductShape(
        rows: m, columns: n, inner: k, a: .init(row: columnsA, matrix: m * k, isTransposed: ta),
        b: .init(row: columnsB, matrix: k * n, isTransposed: tb), c: .init(row: n, matrix: m * n))
      if a.isNarrow, leadingA == leadingB {
        product.matrices = matrices
        return product.multiply(a, from: 0, by: b, from: 0, into: out)
      }
      let (stridesA, stridesB) = (
        Tensor.broadcastStrides(leadingA, to: leading), Tensor.broadcastStrides(leadingB, to: leading)
      )
      func multiply(_ index: Int) {
        var (rest, offsetA, offsetB) = (index, 0, 0)
        for d in leading.indices.reversed() {
          offsetA += rest % leading[d] * stridesA[d]
          offsetB += rest % leading[d] * stridesB[d]
          rest /= leading[d]
        }
        product.multiply(a, from: offsetA * m * k, by: b, from: offsetB * k * n, into: out + index * m * n)
      }
      if matrices >= Threads.count, !a.isNarrow {
        // One thread per matrix: OpenBLAS is serial inside, and threads meet once instead of once per product.
        parallel(matrices, grain: max(1, 100_000 / (m * n * k))) { $0.forEach(multiply) }
      } else {
        (0..<matrices).forEach(multiply)
      }
    }
  }
}
