import Basics
import COpenBLAS

/// The eigenvalues of a symmetric matrix, the smallest first, with eigenvectors of length 1, by LAPACK's `dsyev`.
/// - Parameter matrix: Its rows, [n][n], all finite; only the upper triangle is read.
/// - Returns: `vectors` are in the order of `values`; the sign of each is LAPACK's choice.
public func symmetricEigenvectors(_ matrix: [[Double]]) -> (values: [Double], vectors: [[Double]]) {
  let count = matrix.count
  demand(matrix.allSatisfy { $0.count == count && $0.allSatisfy(\.isFinite) }, "a matrix of \(count) rows")
  guard count > 0 else { return ([], []) }
  var flat = matrix.flatMap { $0 }
  var values = [Double](repeating: 0, count: count)
  let (order, size) = (Int32(count), Int32(34 * count))  // blocks of 32, LAPACK's own choice
  var work = [Double](repeating: 0, count: Int(size))
  var status: Int32 = 0
  withUnsafePointer(to: order) { order in
    withUnsafePointer(to: size) { size in
      // Row by row the upper triangle is LAPACK's lower one, and its columns are rows.
      dsyev_("V", "L", order, &flat, order, &values, &work, size, &status)
    }
  }
  demand(status == 0, "the eigenvalues of \(count) rows did not converge")
  return (values, (0..<count).map { Array(flat[($0 * count)..<(($0 + 1) * count)]) })
}
