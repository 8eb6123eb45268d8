import TestSupport
import Testing

@testable import Tensors

@Suite struct BandProductTests {
  /// Runs at the start, in the middle, at the end, of one value, of none.
  let matrix: Tensor = {
    var values = sampled([5, 21], 1).floats
    for (row, run) in [0..<4, 3..<17, 16..<21, 9..<10, 0..<0].enumerated() {
      for column in 0..<21 where !run.contains(column) { values[row * 21 + column] = 0 }
    }
    return Tensor(values, shape: [5, 21])
  }()

  @Test("Is the dense matrix's product, for frames around a multiple of sixteen", arguments: [1, 15, 16, 17, 313])
  func product(frames: Int) {
    let x = sampled([3, frames, 21], 2)
    let found = x.product(with: BandMatrix(matrix))
    #expect(found.shape == [3, 5, frames])
    #expect(relativeDistance(found, matrix.matrixProduct(x, transposeOther: true)) < 1e-6)
  }

  @Test("Derivatives")
  func derivatives() {
    let bands = BandMatrix(matrix)
    expectDerivatives(at: [sampled([2, 18, 21], 2)]) { $0[0].product(with: bands) }
  }
}
