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
  case unreadable(path: String, reason: String)
  case malformed(path: String, reason: String)
  case unwritable(path: String, reason: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .malformed(let path, let reason): "\(path): \(reason)"
    case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
    }
  }
}

/// The safetensors format: an 8-byte little-endian length, a JSON header of that length, the arrays' bytes
/// (https://github.com/huggingface/safetensors, "Format").
public enum Safetensors {
  private struct Entry: Codable {
    var dtype: String
    var shape: [Int]
    var data_offsets: [Int]
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
      guard let raw = try? JSONSerialization.data(withJSONObject: value),
        let entry = try? JSONDecoder().decode(Entry.self, from: raw)
      else { throw malformed("the entry of \(name) is malformed") }
      guard let element = StoredTensor.Element(rawValue: entry.dtype) else {
        throw malformed("\(name) is of type \(entry.dtype); F32 and I64 can be read")
      }
      // Sizes that multiply past Int would trap further on.
      var count = 1
      for size in entry.shape {
        let (product, overflow) = count.multipliedReportingOverflow(by: size)
        guard size >= 0, !overflow, product <= Int.max / 8 else {
          throw malformed("the shape of \(name) is impossible")
        }
        count = product
      }
      guard entry.data_offsets.count == 2, 0 <= entry.data_offsets[0],
        entry.data_offsets[0] <= entry.data_offsets[1]
      else { throw malformed("the place of \(name) is malformed") }
      let (start, end) = (entry.data_offsets[0], entry.data_offsets[1])
      guard end <= body.count else {
        throw malformed("cut short: \(name) ends at byte \(end) of \(body.count)")
      }
      guard end - start == count * element.size else {
        throw malformed("\(name) of shape \(entry.shape) has \(end - start) bytes")
      }
      tensors[name] = StoredTensor(element: element, shape: entry.shape, bytes: body.subdata(in: start..<end))
    }
    return tensors
  }

  /// Writes beside `path` and renames, so that no half file is left.
  public static func write(_ tensors: [String: StoredTensor], to path: String) throws(TensorFileError) {
    var entries: [String: Entry] = [:]
    var body = Data()
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      entries[name] = Entry(
        dtype: tensor.element.rawValue, shape: tensor.shape,
        data_offsets: [body.count, body.count + tensor.bytes.count])
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
    try writeFile(file, path)
  }
}

func readFile(_ path: String) throws(TensorFileError) -> Data {
  do {
    return try Data(contentsOf: URL(fileURLWithPath: path))
  } catch {
    throw .unreadable(path: path, reason: reason(error))
  }
}

func writeFile(_ data: Data, _ path: String) throws(TensorFileError) {
  do {
    try data.write(to: URL(fileURLWithPath: path), options: .atomic)
  } catch {
    throw .unwritable(path: path, reason: reason(error))
  }
}

/// The system's own words for an error of Foundation's, without its class names.
private func reason(_ error: any Error) -> String {
  let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
  if let underlying, underlying.domain == NSPOSIXErrorDomain {
    return String(cString: strerror(Int32(underlying.code)))
  }
  return (error as NSError).localizedDescription
}
