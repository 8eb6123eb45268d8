import Basics
import COneDNN
import COpenBLAS
import Kernels

/// The sizes of C = A B, or C += A B, of a number of matrices.
struct ProductShape: Hashable, Sendable {
  /// Where a matrix's numbers are: row after row, `row` numbers apart, and `matrix` numbers from one matrix to the next.
  struct Place: Hashable, Sendable {
    var row: Int
    var matrix = 0
    /// Whether the product reads rows as columns.
    var isTransposed = false

    /// oneDNN's, of a matrix that the product reads as so many rows and columns.
    func strides(_ rows: Int, _ columns: Int) -> (Int64, Int64, Int64) {
      // Of a single matrix the first says nothing; but oneDNN has no fast code for any that overlap.
      let matrix = Int64(max(matrix, row * (isTransposed ? columns : rows)))
      return isTransposed ? (matrix, 1, Int64(row)) : (matrix, Int64(row), 1)
    }
  }

  var matrices = 1
  /// Of C; `inner` are the columns of A and the rows of B.
  let rows, columns, inner: Int
  let a, b, c: Place
  /// Whether C's numbers are added to.
  var accumulates = false

  /// C = A B or C += A B, of two factors of one precision from those numbers on.
  func multiply(
    _ a: Factor, from startA: Int, by b: Factor, from startB: Int, into c: UnsafeMutablePointer<Float>
  ) {
    if let primitive = ProductPrimitive.fast(self, isNarrow: a.isNarrow) {
      return primitive.run(a.address(startA), b.address(startB), into: c)
    }
    multiply(a.storage.pointer + startA, by: b.storage.pointer + startB, into: c)
  }

  /// The same by OpenBLAS.
  func multiply(
    _ left: UnsafePointer<Float>, by right: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>
  ) {
    for matrix in 0..<matrices {
      cblas_sgemm(
        CblasRowMajor, self.a.isTransposed ? CblasTrans : CblasNoTrans, self.b.isTransposed ? CblasTrans : CblasNoTrans,
        blasint(rows), blasint(columns), blasint(inner), 1, left + matrix * self.a.matrix, blasint(self.a.row),
        right + matrix * self.b.matrix, blasint(self.b.row), accumulates ? 1 : 0, c + matrix * self.c.matrix,
        blasint(self.c.row))
    }
  }
}

/// oneDNN's product of matrices for one shape. With AVX-512 it takes 0.75 to 0.95 of OpenBLAS's time, and bfloat16 half of
/// that; without, OpenBLAS is the faster.
///
/// `@unchecked Sendable`: as ``ConvolutionPrimitive``.
final class ProductPrimitive: @unchecked Sendable {
  private struct Key: Hashable, Sendable {
    let shape: ProductShape
    let isNarrow: Bool
  }

  private static let cache = PrimitiveCache<Key, ProductPrimitive>()

  /// Products of fewer multiplications and additions are done before oneDNN has made code for them.
  private static let least = 1 << 20

  /// The primitive for a product that it does faster than OpenBLAS, or that OpenBLAS does not do at all.
  fileprivate static func fast(_ shape: ProductShape, isNarrow: Bool) -> ProductPrimitive? {
    guard isNarrow || isFaster(shape) else { return nil }
    let made = cached(Key(shape: shape, isNarrow: isNarrow))
    return isNarrow || made.isFast ? made : nil
  }

  /// Whether a product of floats is oneDNN's, which divides it among all threads.
  static func isFaster(_ shape: ProductShape) -> Bool {
    shape.rows * shape.columns * shape.inner >= least && kernel_is_in_parallel() == 0 && multipliesFaster
  }

  private static func cached(_ key: Key) -> ProductPrimitive { cache.primitive(key) { ProductPrimitive($0) } }

  private static func isFast(isNarrow: Bool) -> Bool {
    let place = ProductShape.Place(row: 256)
    return cached(
      Key(shape: ProductShape(rows: 256, columns: 256, inner: 256, a: place, b: place, c: place), isNarrow: isNarrow)
    ).isFast
  }

  /// Whether oneDNN has code of its own for floats on this processor, and whether for bfloat16.
  private static let multipliesFaster = isFast(isNarrow: false)
  static let multipliesBFloat16 = isFast(isNarrow: true)

  private let key: Key
  private let primitive: UnsafeMutablePointer<onednn_product>
  private let isFast: Bool

  private init(_ key: Key) {
    self.key = key
    primitive = .allocate(capacity: 1)
    let shape = key.shape
    var sizes = onednn_product_shape(
      batch: Int64(shape.matrices), rows: Int64(shape.rows), columns: Int64(shape.columns), inner: Int64(shape.inner),
      a_strides: shape.a.strides(shape.rows, shape.inner), b_strides: shape.b.strides(shape.inner, shape.columns),
      c_strides: shape.c.strides(shape.rows, shape.columns),
      bfloat16: key.isNarrow ? 1 : 0, accumulates: shape.accumulates ? 1 : 0)
    let status = onednn_product_make(primitive, &sizes, Processor.shared.engine)
    // A processor without such numbers has no product of them.
    demand(
      status == dnnl_success || (key.isNarrow && status == dnnl_unimplemented),
      "oneDNN makes no product of \(shape): status \(status.rawValue)")
    isFast = status == dnnl_success && onednn_product_is_fast(primitive) != 0
  }

  deinit {
    onednn_product_free(primitive)
    primitive.deallocate()
  }

  fileprivate func run(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, into c: UnsafeMutablePointer<Float>) {
    let scratchpad = Storage(count: primitive.pointee.scratchpad_bytes / 4 + 1)
    let status = onednn_product_run(primitive, Processor.shared.stream, a, b, c, scratchpad.pointer)
    withExtendedLifetime(scratchpad) {}
    demand(status == dnnl_success, "oneDNN cannot run \(key.shape): status \(status.rawValue)")
  }
}
