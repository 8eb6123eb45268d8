import Basics
import Foundation

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

  /// The largest header in bytes that is accepted: a network of 100,000 arrays. The format's own library accepts ten
  /// times that, which takes minutes and gigabytes to parse.
  private static let headerLimit = 10_000_000

  /// The arrays of a file by name, which stay in the file until they are used.
  public static func read(_ path: String) throws(TensorFileError) -> [String: StoredTensor] {
    do {
      return try decode(try FileBytes(mapping: path), path: path)
    } catch let error as FileError {
      throw .file(error)
    } catch {
      throw error as! TensorFileError
    }
  }

  static func decode(_ data: Data, path: String) throws(TensorFileError) -> [String: StoredTensor] {
    try decode(FileBytes(copying: data), path: path)
  }

  private static func decode(_ file: FileBytes, path: String) throws(TensorFileError) -> [String: StoredTensor] {
    try naming(path) { () throws(Malformed) in try decode(file) }
  }

  private static func decode(_ file: FileBytes) throws(Malformed) -> [String: StoredTensor] {
    try file.checkIsNoPointer()
    guard file.count >= 8 else { throw Malformed("not a safetensors file: \(file.count) bytes are too few") }
    let length = UInt64(littleEndian: file[0..<8].loadUnaligned(as: UInt64.self))
    guard length <= headerLimit, 8 + Int(length) <= file.count else {
      throw Malformed("cut short or not a safetensors file: a header of \(length) bytes in \(file.count)")
    }
    let body = 8 + Int(length)
    guard let object = try jsonObject(Data(file[8..<body])) else {
      throw Malformed("not a safetensors file: its header is not a JSON object")
    }
    let bodyCount = file.count - body
    var tensors: [String: StoredTensor] = [:]
    var places: [(start: Int, end: Int, name: String)] = []
    for (name, value) in object where name != "__metadata__" {
      guard let entry = value as? [String: Any], let type = entry["dtype"] as? String,
        let shape = entry["shape"] as? [Int], let offsets = entry["data_offsets"] as? [Int]
      else { throw Malformed("the entry of \(short(name)) is malformed") }
      guard let element = StoredTensor.Element(rawValue: type) else {
        let known = StoredTensor.Element.allCases.map(\.rawValue).joined(separator: ", ")
        throw Malformed("\(short(name)) is of type \(short(type)); \(known) can be read")
      }
      guard let count = elementCount(shape) else { throw Malformed("the shape of \(short(name)) is impossible") }
      guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1] else {
        throw Malformed("the place of \(short(name)) is malformed")
      }
      let (start, end) = (offsets[0], offsets[1])
      guard end <= bodyCount else { throw Malformed("cut short: \(short(name)) ends at byte \(end) of \(bodyCount)") }
      guard end - start == count * element.size else {
        throw Malformed("\(short(name)) of shape \(shape) has \(end - start) bytes")
      }
      tensors[name] = StoredTensor(element: element, shape: shape, file: file, range: (body + start)..<(body + end))
      places.append((start, end, name))
    }
    try check(places, fill: bodyCount)
    return tensors
  }

  /// Throws unless the arrays' places follow each other from the first byte to the last: the format allows no two
  /// arrays in one place and no bytes that belong to none.
  private static func check(
    _ places: [(start: Int, end: Int, name: String)], fill count: Int
  ) throws(Malformed) {
    var end = 0
    for place in places.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
      guard place.start >= end else {
        throw Malformed("\(short(place.name)) overlaps another array before byte \(end)")
      }
      guard place.start == end else { throw Malformed("bytes \(end) to \(place.start) belong to no array") }
      end = place.end
    }
    guard end == count else { throw Malformed("bytes \(end) to \(count) belong to no array") }
  }

  /// Writes a file, whole or not at all, array by array, without copying them.
  public static func write(_ tensors: [String: StoredTensor], to path: String) throws(TensorFileError) {
    do {
      var file = try WholeFile(path)
      try write(tensors, to: &file)
      try file.place()
    } catch {
      throw .file(error)
    }
  }

  /// Writes the contents of a safetensors file to a file that is not in its place yet.
  public static func write(_ tensors: [String: StoredTensor], to file: inout WholeFile) throws(FileError) {
    let sorted = tensors.sorted { $0.key < $1.key }
    var entries: [String: Entry] = [:]
    var end = 0
    for (name, tensor) in sorted {
      entries[name] = Entry(
        dtype: tensor.element.rawValue, shape: tensor.shape, place: [end, end + tensor.byteCount])
      end += tensor.byteCount
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard var header = try? encoder.encode(entries) else { fault("names of tensors that are no JSON") }
    // Filled up with spaces, so that the floats start on a multiple of eight.
    header += Data(repeating: 0x20, count: (8 - header.count % 8) % 8)
    try file.write(withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) })
    try file.write(header)
    for (_, tensor) in sorted { try tensor.withBytes { (bytes) throws(FileError) in try file.write(bytes) } }
  }
}

/// The number of elements of a shape from a file; nil where a size is below zero, or where the product of the sizes,
/// zeros aside, is so large that strides or bytes would overflow and trap later.
func elementCount(_ shape: [Int]) -> Int? {
  var bound = 1
  for size in shape {
    let (product, overflow) = bound.multipliedReportingOverflow(by: max(size, 1))
    guard size >= 0, !overflow, product <= Int.max / 8 else { return nil }
    bound = product
  }
  return shape.contains(0) ? 0 : bound
}

/// - Parameter limit: A ``SizeLimit``.
func readFile(_ path: String, limit: Int = SizeLimit.array) throws(TensorFileError) -> Data {
  let data: Data?
  do {
    data = try contents(of: path, limit: limit)
  } catch {
    throw .file(error)
  }
  guard let data else { throw .file(.unreadable(path: path, reason: systemReason(ENOENT))) }
  return data
}

func writeFile(_ data: Data, _ path: String) throws(TensorFileError) {
  do {
    try writeWhole(data, to: path)
  } catch {
    throw .file(error)
  }
}
