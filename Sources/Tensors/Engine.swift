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
}
