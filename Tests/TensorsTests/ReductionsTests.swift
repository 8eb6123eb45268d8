import TestSupport
import Testing

@testable import Tensors

@Suite struct ReductionsTests {
  @Test("Derivatives")
  func derivatives() {
    let x = spaced([2, 3, 4], 1)
    for axes in [[0], [1], [2], [-1], [0, 2], [0, 1, 2], []] {
      expectDerivatives(at: [x]) { $0[0].sum(axes: axes) }
      expectDerivatives(at: [x]) { $0[0].mean(axes: axes) }
    }
    for axis in [0, 1, 2, -2] { expectDerivatives(at: [x]) { $0[0].maximum(axis: axis) } }
    expectDerivatives(at: [x]) { $0[0].sum() }
    for target in [[3, 4], [4], [], [1, 4], [3, 1], [2, 1, 1], [2, 3, 1]] {
      expectDerivatives(at: [x]) { $0[0].summed(to: target) }
    }
  }

  @Test("PyTorch's numbers")
  func numbers() throws {
    let operations: [(String, (Tensor) -> Tensor)] = [
      ("sum", { $0.sum(axes: [0, 2]) }), ("mean", { $0.mean(axes: [0, -1]) }),
      ("maximum", { $0.maximum(axis: 1) }),
    ]
    for (name, operation) in operations {
      let x = sampled([4, 7, 5], 1).variable()
      let y = operation(x)
      try PyTorchNumbers.expect(y, "\(name)/y")
      try PyTorchNumbers.expect(gradients(of: y, weight: sampled(y.shape, 99), at: [x])[0], "\(name)/dx")
    }
  }

  @Test(
    "Sums and maxima are what the loop says",
    arguments: [[1, 1, 1], [3, 65, 7], [2, 9, 130], [5, 1003, 1], [1, 3, 64]])
  func loops(shape: [Int]) {
    let x = sampled(shape, 5)
    let values = x.floats
    for axis in 0..<3 {
      let inner = shape[(axis + 1)...].reduce(1, *)
      var sums = [Double](repeating: 0, count: x.count / shape[axis])
      var tops = [Float](repeating: -.infinity, count: sums.count)
      for (i, value) in values.enumerated() {
        let place = i / (inner * shape[axis]) * inner + i % inner
        sums[place] += Double(value)
        tops[place] = max(tops[place], value)
      }
      #expect(relativeDistance(x.sum(axes: [axis]).floats.map(Double.init), sums) < 1e-7)
      #expect(x.maximum(axis: axis).floats == tops)
    }
  }

  @Test("A large sum keeps its digits, and equal maxima share the gradient")
  func edges() {
    let tenths = Tensor(repeating: 0.1, shape: [3_000_001])
    #expect(abs(tenths.sum().scalar / (Float(0.1) * 3_000_001) - 1) < 1e-7)
    let x = Tensor([2, 1, 2, -.infinity], shape: [4]).variable()
    #expect(gradients(of: x.maximum(axis: 0), at: [x])[0].floats == [0.5, 0, 0.5, 0])
    #expect(Tensor.zeros([0, 3]).sum(axes: [0]).floats == [0, 0, 0])
    #expect(Tensor(7).sum().scalar == 7)
  }
}
