import Basics
import COneDNN
import Kernels

/// oneDNN's CPU, and the stream that runs on the calling thread.
struct Processor: @unchecked Sendable {
  let engine: dnnl_engine_t
  private let made: dnnl_stream_t

  /// The stream, for the calling thread.
  var stream: dnnl_stream_t {
    // oneDNN divides its work among as many threads as there are to be, and leaves out what those do that do not come.
    kernel_expect_all_threads()
    return made
  }

  static let shared = Processor()

  private init() {
    var engine: dnnl_engine_t?
    var stream: dnnl_stream_t?
    demand(dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success, "oneDNN has no CPU engine")
    demand(
      dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue)) == dnnl_success,
      "oneDNN has no stream")
    (self.engine, made) = (engine!, stream!)
  }
}
