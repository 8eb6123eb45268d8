import TestSupport
import Testing

@testable import Tensors

@Suite("Rules in the place of the derivative")
struct BackwardRuleTests {
  /// Σ m · (x − baseline) − (Σ w f(x) − Σ w f(baseline)), beside the latter.
  private func gap(_ x: Tensor, _ f: (Tensor) -> Tensor) -> (gap: Float, change: Float) {
    let half = x.shape[0] / 2
    let input = x.variable()
    let y = f(input)
    let weight = sampled(Array(y.shape.dropFirst()), 99)
    func firstMinusSecond(_ t: Tensor) -> Tensor {
      t.slice(axis: 0, 0..<half) - t.slice(axis: 0, half..<(2 * half))
    }
    let change = (firstMinusSecond(y.detached) * weight).sum().scalar
    let multiplier = gradients(of: y, weight: weight.broadcast(to: y.shape), at: [input], rule: .rescale)[0]
    return ((firstMinusSecond(x) * multiplier.slice(axis: 0, 0..<half)).sum().scalar - change, change)
  }

  @Test("Rescaled contributions sum to the change, operation by operation")
  func completeness() {
    let x = sampled([4, 6, 5, 8], 1) * 2
    let positive = x.squared() + 0.3
    let operations: [(String, Tensor, (Tensor) -> Tensor)] = [
      ("relu", x, { $0.relu() }), ("sigmoid", x, { $0.sigmoid() }), ("tanh", x, { $0.hyperbolicTangent() }),
      ("log", positive, { $0.logarithm() }), ("sqrt", positive, { $0.squareRoot() }),
      ("product", x, { $0 * $0.sigmoid() }), ("quotient", x, { $0.sigmoid() / ($0.squared() + 1) }),
      ("floor", x, { $0.maximum(Tensor(0.2)) }), ("larger of two", x, { $0.maximum($0.sigmoid() * 2) }),
      ("largest of an axis", x, { $0.maximum(axis: 2) }), ("largest of the last axis", x, { $0.maximum(axis: -1) }),
      ("softmax", x, { $0.softmax() }),
      ("norm", x, { $0.standardized(dimensions: 2, epsilon: 1e-5) }),
      ("matrices", x, { $0.matrixProduct($0.sigmoid(), transposeOther: true) }),
      ("power", sampled([4, 6, 2], 3), { $0.power() }),
      ("maxima", x, { $0.pooled(Pooling(.maximum, rows: 2, columns: 3)) }),
      (
        "lstm", sampled([4, 5, 6], 4) * 2,
        {
          $0.lstm(
            inputWeight: sampled([12, 6], 5), hiddenWeight: sampled([12, 3], 6), bias: sampled([12], 7), reversed: true)
        }
      ),
    ]
    for (name, x, operation) in operations {
      let (gap, change) = gap(x, operation)
      #expect(abs(gap) < 1e-4 * max(abs(change), 1), "\(name): \(gap) of \(change)")
    }
  }
}
