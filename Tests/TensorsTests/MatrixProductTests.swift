import TestSupport
import Testing

@testable import Tensors

@Suite struct MatrixProductTests {
  @Test(
    "Derivatives with either operand transposed",
    arguments: [(false, false), (false, true), (true, false), (true, true)])
  func derivatives(transposed: (Bool, Bool)) {
    func oriented(_ leading: [Int], _ rows: Int, _ columns: Int, _ exchanged: Bool, _ seed: UInt64) -> Tensor {
      sampled(leading + (exchanged ? [columns, rows] : [rows, columns]), seed)
    }
    for (a, b) in [([], []), ([3], [3]), ([2], []), ([], [2]), ([2, 1], [3]), ([1], [2]), ([5], [])]
      as [([Int], [Int])]
    {
      let inputs = [oriented(a, 2, 3, transposed.0, 1), oriented(b, 3, 4, transposed.1, 2)]
      expectDerivatives(at: inputs) {
        $0[0].matrixProduct($0[1], transposeSelf: transposed.0, transposeOther: transposed.1)
      }
    }
  }

  @Test(
    "PyTorch's numbers",
    arguments: [
      ("broadcast", [2, 1, 5, 7], [3, 7, 6]), ("rows", [4, 9, 13], [13, 11]),
      ("attention", [3, 130, 48], [3, 48, 131]), ("linear", [70, 299], [299, 257]),
    ] as [(String, [Int], [Int])])
  func numbers(name: String, shapeA: [Int], shapeB: [Int]) throws {
    let (plainA, plainB) = (sampled(shapeA, 1), sampled(shapeB, 2))
    for (ta, tb) in [(false, false), (false, true), (true, false), (true, true)] {
      let (a, b) = (plainA.variable(), plainB.variable())
      let y = (ta ? a.transposed() : a).matrixProduct(
        tb ? b.transposed() : b, transposeSelf: ta, transposeOther: tb)
      try PyTorchNumbers.expect(y, "matrixProduct.\(name)/y")
      let found = gradients(of: y, weight: sampled(y.shape, 99), at: [a, b])
      try PyTorchNumbers.expect(found[0], "matrixProduct.\(name)/da")
      try PyTorchNumbers.expect(found[1], "matrixProduct.\(name)/db")
    }
  }

  @Test("What is empty multiplies to zeros or to nothing")
  func empty() {
    #expect(Tensor.zeros([2, 0]).matrixProduct(.zeros([0, 3])).floats == [0, 0, 0, 0, 0, 0])
    #expect(Tensor.zeros([4, 2, 0]).matrixProduct(.zeros([4, 0, 1])).shape == [4, 2, 1])
    #expect(Tensor.zeros([4, 2, 0]).matrixProduct(.zeros([0, 1])).floats == [Float](repeating: 0, count: 8))
    #expect(Tensor.zeros([0, 2, 3]).matrixProduct(.zeros([3, 1])).shape == [0, 2, 1])
    #expect(Tensor.zeros([0, 3]).matrixProduct(.zeros([3, 2])).shape == [0, 2])
    let (a, b) = (Tensor.zeros([0, 3]).variable(), Tensor.zeros([3, 2]).variable())
    #expect(gradients(of: a.matrixProduct(b), at: [b])[0].floats == [0, 0, 0, 0, 0, 0])
  }
}
