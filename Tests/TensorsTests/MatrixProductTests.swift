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

  /// Σ a b of one matrix as it is written, in double.
  private func slow(_ a: Tensor, _ b: Tensor, _ ta: Bool, _ tb: Bool) -> [Double] {
    let (x, y) = (a.floats, b.floats)
    let (columnsA, columnsB) = (a.shape[1], b.shape[1])
    let (m, k) = ta ? (columnsA, a.shape[0]) : (a.shape[0], columnsA)
    let n = tb ? b.shape[0] : columnsB
    return (0..<m).flatMap { row in
      (0..<n).map { column in
        (0..<k).reduce(0.0) { sum, i in
          let left = x[ta ? i * columnsA + row : row * columnsA + i]
          return sum + Double(left) * Double(y[tb ? column * columnsB + i : i * columnsB + column])
        }
      }
    }
  }

  @Test("Products large enough for code of their own are the sums as written", arguments: Precision.allCases)
  func large(precision: Precision) {
    func read(_ x: Tensor) -> Tensor { precision == .bfloat16 ? x.roundedToBFloat16() : x }
    let (m, k, n) = (131, 97, 109)
    for (ta, tb) in [(false, false), (false, true), (true, false), (true, true)] {
      let (a, b) = (sampled([3] + (ta ? [k, m] : [m, k]), 1), sampled([3] + (tb ? [n, k] : [k, n]), 2))
      let (x, y) = (a.variable(), b.variable())
      let product = x.matrixProduct(y, transposeSelf: ta, transposeOther: tb, precision: precision)
      let dy = sampled(product.shape, 3)
      let found = gradients(of: product, weight: dy, at: [x, y])
      for i in 0..<3 {
        func part(_ x: Tensor) -> Tensor { x.slice(axis: 0, i..<(i + 1)).reshaped(Array(x.shape.dropFirst())) }
        let (left, right, slope) = (read(part(a)), read(part(b)), read(part(dy)))
        let single = part(a).matrixProduct(part(b), transposeSelf: ta, transposeOther: tb, precision: precision)
        let expected = slow(left, right, ta, tb)
        #expect(relativeDistance(part(product), expected) < 1e-6)
        #expect(relativeDistance(single, expected) < 1e-6)
        let da = ta ? slow(right, slope, tb, true) : slow(slope, right, false, !tb)
        let db = tb ? slow(slope, left, true, ta) : slow(left, slope, !ta, false)
        #expect(relativeDistance(part(found[0]), da) < 1e-6)
        #expect(relativeDistance(part(found[1]), db) < 1e-6)
      }
    }
  }

  @Test("A weight that has changed is read anew", arguments: Precision.allCases)
  func changed(precision: Precision) {
    let x = sampled([130, 96], 1)
    var weight = sampled([110, 96], 2)
    func product() -> [Float] { x.affine(weight: weight, bias: .zeros([110]), precision: precision).floats }
    let before = product()
    #expect(product() == before)
    weight.withMutableFloats { for i in $0.indices { $0[i] *= 2 } }
    #expect(product() == before.map { 2 * $0 })
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
    let none = Tensor.zeros([0, 2, 3]).matrixProduct(.zeros([0, 3, 4]), precision: .bfloat16)
    #expect(none.shape == [0, 2, 4])
  }
}
