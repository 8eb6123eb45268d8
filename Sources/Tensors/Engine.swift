import Basics
import COneDNN
import COpenBLAS
import Kernels

/// The libraries, threads and vectors that tensors are computed with.
public enum Engine {
  /// Libraries and their versions, threads, vector width, as lines of text.
  public static var description: [(name: String, value: String)] {
    let oneDNN = dnnl_version().pointee
    return [
      ("threads", String(Threads.count)),
      ("channels in a block", "\(Layout.block) (\(Layout.block == 16 ? "AVX-512" : "AVX2 or less"))"),
      ("oneDNN", "\(oneDNN.major).\(oneDNN.minor).\(oneDNN.patch)"),
      ("OpenBLAS", String(cString: openblas_get_config())),
      ("bfloat16", ProductPrimitive.multipliesBFloat16 ? "the processor's products" : "products of rounded float32"),
    ]
  }

  /// Lets each thread take the buffer that OpenBLAS gives it at its first product, where the address space has a limit:
  /// once the rest is used, OpenBLAS would ask for one for ever.
  public static func reserveBuffers() {
    guard kernel_is_memory_limited() != 0 else { return }
    // One product on all threads, then several at a time.
    let (factor, place) = (Tensor.zeros([4 * Threads.count, 256, 256]), ProductShape.Place(row: 256))
    let product = ProductShape(rows: 256, columns: 256, inner: 256, a: place, b: place, c: place)
    _ = Tensor([256, 256]) { product.multiply(factor.storage.pointer, by: factor.storage.pointer, into: $0) }
    _ = factor.matrixProduct(factor)
  }
}
