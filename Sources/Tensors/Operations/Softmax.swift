import Basics
import Foundation
import Kernels

extension Tensor {
  /// eˣ / Σ eˣ over the last dimension.
  public func softmax() -> Tensor {
    let x = rowMajor.detached
    let columns = shape[rank - 1]
    let y = Tensor(shape) { kernel_softmax(x.storage.pointer, $0, count / max(columns, 1), columns) }
    return y.recorded(
      from: [self],
      // The other rules take the derivative; relevance too where attention's weights have a part in it, which is AttnLRP's
      // rule in this form.
      as: .ruled { rule, dy, _ in rule == .rescale ? [x.softmaxRescaled(dy.rowMajor)] : nil }
    ) { dy, _ in
      let dy = dy.rowMajor
      return [
        Tensor(y.shape) {
          kernel_softmax_gradient(
            y.storage.pointer, dy.storage.pointer, $0, y.count / max(columns, 1), columns)
        }
      ]
    }
  }

  /// ``BackwardRule/rescale`` of yᵢ = exp(xᵢ − L) with L = log Σ exp xⱼ: Δy/Δ(x − L) at the exponential, and ΔL shared as
  /// Δ exp xⱼ, all exponentials relative to the larger of the two sums, so that none overflows.
  private func softmaxRescaled(_ dy: Tensor) -> Tensor {
    let columns = shape[rank - 1]
    let rows = count / 2 / max(columns, 1)
    return Tensor(shape) { out in
      let (x, dy) = (storage.pointer, dy.storage.pointer)
      parallel(rows, grain: 16) { range in
        for row in range {
          let (first, second) = (row * columns, (rows + row) * columns)
          func logarithmOfSum(_ start: Int) -> Double {
            let top = Double((0..<columns).reduce(-Float.infinity) { Swift.max($0, x[start + $1]) })
            return top + log((0..<columns).reduce(0) { $0 + exp(Double(x[start + $1]) - top) })
          }
          let sums = (logarithmOfSum(first), logarithmOfSum(second))
          let top = Swift.max(sums.0, sums.1)
          /// Δ exp(z − shift) / Δz.
          func slope(_ a: Double, _ b: Double, shift: Double) -> Double {
            let (ea, eb) = (exp(a - shift), exp(b - shift))
            return abs(a - b) > 1e-6 ? (ea - eb) / (a - b) : (ea + eb) / 2
          }
          let ofSum = slope(sums.0, sums.1, shift: top)
          for start in [first, second] {
            var total = 0.0
            for i in 0..<columns {
              let (a, b) = (Double(x[first + i]), Double(x[second + i]))
              let own = Double(dy[start + i]) * slope(a - sums.0, b - sums.1, shift: 0)
              out[start + i] = Float(own)
              total += own
            }
            for i in 0..<columns {
              let share = slope(Double(x[first + i]), Double(x[second + i]), shift: top) / ofSum
              out[start + i] -= Float(total * share)
            }
          }
        }
      }
    }
  }

  /// Mean cross-entropy −log softmax(logits)[label] of logits [batch, classes], of shape [].
  public func crossEntropy(labels: [Int]) -> Tensor {
    demand(rank == 2 && labels.count == shape[0], "\(labels.count) labels for logits \(shape)")
    demand(labels.allSatisfy { (0..<shape[1]).contains($0) }, "a label outside 0..<\(shape[1])")
    return crossEntropy(targets: labels.map { label in (0..<shape[1]).map { $0 == label ? 1 : 0 } })
  }

  /// The mean over rows of −Σ target · log softmax(logits) of logits [batch, classes], of shape []. A row's targets need not
  /// sum to 1: their sum is the row's weight.
  /// - Parameter targets: [batch][classes], not below 0.
  public func crossEntropy(targets: [[Float]]) -> Tensor {
    demand(
      rank == 2 && targets.count == shape[0] && targets.allSatisfy { $0.count == shape[1] },
      "targets [\(targets.count)][\(targets.first?.count ?? 0)] for logits \(shape)")
    let (rows, classes) = (shape[0], shape[1])
    let probabilities = detached.softmax()
    let loss = withFloats { logits in
      // Summed in double from the logits, since log of a rounded probability loses the small losses.
      targets.enumerated().reduce(0.0) { sum, item in
        let row = logits[(item.offset * classes)..<((item.offset + 1) * classes)]
        let top = row.max()!
        let spread = log(row.reduce(0.0) { $0 + exp(Double($1 - top)) })
        return zip(item.element, row).reduce(sum) { sum, pair in
          // Not 0 · ∞ of a class that is ruled out.
          pair.0 == 0 ? sum : sum + Double(pair.0) * (spread + Double(top - pair.1))
        }
      } / Double(rows)
    }
    return Tensor(Float(loss)).recorded(from: [self], as: .derivativeOnly(reason: "a loss is for training")) { dy, _ in
      let scale = dy.scalar / Float(rows)
      var gradient = probabilities.floats
      for (row, targets) in targets.enumerated() {
        let weight = targets.reduce(0, +)
        for (index, target) in targets.enumerated() {
          let place = row * classes + index
          gradient[place] = (gradient[place] * weight - target) * scale
        }
      }
      return [Tensor(gradient, shape: [rows, classes])]
    }
  }
}
