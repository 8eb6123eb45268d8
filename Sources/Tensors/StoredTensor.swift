import Basics
import Foundation

/// An array that is in a safetensors file or is to be written to one.
public struct StoredTensor {
  public enum Element: String, Sendable {
    case float32 = "F32"
    case int64 = "I64"

    var size: Int { self == .float32 ? 4 : 8 }
  }

  public let element: Element
  public let shape: [Int]
  private let place: Place

  private enum Place {
    case tensor(Tensor)
    case integer(Int64)
    case file(FileBytes, Range<Int>)
  }

  public init(_ tensor: Tensor) {
    (element, shape, place) = (.float32, tensor.shape, .tensor(tensor.detached))
  }

  /// An integer of shape [], as PyTorch keeps its counters.
  public init(_ value: Int) { (element, shape, place) = (.int64, [], .integer(Int64(value))) }

  /// An array at a place in a file, little-endian and row-major.
  init(element: Element, shape: [Int], file: FileBytes, range: Range<Int>) {
    (self.element, self.shape, place) = (element, shape, .file(file, range))
  }

  var byteCount: Int { shape.reduce(1, *) * element.size }

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
    }
  }

  /// A copy of the array's bytes.
  public var bytes: Data { withBytes { Data($0) } }

  /// The array as a tensor, integers as floats. Floats of a file stay where they are, and are read when they are used.
  public var tensor: Tensor {
    switch (place, element) {
    case (.tensor(let tensor), _): return tensor
    case (.integer(let value), _): return Tensor(Float(value))
    case (.file(let file, let range), .float32) where (UInt(bitPattern: file.start) + UInt(range.lowerBound)) % 4 == 0:
      return Tensor(
        shape: shape, storage: Storage(in: file, at: range.lowerBound, count: range.count / element.size))
    case (.file(let file, let range), _):
      let bytes = file[range]
      return Tensor(shape) { out in
        for i in 0..<shape.reduce(1, *) {
          switch element {
          case .float32: out[i] = bytes.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
          case .int64: out[i] = Float(bytes.loadUnaligned(fromByteOffset: 8 * i, as: Int64.self))
          }
        }
      }
    }
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
