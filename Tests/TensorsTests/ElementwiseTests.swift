import TestSupport
import Testing

@testable import Tensors

@Suite struct ElementwiseTests {
  @Test("Derivatives of one operand")
  func derivativesOfOneOperand() {
    let x = spaced([3, 5], 1)
    let positive = x.squared() + 0.5
    expectDerivatives(at: [x]) { -$0[0] }
    expectDerivatives(at: [x]) { $0[0].exponential() }
    expectDerivatives(at: [positive]) { $0[0].logarithm() }
    expectDerivatives(at: [positive]) { $0[0].squareRoot() }
    expectDerivatives(at: [x]) { $0[0].hyperbolicTangent() }
    expectDerivatives(at: [x]) { $0[0].sigmoid() }
    expectDerivatives(at: [x]) { $0[0].relu() }
    expectDerivatives(at: [x]) { $0[0].absolute() }
    expectDerivatives(at: [x]) { $0[0].squared() }
    expectDerivatives(at: [positive]) { $0[0].reciprocal() }
    expectDerivatives(at: [x]) { $0[0].scaled(by: -2.5, plus: 3) }
    expectDerivatives(at: [x]) { (2 * $0[0] + 1 - 4) / 3 * 0.7 }
    expectDerivatives(at: [x]) { $0[0].dropout(0.4, seed: 9) }
  }

  @Test(
    "Derivatives of two operands that broadcast",
    arguments: [
      ([2, 3], [2, 3]), ([2, 3], [3]), ([3], [2, 3]), ([2, 1, 3], [4, 1]), ([1], [2, 2]), ([], [3]),
      ([2, 3], []),
      ([], []), ([2, 1], [1, 4]), ([1, 1, 2], [3, 1, 1]),
    ])
  func derivativesOfTwoOperands(shapes: ([Int], [Int])) {
    let (a, b) = (spaced(shapes.0, 1), sampled(shapes.1, 2))
    let positive = b.squared() + 0.5
    expectDerivatives(at: [a, b]) { $0[0] + $0[1] }
    expectDerivatives(at: [a, b]) { $0[0] - $0[1] }
    expectDerivatives(at: [a, b]) { $0[0] * $0[1] }
    expectDerivatives(at: [a, positive]) { $0[0] / $0[1] }
    // Zero keeps away from every value of the first.
    expectDerivatives(at: [a, b * 0]) { $0[0].maximum($0[1]) }
  }

  @Test("One operand: PyTorch's numbers")
  func oneOperand() throws {
    let operations: [(String, Float, (Tensor) -> Tensor)] = [
      ("exponential", 0, { $0.exponential() }), ("logarithm", 1.5, { $0.logarithm() }),
      ("squareRoot", 1.5, { $0.squareRoot() }), ("hyperbolicTangent", 0, { $0.hyperbolicTangent() }),
      ("sigmoid", 0, { $0.sigmoid() }), ("relu", 0, { $0.relu() }), ("absolute", 0, { $0.absolute() }),
      ("squared", 0, { $0.squared() }), ("reciprocal", 0, { $0.reciprocal() }),
    ]
    for (name, shift, operation) in operations {
      let x = sampled([3, 37], 1).variable()
      let y = operation(x + shift)
      try PyTorchNumbers.expect(y, "\(name)/y")
      let found = gradients(of: y, weight: sampled(y.shape, 99), at: [x])
      try PyTorchNumbers.expect(found[0], "\(name)/dx")
    }
  }

  @Test("Two operands: PyTorch's numbers")
  func twoOperands() throws {
    let operations: [(String, (Tensor, Tensor) -> Tensor)] = [
      ("sum", { $0 + $1 }), ("difference", { $0 - $1 }), ("product", { $0 * $1 }), ("quotient", { $0 / $1 }),
      ("maximum", { $0.maximum($1) }),
    ]
    for (name, operation) in operations {
      let (a, b) = (sampled([4, 1, 5], 1).variable(), sampled([3, 1], 2).variable())
      let y = operation(a, b)
      try PyTorchNumbers.expect(y, "broadcast.\(name)/y")
      let found = gradients(of: y, weight: sampled(y.shape, 99), at: [a, b])
      try PyTorchNumbers.expect(found[0], "broadcast.\(name)/da")
      try PyTorchNumbers.expect(found[1], "broadcast.\(name)/db")
    }
  }

  @Test("At a tie the maximum's gradient goes to the second operand, and relu and absolute have none at zero")
  func ties() {
    let (a, b) = (Tensor([1, 2, 3], shape: [3]).variable(), Tensor([1, 3, 2], shape: [3]).variable())
    let found = gradients(of: a.maximum(b), at: [a, b])
    #expect(found[0].floats == [0, 0, 1])
    #expect(found[1].floats == [1, 1, 0])
    for operation in [{ $0.relu() }, { $0.absolute() }] as [(Tensor) -> Tensor] {
      let zero = Tensor([0, -0.0], shape: [2]).variable()
      #expect(gradients(of: operation(zero), at: [zero])[0].floats == [0, 0])
    }
    #expect(Tensor([1, 2], shape: [2]).equals(Tensor([1, 3], shape: [2])).floats == [1, 0])
  }

  @Test("Dropout keeps its share, scales what it keeps, and draws the same for the same seed only")
  func dropout() {
    let ones = Tensor.ones([100_003])
    let dropped = ones.dropout(0.25, seed: 7)
    let kept = dropped.floats.count { $0 != 0 }
    // The standard deviation is 137.
    #expect(abs(kept - 75_002) < 700)
    #expect(Set(dropped.floats) == [0, 1 / 0.75])
    #expect(ones.dropout(0.25, seed: 7).floats == dropped.floats)
    let other = ones.dropout(0.25, seed: 8).floats
    let both = zip(dropped.floats, other).count { $0 != 0 && $1 != 0 }
    #expect(abs(both - 56_252) < 800)
    #expect(ones.dropout(0, seed: 7).floats == ones.floats)
  }

  @Test("What is not a number stays so, through every operation that could hide it")
  func notNumbers() {
    let x = Tensor([.nan, 1], shape: [2])
    for y in [
      x.relu(), x.absolute(), x.exponential(), x.logarithm(), x.hyperbolicTangent(), x.sigmoid(), x.softmax(),
      x.maximum(Tensor(0)), Tensor(0).maximum(x), x.maximum(axis: 0), x.dropout(0.01, seed: 2),
      x.standardized(epsilon: 1e-5),
    ] {
      #expect(y.floats[0].isNaN)
    }
    #expect(!x.isFinite && !Tensor([.infinity], shape: [1]).isFinite && Tensor.ones([3]).isFinite)
  }

  @Test("A long row with broadcasting and without is what the loop says", arguments: [1, 63, 64, 65, 40_001])
  func longRows(length: Int) {
    let (a, b) = (sampled([3, length], 1), sampled([3, length], 2))
    let (row, column) = (sampled([length], 3), sampled([3, 1], 4))
    let (x, y, r, c) = (a.floats, b.floats, row.floats, column.floats)
    #expect((a * b).floats == zip(x, y).map { $0 * $1 })
    #expect((a + row).floats == x.indices.map { x[$0] + r[$0 % length] })
    #expect((a - column).floats == x.indices.map { x[$0] - c[$0 / length] })
    #expect((column / a).floats == x.indices.map { c[$0 / length] / x[$0] })
    #expect((column + row).floats == x.indices.map { c[$0 / length] + r[$0 % length] })
  }
}
