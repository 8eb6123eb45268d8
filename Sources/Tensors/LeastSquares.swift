import Basics
import COpenBLAS

/// The coefficients c that make Σ (row · c − value)² + ridge |c|² smallest, by the normal equations.
/// - Parameters:
///   - rows: Rows of one length; there may be fewer rows than coefficients where `ridge` is positive.
///   - constant: Whether the last coefficient is a constant term, to which the ridge does not apply.
public func leastSquares(
  _ rows: [[Double]], _ values: [Double], ridge: Double, constant: Bool = false
) -> [Double] {
  demand(rows.count == values.count, "\(values.count) values for \(rows.count) rows")
  guard let count = rows.first?.count, count > 0 else { return [] }
  let flat = rows.flatMap { $0 }
  var matrix = [Double](repeating: 0, count: count * count)
  var right = [Double](repeating: 0, count: count)
  let (rowCount, width) = (Int32(rows.count), Int32(count))
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, width, rowCount, 1, flat, width, 0, &matrix, width)
  cblas_dgemv(CblasRowMajor, CblasTrans, rowCount, width, 1, flat, width, values, 1, 0, &right, 1)
  for place in 0..<(constant ? count - 1 : count) { matrix[place * count + place] += ridge }
  // Row by row the upper triangle is LAPACK's lower one.
  var status: Int32 = 0
  withUnsafePointer(to: width) { width in
    withUnsafePointer(to: 1) { (one: UnsafePointer<Int32>) in
      dposv_("L", width, one, &matrix, width, &right, width, &status)
    }
  }
  demand(status == 0, "the equations of \(rows.count) rows for \(count) coefficients have no one solution")
  return right
}
