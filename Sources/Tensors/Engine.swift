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
    ]
  }

  /// Lets each thread take the buffer that OpenBLAS gives it at its first product, where the address space has a limit:
  /// once the rest is used, OpenBLAS would ask for one for ever.
  public static func reserveBuffers() {
    guard kernel_is_memory_limited() != 0 else { return }
    // One product on all threads, then several at a time.
    for matrices in [1, 4 * Threads.count] {
      let factor = Tensor.zeros([matrices, 256, 256])
      _ = factor.matrixProduct(factor)
    }
  }
}
