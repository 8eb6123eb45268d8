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

@Suite("Relevance of sums and of their biases")
struct WeightedSumTests {
  /// The shares of each input and of the bias of one dense layer, by the rules as they are written, sum by sum, in double;
  /// every output's relevance is the output itself.
  private func slow(
    _ rule: RelevanceRules.Rule, _ x: [Double], _ w: [[Double]], _ b: [Double]
  ) -> (inputs: [Double], bias: Double) {
    var (inputs, bias) = ([Double](repeating: 0, count: x.count), 0.0)
    for (row, own) in zip(w, b) {
      let parts = zip(row, x).map { $0 * $1 } + [own]
      let y = parts.reduce(0, +)
      let shares =
        switch rule {
        case .epsilon: parts
        case .zPlus: parts.map { max(0, $0) }
        // Parts of the sum's own sign count more.
        case .gamma(let gamma): parts.map { $0 * y > 0 ? $0 * (1 + Double(gamma)) : $0 }
        }
      let all = shares.reduce(0, +)
      for i in x.indices { inputs[i] += y * shares[i] / all }
      bias += y * shares.last! / all
    }
    return (inputs, bias)
  }

  @Test("Inputs and biases have their shares by the rule, as written")
  func shares() {
    let (x, w, b) = (sampled([1, 31], 1), sampled([5, 31], 2), sampled([5], 3))
    for rule in [RelevanceRules.Rule.epsilon, .zPlus, .gamma(0.25)] {
      let (input, rules) = (x.variable(), RelevanceRules(convolutions: .epsilon, dense: rule))
      let found = ruledGradients(
        of: input.affine(weight: w, bias: b), at: [input], rule: .relevance(rules))
      let rows = (0..<5).map { row in w.floats[(31 * row)..<(31 * row + 31)].map(Double.init) }
      let expected = slow(rule, x.floats.map(Double.init), rows, b.floats.map(Double.init))
      #expect(relativeDistance(x * found.gradients[0], expected.inputs) < 1e-4, "\(rule)")
      #expect(abs(found.constants - expected.bias) < 1e-4 * max(1, abs(expected.bias)), "\(rule)")
    }
  }

  @Test("What inputs and constants have is what the result has, operation by operation")
  func conserved() {
    let x = sampled([2, 6, 5, 8], 1)
    let steps = sampled([2, 9, 6], 2)
    let operations: [(String, Tensor, (Tensor) -> Tensor)] = [
      ("dense", x, { $0.affine(weight: sampled([3, 8], 3), bias: sampled([3], 4)) }),
      (
        "convolution", x,
        {
          $0.convolved(
            with: sampled([4, 6, 3, 3], 5), bias: sampled([4], 6), padding: .same(kernelRows: 3, kernelColumns: 3))
        }
      ),
      (
        "along steps", steps,
        { $0.convolvedSteps(with: sampled([4, 3, 3], 7), bias: sampled([4], 8), stride: 2, groups: 2) }
      ),
      ("depthwise", x, { $0.convolvedDepthwise(with: sampled([8, 1, 3, 3], 9), bias: sampled([8], 10)) }),
      (
        "lstm", steps,
        { $0.lstm(inputWeight: sampled([12, 6], 11), hiddenWeight: sampled([12, 3], 12), bias: sampled([12], 13)) }
      ),
      ("a constant added", x, { $0 + sampled([5, 1], 14) }), ("subtracted", x, { sampled([8], 15) - $0 }),
      ("scaled and moved", x, { $0.scaled(by: 3, plus: 0.5) }), ("a floor", x, { $0.maximum(Tensor(0.2)) }),
      ("beside a constant", x, { .concatenated([$0, sampled([2, 6, 5, 3], 16)], axis: -1) }),
      ("norm", x, { $0.standardized(dimensions: 2, epsilon: 1e-5) }),
      ("norm along an axis", x, { $0.standardized(axis: 1, epsilon: 1e-5) }),
      ("GELU", x, { $0.gelu() }), ("product", x, { $0 * $0.hyperbolicTangent() }),
    ]
    for (name, x, operation) in operations {
      for sharing in [RelevanceRules.Rule.epsilon, .gamma(0.25)] {
        let input = x.variable()
        let y = operation(input)
        let weight = sampled(y.shape, 99)
        let found = ruledGradients(
          of: y, weight: weight, at: [input], rule: .relevance(RelevanceRules(convolutions: sharing, dense: sharing)))
        let sum = Double((x * found.gradients[0]).sum().scalar) + found.constants
        let (expected, size) = ((y * weight).sum().scalar, (y * weight).absolute().sum().scalar)
        #expect(abs(sum - Double(expected)) < 1e-4 * Double(size), "\(name), \(sharing): \(sum) of \(expected)")
      }
    }
  }
}
