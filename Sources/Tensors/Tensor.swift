import Basics
import Kernels

/// The order of a tensor's floats in memory. Operations that can work on either do; the others reorder their inputs.
enum Layout {
  /// Floats in order of their indices, the last index varying fastest.
  case rowMajor
  /// [batch, channels, rows, columns] as [batch, ⌈channels/block⌉, rows, columns, block], filled up with zeros: oneDNN's
  /// nChw16c or nChw8c, in which a convolution reads and writes whole vectors.
  case blocked

  /// Channels in a block: 16 with AVX-512, 8 without.
  static let block = Int(kernel_channel_block())
}

/// An array of float32 of any rank, immutable, with an optional place in the graph of gradients.
///
/// Copies share their storage. An operation's result records how it was made if one of its inputs is recorded: see
/// ``Tensor/variable()`` and ``gradients(of:at:)``.
public struct Tensor {
  /// Sizes of the dimensions; [] for a single number.
  public let shape: [Int]
  private(set) var storage: Storage
  let layout: Layout
  let node: Node?

  public var rank: Int { shape.count }
  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  init(shape: [Int], storage: Storage, layout: Layout = .rowMajor, node: Node? = nil) {
    self.shape = shape
    self.storage = storage
    self.layout = layout
    self.node = node
  }

  /// A new tensor, all of whose floats `fill` writes.
  init(_ shape: [Int], layout: Layout = .rowMajor, fill: (UnsafeMutablePointer<Float>) -> Void) {
    demand(shape.allSatisfy { $0 >= 0 }, "a size below zero in \(shape)")
    let storage = Storage(count: Self.storedCount(shape, layout))
    fill(storage.pointer)
    self.init(shape: shape, storage: storage, layout: layout)
  }

  /// The number of floats that a tensor of this shape takes in this layout.
  static func storedCount(_ shape: [Int], _ layout: Layout) -> Int {
    guard layout == .blocked else { return shape.reduce(1, *) }
    return shape[0] * blocks(shape[1]) * Layout.block * shape[2] * shape[3]
  }

  /// The number of blocks that hold so many channels.
  static func blocks(_ channels: Int) -> Int { (channels + Layout.block - 1) / Layout.block }

  /// A tensor of `values` in row-major order.
  public init(_ values: some Collection<Float>, shape: [Int]) {
    demand(
      values.count == shape.reduce(1, *), "\(values.count) values do not fill the shape \(shape)")
    self.init(shape) { out in
      _ = UnsafeMutableBufferPointer(start: out, count: values.count).initialize(from: values)
    }
  }

  public init(_ value: Float) { self.init([value], shape: []) }

  public init(repeating value: Float, shape: [Int]) {
    self.init(shape) { $0.update(repeating: value, count: shape.reduce(1, *)) }
  }

  /// A tensor whose values are not to be used, and whose memory is not touched: it stands for one that is missing.
  public static func placeholder(_ shape: [Int]) -> Tensor { Tensor(shape) { _ in } }

  public static func zeros(_ shape: [Int]) -> Tensor { Tensor(repeating: 0, shape: shape) }
  public static func ones(_ shape: [Int]) -> Tensor { Tensor(repeating: 1, shape: shape) }

  /// Calls `body` with the floats in row-major order, which are valid only during the call.
  public func withFloats<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    let plain = rowMajor
    return try withExtendedLifetime(plain) {
      try body(UnsafeBufferPointer(start: plain.storage.pointer, count: count))
    }
  }

  /// Changes the floats, in row-major order: in place where no other tensor shares them, else in a copy, as those of a
  /// mapped file, which others may read. The result is outside any graph.
  public mutating func withMutableFloats(_ body: (UnsafeMutableBufferPointer<Float>) -> Void) {
    if layout != .rowMajor || node != nil { self = rowMajor.detached }
    if !storage.isOwn || !isKnownUniquelyReferenced(&storage) {
      let copy = Storage(count: count)
      copy.pointer.update(from: storage.pointer, count: count)
      storage = copy
    }
    storage.willChange()
    withExtendedLifetime(storage) { body(UnsafeMutableBufferPointer(start: storage.pointer, count: count)) }
  }

  /// The result of an element-wise function that reads these floats and writes as many: into this tensor's own buffer
  /// where nothing else holds it, as after `x.matrixProduct(w) + b`, so that a chain of such functions takes one buffer
  /// instead of one each, whose memory would be new to the processor's cache or to the process.
  consuming func mapped(_ body: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void) -> Tensor {
    var source = consume self
    if source.layout != .rowMajor { source = source.rowMajor }
    let shape = source.shape
    if source.node == nil, source.storage.isOwn, isKnownUniquelyReferenced(&source.storage) {
      source.storage.willChange()
      body(source.storage.pointer, source.storage.pointer)
      return source
    }
    return Tensor(shape) { body(source.storage.pointer, $0) }
  }

  /// A copy of the floats in row-major order.
  public var floats: [Float] { withFloats { Array($0) } }

  /// The only element.
  public var scalar: Float {
    demand(count == 1, "a scalar of shape \(shape)")
    return withFloats { $0[0] }
  }

  /// Whether no element is NaN or infinite.
  public var isFinite: Bool { withFloats { kernel_count_not_finite($0.baseAddress, count) == 0 } }

  // MARK: Layout

  /// This tensor's values, row-major.
  var rowMajor: Tensor {
    guard layout == .blocked else { return self }
    let plain = Tensor(shape) { out in
      kernel_from_blocked(
        storage.pointer, out, shape[0], shape[1], shape[2] * shape[3], Int32(Layout.block))
    }
    return Tensor(shape: shape, storage: plain.storage, node: node)
  }

  /// This tensor's values [batch, channels, rows, columns], blocked.
  var blocked: Tensor {
    guard layout == .rowMajor else { return self }
    demand(rank == 4, "only [batch, channels, rows, columns] can be blocked, not \(shape)")
    let made = Tensor(shape, layout: .blocked) { out in
      kernel_to_blocked(
        storage.pointer, out, shape[0], shape[1], shape[2] * shape[3], Int32(Layout.block))
    }
    return Tensor(shape: shape, storage: made.storage, layout: .blocked, node: node)
  }

  /// Steps from one index to the next in row-major order.
  static func strides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for d in stride(from: shape.count - 2, through: 0, by: -1) { strides[d] = strides[d + 1] * shape[d + 1] }
    return strides
  }
}
