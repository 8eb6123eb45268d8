import Foundation
import Tensors
import TestSupport
import Testing

/// The step of a nonnegative factorization against plain loops.
@Suite struct FactorStepTests {
  @Test(
    "Each factor as the loops have it, for any rows, columns and components",
    arguments: [(1, 1, 1), (3, 15, 2), (4, 16, 8), (5, 17, 9), (11, 70, 40), (513, 313, 8)], 0...2)
  func steps(shape: (rows: Int, columns: Int, count: Int), beta: Int) {
    let (rows, columns, count) = shape
    // Zeros in V, and a first row of W whose products are all under the least.
    let v = sampled([rows, columns], 1).floats.map { max(0, $0) }
    let w = sampled([rows, count], 2).floats.enumerated().map { $0.offset < count ? 1e-9 : abs($0.element) + 0.01 }
    let h = sampled([columns, count], 3).floats.map { abs($0) + 0.01 }
    let least: Float = 1e-6
    let found = Tensor(v, shape: [rows, columns]).factorStep(
      Tensor(w, shape: [rows, count]), Tensor(h, shape: [columns, count]), beta: beta, least: least
    ).floats

    for i in 0..<rows {
      let products = (0..<columns).map { j in
        (0..<count).reduce(0) { $0 + Double(w[i * count + $1]) * Double(h[j * count + $1]) }
      }
      for k in 0..<count {
        var (numerator, divisor) = (0.0, 0.0)
        for j in 0..<columns {
          let (x, other) = (max(Double(least), products[j]), Double(h[j * count + k]))
          numerator += Double(v[i * columns + j]) * other * pow(x, Double(beta - 2))
          divisor += other * (beta == 2 ? products[j] : pow(x, Double(beta - 1)))
        }
        let ratio = numerator / max(Double(least), divisor)
        let expected = Double(w[i * count + k]) * (beta == 0 ? ratio.squareRoot() : ratio)
        // All terms are positive: each sum rounds off some parts in 10⁷.
        #expect(abs(Double(found[i * count + k]) - expected) <= 4e-6 * expected)
      }
    }
  }
}
