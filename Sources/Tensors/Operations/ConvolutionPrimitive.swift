import Basics
import COneDNN
import Kernels

/// oneDNN's direct convolution for one shape, forward or one of its gradients.
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

  private static let cache = PrimitiveCache<Shape, ConvolutionPrimitive>()

  static func cached(_ shape: Shape) -> ConvolutionPrimitive {
    cache.primitive(shape) { ConvolutionPrimitive($0) }
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
    let status = onednn_convolution_make(primitive, &sizes, Processor.shared.engine)
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
    let status = onednn_convolution_reorder(primitive, Processor.shared.stream, from, to)
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
      primitive, Processor.shared.stream, input, weights, bias, output, scratchpad.pointer)
    withExtendedLifetime(scratchpad) {}
    demand(status == dnnl_success, "oneDNN cannot run \(shape): status \(status.rawValue)")
  }
}
