import Basics
import COpenBLAS

/// Ridge regressions on one set of rows: c that makes |y − ȳ − Zc|² + λ|c|² smallest, with Z the rows, each feature with mean 0 and
/// deviation 1.
///
/// c = (ZᵀZ + λI)⁻¹ Zᵀ(y − ȳ) (Hoerl and Kennard 1970), and where there are more features than rows the same by the dual form,
/// c = Zᵀ (ZZᵀ + λI)⁻¹ (y − ȳ) (Saunders, Gammerman and Vovk 1998). The smaller matrix is made once for all values and strengths.
public struct RidgeRegression {
  /// A linear function of a row as it was given, not standardised.
  public struct Fit: Sendable {
    public let slopes: [Double]
    public let constant: Double

    public func callAsFunction(_ row: [Double]) -> Double {
      var sum = constant
      for (slope, value) in zip(slopes, row) { sum += slope * value }
      return sum
    }
  }

  private let rows, features: Int
  private let means, deviations: [Double]
  /// Z [rows, features].
  private let standardized: [Double]
  private let isDual: Bool
  /// ZᵀZ [features, features], or ZZᵀ [rows, rows]; its upper triangle.
  private let products: [Double]
  /// The mean eigenvalue of `products`.
  private let scale: Double

  /// - Parameter given: At least two rows of one length.
  public init(_ given: [[Double]]) {
    demand(given.count > 1 && !given[0].isEmpty, "a regression on \(given.count) rows")
    (rows, features) = (given.count, given[0].count)
    demand(given.allSatisfy { [features] in $0.count == features }, "rows of several lengths")
    let count = Double(rows)
    var means = [Double](repeating: 0, count: features)
    for row in given { for (place, value) in row.enumerated() { means[place] += value / count } }
    var squares = [Double](repeating: 0, count: features)
    for row in given {
      for (place, value) in row.enumerated() {
        let distance = value - means[place]
        squares[place] += distance * distance / count
      }
    }
    // What does not vary, but for what rounding makes of it, is left as it is: its slope is then 0.
    let deviations = zip(squares, means).map { square, mean in
      square > 1e-20 * (mean * mean + 1e-20) ? square.squareRoot() : .infinity
    }
    (self.means, self.deviations) = (means, deviations)
    standardized = given.flatMap { row in row.indices.map { (row[$0] - means[$0]) / deviations[$0] } }
    isDual = features > rows
    let order = isDual ? rows : features
    var products = [Double](repeating: 0, count: order * order)
    cblas_dsyrk(
      CblasRowMajor, CblasUpper, isDual ? CblasNoTrans : CblasTrans, Int32(order), Int32(isDual ? features : rows), 1,
      standardized, Int32(features), 0, &products, Int32(order))
    self.products = products
    let trace = (0..<order).reduce(0.0) { [products] in $0 + products[$1 * order + $1] }
    scale = trace > 0 ? trace / Double(order) : 1
  }

  /// The regressions of several lists of values, each with a value for each row.
  /// - Parameter strength: λ as a multiple of the mean eigenvalue of the smaller matrix, so that one strength suits layers of
  ///   all sizes; above 0.
  public func fits(_ values: [[Double]], strength: Double) -> [Fit] {
    demand(strength > 0, "a ridge of strength \(strength)")
    demand(values.allSatisfy { $0.count == rows }, "\(values.map(\.count)) values for \(rows) rows")
    guard !values.isEmpty else { return [] }
    let order = isDual ? rows : features
    let levels = values.map { $0.reduce(0, +) / Double(rows) }
    let centred = zip(values, levels).flatMap { list, level in list.map { $0 - level } }  // [lists, rows]
    var right = isDual ? centred : product(centred, lists: values.count)
    var matrix = products
    for place in 0..<order { matrix[place * order + place] += strength * scale }
    var (size, lists, status) = (Int32(order), Int32(values.count), Int32(0))
    // Row by row the upper triangle is LAPACK's lower one, and a row of values one of its columns.
    withUnsafePointer(to: &size) { size in
      withUnsafePointer(to: &lists) { lists in dposv_("L", size, lists, &matrix, size, &right, size, &status) }
    }
    demand(status == 0, "the equations of \(rows) rows for \(features) features have no one solution")
    let found = isDual ? product(right, lists: values.count) : right
    return values.indices.map { list in
      let slopes = (0..<features).map { found[list * features + $0] / deviations[$0] }
      var constant = levels[list]
      for (slope, mean) in zip(slopes, means) { constant -= slope * mean }
      return Fit(slopes: slopes, constant: constant)
    }
  }

  /// Lists [lists, rows] times Z: [lists, features].
  private func product(_ values: [Double], lists: Int) -> [Double] {
    var found = [Double](repeating: 0, count: lists * features)
    cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(lists), Int32(features), Int32(rows), 1, values, Int32(rows),
      standardized, Int32(features), 0, &found, Int32(features))
    return found
  }
}
