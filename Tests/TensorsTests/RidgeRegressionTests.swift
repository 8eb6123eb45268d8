import Basics
import TestSupport
import Testing

@testable import Tensors

@Suite("Ridge regression")
struct RidgeRegressionTests {
  static func rows(_ count: Int, features: Int, seed: UInt64) -> [[Double]] {
    var generator = SeededGenerator(seed: seed)
    // Features of several sizes, far from zero.
    return (0..<count).map { _ in
      (0..<features).map { Double($0 + 1) * generator.normal() + 10 * Double($0) }
    }
  }

  /// Each feature with mean 0 and deviation 1, with what it was divided by.
  static func standardized(_ rows: [[Double]]) -> (rows: [[Double]], means: [Double], deviations: [Double]) {
    let count = Double(rows.count)
    let means = rows[0].indices.map { place in rows.reduce(0) { $0 + $1[place] } / count }
    let deviations = rows[0].indices.map { place in
      (rows.reduce(0) { $0 + ($1[place] - means[place]) * ($1[place] - means[place]) } / count).squareRoot()
    }
    let found = rows.map { row in row.indices.map { (row[$0] - means[$0]) / deviations[$0] } }
    return (found, means, deviations)
  }

  @Test(
    "Slopes solve the normal equations of standardised features, by the primal and by the dual form",
    arguments: [(20, 4), (9, 9), (6, 15)], [1e-3, 1, 100])
  func twin(size: (rows: Int, features: Int), strength: Double) {
    let rows = Self.rows(size.rows, features: size.features, seed: 1)
    var generator = SeededGenerator(seed: 2)
    let values = rows.map { _ in 5 + generator.normal() }
    let fit = RidgeRegression(rows).fits([values], strength: strength)[0]
    let (own, means, deviations) = Self.standardized(rows)
    let level = values.reduce(0, +) / Double(values.count)
    // Σ z² is rows × features, spread over the smaller matrix's eigenvalues.
    let ridge = strength * Double(size.rows * size.features) / Double(min(size.rows, size.features))
    let expected = leastSquares(own, values.map { $0 - level }, ridge: ridge)
    let slopes = zip(expected, deviations).map { $0 / $1 }
    #expect(relativeDistance(fit.slopes, slopes) < 1e-8)
    let constant = level - zip(slopes, means).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(fit.constant - constant) < 1e-8 * max(1, abs(constant)))
    for row in rows {
      let predicted = level + zip(own[rows.firstIndex(of: row)!], expected).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(fit(row) - predicted) < 1e-8 * max(1, abs(predicted)))
    }
  }

  /// One feature, by hand: z = (−1, 0, 1) · √(3/2), zᵀz = 3, zᵀy = 2 √(3/2); c = zᵀy / (3 + 3) and the slope is c / √(2/3).
  @Test("Three rows of one feature, by hand")
  func byHand() {
    let fit = RidgeRegression([[1], [2], [3]]).fits([[4, 7, 6]], strength: 1)[0]
    #expect(abs(fit.slopes[0] - 0.5) < 1e-12)
    #expect(abs(fit.constant - (17.0 / 3 - 1)) < 1e-12)
  }

  @Test("The dual form, taken where a constant feature makes them more than the rows, has the primal's slopes")
  func dual() {
    let rows = Self.rows(8, features: 8, seed: 3)
    let values = rows.map { $0[0] - $0[3] + $0[5] * $0[5] }
    let primal = RidgeRegression(rows).fits([values], strength: 0.1)[0]
    let dual = RidgeRegression(rows.map { $0 + [7] }).fits([values], strength: 0.1)[0]
    #expect(relativeDistance(dual.slopes, primal.slopes + [0]) < 1e-9)
    #expect(abs(dual.constant - primal.constant) < 1e-9 * abs(primal.constant))
  }

  @Test("Several lists at once are each as alone", arguments: [5, 40])
  func together(features: Int) {
    let rows = Self.rows(12, features: features, seed: 4)
    let lists = (0..<3).map { list in rows.map { $0[list] * $0[list + 1] } }
    let regression = RidgeRegression(rows)
    for (fit, list) in zip(regression.fits(lists, strength: 0.5), lists) {
      #expect(relativeDistance(fit.slopes, regression.fits([list], strength: 0.5)[0].slopes) < 1e-10)
    }
  }

  @Test("Of features that do not vary the prediction is the mean")
  func constant() {
    let fit = RidgeRegression([[1, 2], [1, 2], [1, 2]]).fits([[3, 4, 8]], strength: 1)[0]
    #expect(fit.slopes == [0, 0] && fit([9, 9]) == 5)
  }
}
