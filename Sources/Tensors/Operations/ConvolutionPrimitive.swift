import Basics
import COneDNN
import Kernels

/// oneDNN's direct convolution for one shape, forward or one of its gradients, kept for the next call of that shape.
///
/// `@unchecked Sendable`: nothing in it changes after `init`, and every run brings its own buffers, so that oneDNN
/// allows runs from several threads at once.
final class ConvolutionPrimitive: @unchecked Sendable {
  struct Shape: Hashable {
    enum Direction { case forward, inputGradient, weightGradient }
    var direction: Direction
    var batch, channels, rows, columns, filters, kernelRows, kernelColumns: Int
    var padding: Padding
    var bias = false
  }

  private static let cacheLimit = 512
  private static let cache = Locked<[Shape: ConvolutionPrimitive]>([:])

  /// The CPU, and the stream that runs on the calling thread.
  private struct Processor: @unchecked Sendable {
    let engine: dnnl_engine_t
    let stream: dnnl_stream_t

    init() {
      var engine: dnnl_engine_t?
      var stream: dnnl_stream_t?
      demand(dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success, "oneDNN has no CPU engine")
      demand(
        dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue)) == dnnl_success,
        "oneDNN has no stream")
      (self.engine, self.stream) = (engine!, stream!)
    }
  }
  private static let processor = Processor()

  static func cached(_ shape: Shape) -> ConvolutionPrimitive {
    cache.withLock { cache in
      if let made = cache[shape] { return made }
      // Clips of every length would fill the memory with code; oneDNN's own cache makes the loss smaller.
      if cache.count >= cacheLimit { cache.removeAll() }
      let made = ConvolutionPrimitive(shape)
      cache[shape] = made
      return made
    }
  }

  let shape: Shape
  private let primitive: UnsafeMutablePointer<onednn_convolution>

  private init(_ shape: Shape) {
    self.shape = shape
    primitive = .allocate(capacity: 1)
    let direction =
      switch shape.direction {
      case .forward: onednn_forward
      case .inputGradient: onednn_input_gradient
      case .weightGradient: onednn_weight_gradient
      }
    var sizes = onednn_convolution_shape(
      direction: direction, batch: Int64(shape.batch), channels: Int64(shape.channels),
      rows: Int64(shape.rows),
      columns: Int64(shape.columns), filters: Int64(shape.filters), kernel_rows: Int64(shape.kernelRows),
      kernel_columns: Int64(shape.kernelColumns), top: Int64(shape.padding.top),
      left: Int64(shape.padding.left),
      bottom: Int64(shape.padding.bottom), right: Int64(shape.padding.right), block: Int32(Layout.block),
      bias: shape.bias ? 1 : 0)
    let status = onednn_convolution_make(primitive, &sizes, Self.processor.engine)
    demand(status == dnnl_success, "oneDNN makes no convolution of \(shape): status \(status.rawValue)")
  }

  deinit {
    onednn_convolution_free(primitive)
    primitive.deallocate()
  }

  /// Whether oneDNN has only plain loops for the shape on this processor: with AVX2, the weights' gradient of a 3 × 3 kernel over
  /// two rows or one.
  var isSlow: Bool { onednn_convolution_is_reference(primitive) != 0 }

  /// Floats in the primitive's own layout of the weights.
  var weightCount: Int { primitive.pointee.weights_bytes / 4 }

  /// Weights from [filters, channels, kernel rows, kernel columns] to the primitive's layout; back for a weight gradient.
  func reorder(_ from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>) {
    let status = onednn_convolution_reorder(primitive, Self.processor.stream, from, to)
    demand(status == dnnl_success, "oneDNN cannot reorder weights of \(shape)")
  }

  /// Reads two of the three (weights in the primitive's layout, the others blocked) and writes the third.
  func run(
    input: UnsafeMutablePointer<Float>, weights: UnsafeMutablePointer<Float>,
    bias: UnsafePointer<Float>? = nil, output: UnsafeMutablePointer<Float>
  ) {
    // oneDNN divides the work among all threads; inside a parallel loop it has one, which waits for the others for ever.
    demand(kernel_is_in_parallel() == 0, "a convolution inside parallel(_:grain:_:)")
    let scratchpad = Storage(count: primitive.pointee.scratchpad_bytes / 4 + 1)
    let status = onednn_convolution_run(
      primitive, Self.processor.stream, input, weights, bias, output, scratchpad.pointer)
    withExtendedLifetime(scratchpad) {}
    demand(status == dnnl_success, "oneDNN cannot run \(shape): status \(status.rawValue)")
  }
}
