import Basics
import COpenBLAS

/// A matrix of a product, row-major: where it begins, floats from one row to the next, and whether it is read with rows and
/// columns exchanged.
struct ProductFactor {
  let start: UnsafePointer<Float>
  let stride: Int
  var isTransposed = false

  /// The factor from its row, or its column, of that number on, as the product reads them.
  func from(row: Int = 0, column: Int = 0) -> ProductFactor {
    let (down, right) = isTransposed ? (column, row) : (row, column)
    return ProductFactor(start: start + down * stride + right, stride: stride, isTransposed: isTransposed)
  }
}

/// Rows or columns that a thread takes at once: whole vectors.
private let unit = 16

/// c = a b, or c + a b where `adds`: [rows, inner] × [inner, columns], each thread for a part of the longer side.
///
/// OpenBLAS would let its threads share what each has packed, and wait for each other: this way is 5 to 18 % faster on two.
func multiply(
  _ a: ProductFactor, _ b: ProductFactor, into c: UnsafeMutablePointer<Float>, stride: Int, rows: Int, columns: Int,
  inner: Int, adds: Bool = false
) {
  func part(_ a: ProductFactor, _ b: ProductFactor, _ c: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int) {
    cblas_sgemm(
      CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
      blasint(rows), blasint(columns), blasint(inner), 1, a.start, blasint(a.stride), b.start, blasint(b.stride),
      adds ? 1 : 0, c, blasint(stride))
  }
  let (long, short) = (max(rows, columns), min(rows, columns))
  // No less work than is worth a thread.
  let grain = max(1, 200_000 / max(1, unit * short * inner))
  parallel((long + unit - 1) / unit, grain: grain) { units in
    let (first, count) = (units.lowerBound * unit, min(units.count * unit, long - units.lowerBound * unit))
    if rows >= columns {
      part(a.from(row: first), b, c + first * stride, count, columns)
    } else {
      part(a, b.from(column: first), c + first, rows, count)
    }
  }
}
