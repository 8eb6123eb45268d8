import COneDNN
import COpenBLAS
import Kernels

/// What computes here.
public enum Engine {
  /// Libraries and their versions, threads, vector width, in lines for a person.
  public static var description: [(name: String, value: String)] {
    let oneDNN = dnnl_version().pointee
    return [
      ("threads", String(kernel_thread_count())),
      ("channels in a block", "\(Layout.block) (\(Layout.block == 16 ? "AVX-512" : "AVX2 or less"))"),
      ("oneDNN", "\(oneDNN.major).\(oneDNN.minor).\(oneDNN.patch)"),
      ("OpenBLAS", String(cString: openblas_get_config())),
    ]
  }
}
