import Basics
import Foundation
import Kernels

/// An array that is in a file of weights or is to be written to one.
public struct StoredTensor {
  /// The type of an array's elements, by its name in safetensors.
  public enum Element: String, CaseIterable, Sendable {
    case float32 = "F32"
    /// The half precision of IEEE 754: 5 bits of exponent, 10 of fraction.
    case float16 = "F16"
    /// The upper half of a float32.
    case bfloat16 = "BF16"
    case float64 = "F64"
    case int64 = "I64"
    case int32 = "I32"
    case uint8 = "U8"
    /// A byte that is 0 or 1.
    case bool = "BOOL"

    /// Bytes of an element.
    var size: Int {
      switch self {
      case .float64, .int64: 8
      case .float32, .int32: 4
      case .float16, .bfloat16: 2
      case .uint8, .bool: 1
      }
    }

    /// Whether a network's weights can be of this type: each value of it is a float32 exactly.
    public var isOfWeights: Bool { [.float32, .float16, .bfloat16].contains(self) }
  }

  public let element: Element
  public let shape: [Int]
  private let place: Place

  private enum Place {
    case tensor(Tensor)
    case integer(Int64)
    case file(FileBytes, Range<Int>)
    /// Elements that lie apart, or in another order: steps between them in elements, one a dimension.
    case view(FileBytes, start: Int, strides: [Int])
  }

  public init(_ tensor: Tensor) {
    (element, shape, place) = (.float32, tensor.shape, .tensor(tensor.detached))
  }

  /// A tensor's elements in half precision, each the nearest; one that is too large becomes infinite.
  public init(halfPrecision tensor: Tensor) {
    let plain = tensor.rowMajor.detached
    var bytes = Data(count: 2 * plain.count)
    bytes.withUnsafeMutableBytes {
      kernel_narrow_float16(plain.storage.pointer, $0.baseAddress?.assumingMemoryBound(to: UInt16.self), plain.count)
    }
    let count = bytes.count
    self.init(element: .float16, shape: tensor.shape, file: FileBytes(copying: bytes), range: 0..<count)
  }

  /// An integer of shape [], as PyTorch keeps its counters.
  public init(_ value: Int) { (element, shape, place) = (.int64, [], .integer(Int64(value))) }

  /// An array at a place in a file, little-endian and row-major.
  init(element: Element, shape: [Int], file: FileBytes, range: Range<Int>) {
    (self.element, self.shape, place) = (element, shape, .file(file, range))
  }

  /// An array whose first element is at byte `start` of a file and whose others follow by `strides`, in elements, one a
  /// dimension. All of them have to be in the file.
  init(element: Element, shape: [Int], strides: [Int], file: FileBytes, start: Int) {
    (self.element, self.shape) = (element, shape)
    let count = shape.reduce(1, *)
    let isRowMajor =
      count == 0 || zip(shape, zip(strides, Tensor.strides(shape))).allSatisfy { $0 == 1 || $1.0 == $1.1 }
    place =
      isRowMajor ? .file(file, start..<start + count * element.size) : .view(file, start: start, strides: strides)
  }

  /// Bytes of the array.
  public var byteCount: Int { shape.reduce(1, *) * element.size }

  /// Calls `body` with the array's bytes, little-endian and row-major, which are valid only during the call.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch place {
    case .tensor(let tensor):
      let plain = tensor.rowMajor
      defer { withExtendedLifetime(plain) {} }
      return try body(UnsafeRawBufferPointer(UnsafeBufferPointer(start: plain.storage.pointer, count: plain.count)))
    case .integer(let value):
      return try withUnsafeBytes(of: value.littleEndian, body)
    case .file(let file, let range):
      defer { withExtendedLifetime(file) {} }
      return try body(file[range])
    case .view(let file, let start, let strides):
      let gathered = gather(from: file, start, strides)
      defer { withExtendedLifetime(gathered) {} }
      return try body(gathered[0..<byteCount])
    }
  }

  /// A copy of the array's bytes.
  public var bytes: Data { withBytes { Data($0) } }

  /// The array as a tensor: float16 and bfloat16 exactly, float64 and integers as the nearest floats. Floats of a file
  /// stay where they are, and are read when they are used; others are read by this call.
  public var tensor: Tensor {
    switch place {
    case .tensor(let tensor): tensor
    case .integer(let value): Tensor(Float(value))
    case .file(let file, let range): tensor(in: file, range)
    case .view(let file, let start, let strides): tensor(in: gather(from: file, start, strides), 0..<byteCount)
    }
  }

  private func tensor(in file: FileBytes, _ range: Range<Int>) -> Tensor {
    let bytes = file[range]
    let count = range.count / element.size
    if element == .float32, UInt(bitPattern: bytes.baseAddress) % 4 == 0 {
      return Tensor(shape: shape, storage: Storage(in: file, at: range.lowerBound, count: count))
    }
    defer { withExtendedLifetime(file) {} }
    return Tensor(shape) { out in
      func convert<Number>(_: Number.Type, _ float: (Number) -> Float) {
        for i in 0..<count {
          out[i] = float(bytes.loadUnaligned(fromByteOffset: i * MemoryLayout<Number>.size, as: Number.self))
        }
      }
      switch element {
      case .float32: UnsafeMutableRawPointer(out).copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
      case .float16: kernel_widen_float16(bytes.baseAddress, out, count)
      case .bfloat16: kernel_widen_bfloat16(bytes.baseAddress, out, count)
      case .float64: convert(Double.self) { Float($0) }
      case .int64: convert(Int64.self) { Float($0) }
      case .int32: convert(Int32.self) { Float($0) }
      case .uint8, .bool: convert(UInt8.self) { Float($0) }
      }
    }
  }

  /// The elements of a view, row-major, in memory of their own.
  private func gather(from file: FileBytes, _ start: Int, _ strides: [Int]) -> FileBytes {
    let gathered = FileBytes(count: byteCount)
    func copy<Word: BitwiseCopyable>(_: Word.Type) {
      let size = MemoryLayout<Word>.size
      var index = [Int](repeating: 0, count: shape.count)
      var from = start
      for to in stride(from: 0, to: byteCount, by: size) {
        gathered.start.storeBytes(of: (file.start + from).loadUnaligned(as: Word.self), toByteOffset: to, as: Word.self)
        // The next index, as an odometer counts; a view has more than one element, so at least one dimension.
        var axis = shape.count - 1
        index[axis] += 1
        from += strides[axis] * size
        while axis > 0, index[axis] == shape[axis] {
          from -= strides[axis] * size * shape[axis]
          index[axis] = 0
          axis -= 1
          index[axis] += 1
          from += strides[axis] * size
        }
      }
    }
    switch element.size {
    case 1: copy(UInt8.self)
    case 2: copy(UInt16.self)
    case 4: copy(UInt32.self)
    default: copy(UInt64.self)
    }
    return gathered
  }
}

extension [String: StoredTensor] {
  /// A digest of the arrays by their names and bytes.
  public var digest: String {
    var print = Fingerprint()
    for (name, tensor) in sorted(by: { $0.key < $1.key }) {
      print.add(name)
      tensor.withBytes { print.add(bytes: $0) }
    }
    return print.hexadecimal
  }
}
