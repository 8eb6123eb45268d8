import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct LSTMTests {
  @Test("Derivatives in both directions, over one step and several", arguments: [1, 2, 4], [false, true])
  func derivatives(steps: Int, reversed: Bool) {
    let inputs = [sampled([2, steps, 3], 1), sampled([8, 3], 2), sampled([8, 2], 3), sampled([8], 4)]
    expectDerivatives(at: inputs) {
      $0[0].lstm(inputWeight: $0[1], hiddenWeight: $0[2], bias: $0[3], reversed: reversed)
    }
  }

  @Test(
    "PyTorch's numbers in both directions",
    arguments: [("small", 3, 5, 6, 4), ("one", 2, 1, 5, 3), ("mfcc", 2, 61, 40, 70)], [false, true])
  func numbers(sizes: (name: String, batch: Int, steps: Int, features: Int, hidden: Int), reversed: Bool)
    throws
  {
    let hidden = sizes.hidden
    let inputs = [
      sampled([sizes.batch, sizes.steps, sizes.features], 1), sampled([4 * hidden, sizes.features], 2),
      sampled([4 * hidden, hidden], 3), sampled([4 * hidden], 4),
    ].map { $0.variable() }
    let scale = 1 / Float(hidden).squareRoot()
    let y = inputs[0].lstm(
      inputWeight: inputs[1] * scale, hiddenWeight: inputs[2] * scale, bias: inputs[3], reversed: reversed)
    let name = "lstm.\(sizes.name).\(reversed ? "reversed" : "forward")"
    try PyTorchNumbers.expect(y, "\(name)/y")
    let found = gradients(of: y, weight: sampled(y.shape, 99), at: inputs)
    for (gradient, end) in zip(found, ["dx", "dinputWeight", "dhiddenWeight", "dbias"]) {
      try PyTorchNumbers.expect(gradient, "\(name)/\(end)", tolerance: 2e-6)
    }
  }

  @Test(
    "The report's sizes: 313 steps of 40 features, 256 hidden, as the formula says", arguments: [false, true])
  func formula(reversed: Bool) {
    let (steps, features, hidden) = (313, 40, 256)
    let (x, w) = (sampled([1, steps, features], 1), sampled([4 * hidden, features], 2) * (1 / 16))
    let (u, b) = (sampled([4 * hidden, hidden], 3) * (1 / 16), sampled([4 * hidden], 4))
    let (xs, ws, us, bs) = (x.floats, w.floats, u.floats, b.floats)
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    var (h, c) = ([Double](repeating: 0, count: hidden), [Double](repeating: 0, count: hidden))
    var expected = [Double](repeating: 0, count: steps * hidden)
    for t in reversed ? Array((0..<steps).reversed()) : Array(0..<steps) {
      let sums = (0..<(4 * hidden)).map { row in
        var sum = Double(bs[row])
        for i in 0..<features { sum += Double(ws[row * features + i]) * Double(xs[t * features + i]) }
        for i in 0..<hidden { sum += Double(us[row * hidden + i]) * h[i] }
        return sum
      }
      for i in 0..<hidden {
        c[i] = sigmoid(sums[hidden + i]) * c[i] + sigmoid(sums[i]) * tanh(sums[2 * hidden + i])
        h[i] = sigmoid(sums[3 * hidden + i]) * tanh(c[i])
        expected[t * hidden + i] = h[i]
      }
    }
    let found = x.lstm(inputWeight: w, hiddenWeight: u, bias: b, reversed: reversed)
    #expect(relativeDistance(found.floats.map(Double.init), expected) < 1e-6)
  }
}
