import Basics
import Foundation

/// A named array in a safetensors file.
public struct StoredTensor {
  public enum Element: String, Sendable {
    case float32 = "F32"
    case int64 = "I64"

    var size: Int { self == .float32 ? 4 : 8 }
  }

  public let element: Element
  public let shape: [Int]
  /// Little-endian, row-major.
  public let bytes: Data

  public init(_ tensor: Tensor) {
    element = .float32
    shape = tensor.shape
    bytes = tensor.withFloats { Data(buffer: $0) }
  }

  /// An integer of shape [], as PyTorch keeps its counters.
  public init(_ value: Int) {
    element = .int64
    shape = []
    bytes = withUnsafeBytes(of: Int64(value).littleEndian) { Data($0) }
  }

  init(element: Element, shape: [Int], bytes: Data) {
    (self.element, self.shape, self.bytes) = (element, shape, bytes)
  }

  /// The array as a tensor, integers as floats.
  public var tensor: Tensor {
    Tensor(shape) { out in
      bytes.withUnsafeBytes { raw in
        for i in 0..<shape.reduce(1, *) {
          switch element {
          case .float32: out[i] = raw.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
          case .int64: out[i] = Float(raw.loadUnaligned(fromByteOffset: 8 * i, as: Int64.self))
          }
        }
      }
    }
  }
}

/// What is wrong with a safetensors or npy file.
public enum TensorFileError: Error, CustomStringConvertible, Equatable {
  case file(FileError)
  case malformed(path: String, reason: String)

  public var description: String {
    switch self {
    case .file(let error): "\(error)"
    case .malformed(let path, let reason): "\(path): \(reason)"
    }
  }
}

/// The safetensors format: an 8-byte little-endian length, a JSON header of that length, the arrays' bytes
/// (https://github.com/huggingface/safetensors, "Format").
public enum Safetensors {
  private struct Entry: Encodable {
    var dtype: String
    var shape: [Int]
    var place: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case place = "data_offsets"
    }
  }

  /// Headers above this many bytes are refused, as the format's own library does.
  private static let headerLimit = 100_000_000

  public static func read(_ path: String) throws(TensorFileError) -> [String: StoredTensor] {
    try decode(readFile(path), path: path)
  }

  static func decode(_ data: Data, path: String) throws(TensorFileError) -> [String: StoredTensor] {
    func malformed(_ reason: String) -> TensorFileError { .malformed(path: path, reason: reason) }
    guard data.count >= 8 else { throw malformed("not a safetensors file: \(data.count) bytes are too few") }
    let length = data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= headerLimit, 8 + Int(length) <= data.count else {
      throw malformed("cut short or not a safetensors file: a header of \(length) bytes in \(data.count)")
    }
    let header = data.subdata(in: (data.startIndex + 8)..<(data.startIndex + 8 + Int(length)))
    guard let object = try? JSONSerialization.jsonObject(with: header) as? [String: Any] else {
      throw malformed("not a safetensors file: its header is not a JSON object")
    }
    let body = data.subdata(in: (data.startIndex + 8 + Int(length))..<data.endIndex)
    var tensors: [String: StoredTensor] = [:]
    for (name, value) in object where name != "__metadata__" {
      guard let entry = value as? [String: Any], let type = entry["dtype"] as? String,
        let shape = entry["shape"] as? [Int], let offsets = entry["data_offsets"] as? [Int]
      else { throw malformed("the entry of \(name) is malformed") }
      guard let element = StoredTensor.Element(rawValue: type) else {
        throw malformed("\(name) is of type \(type); F32 and I64 can be read")
      }
      guard let count = elementCount(shape) else { throw malformed("the shape of \(name) is impossible") }
      guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1] else {
        throw malformed("the place of \(name) is malformed")
      }
      let (start, end) = (offsets[0], offsets[1])
      guard end <= body.count else {
        throw malformed("cut short: \(name) ends at byte \(end) of \(body.count)")
      }
      guard end - start == count * element.size else {
        throw malformed("\(name) of shape \(shape) has \(end - start) bytes")
      }
      tensors[name] = StoredTensor(element: element, shape: shape, bytes: body.subdata(in: start..<end))
    }
    return tensors
  }

  /// Writes beside `path` and renames, so that no half file is left.
  public static func write(_ tensors: [String: StoredTensor], to path: String) throws(TensorFileError) {
    try writeFile(encode(tensors), path)
  }

  /// The bytes of a file that holds `tensors`.
  package static func encode(_ tensors: [String: StoredTensor]) -> Data {
    var entries: [String: Entry] = [:]
    var body = Data()
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      entries[name] = Entry(
        dtype: tensor.element.rawValue, shape: tensor.shape,
        place: [body.count, body.count + tensor.bytes.count])
      body += tensor.bytes
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var header = (try? encoder.encode(entries)) ?? Data("{}".utf8)
    // Filled up with spaces, so that the floats start on a multiple of eight.
    header += Data(repeating: 0x20, count: (8 - header.count % 8) % 8)
    var file = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
    file += header
    file += body
    return file
  }
}

/// The number of elements of a shape that a file names; nil where a size is below zero, or where sizes multiply so far,
/// zeros aside, that strides or bytes would overflow and trap further on.
func elementCount(_ shape: [Int]) -> Int? {
  var bound = 1
  for size in shape {
    let (product, overflow) = bound.multipliedReportingOverflow(by: max(size, 1))
    guard size >= 0, !overflow, product <= Int.max / 8 else { return nil }
    bound = product
  }
  return shape.contains(0) ? 0 : bound
}

func readFile(_ path: String) throws(TensorFileError) -> Data {
  do {
    return try Data(contentsOf: URL(fileURLWithPath: path))
  } catch {
    throw .file(.unreadable(path: path, reason: systemReason(of: error)))
  }
}

func writeFile(_ data: Data, _ path: String) throws(TensorFileError) {
  do {
    try writeWhole(data, to: path)
  } catch {
    throw .file(error)
  }
}
