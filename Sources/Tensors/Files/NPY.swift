import Foundation

/// NumPy's array format, version 1.0 (numpy.lib.format): little-endian float32, row-major.
public enum NPY {
  public static func write(_ tensor: Tensor, to path: String) throws(TensorFileError) {
    let sizes = tensor.shape.map(String.init).joined(separator: ", ") + (tensor.rank == 1 ? "," : "")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(sizes)), }"
    // Magic, version, length and header fill a multiple of 64 bytes, and the header ends with a line feed.
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    var file = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0])
    file += withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { Data($0) }
    file += Data(header.utf8)
    file += tensor.withFloats { Data(buffer: $0) }
    try writeFile(file, path)
  }

  public static func read(_ path: String) throws(TensorFileError) -> Tensor {
    try decode(readFile(path), path: path)
  }

  static func decode(_ data: Data, path: String) throws(TensorFileError) -> Tensor {
    func malformed(_ reason: String) -> TensorFileError { .malformed(path: path, reason: reason) }
    guard data.count >= 10, data.prefix(6) == Data([0x93]) + Data("NUMPY".utf8) else {
      throw malformed("not an npy file")
    }
    guard data[6] == 1 else { throw malformed("npy version \(data[6]); version 1 can be read") }
    let length = Int(data[8]) | Int(data[9]) << 8
    guard 10 + length <= data.count else { throw malformed("cut short in its header") }
    let header = String(decoding: data[10..<(10 + length)], as: UTF8.self)
    guard let shapeMatch = header.firstMatch(of: /'shape': \(([0-9, ]*)\)/) else {
      throw malformed("no shape in its header")
    }
    let sizes = shapeMatch.1.split(whereSeparator: { ", ".contains($0) })
    let shape = sizes.compactMap { Int($0) }
    guard shape.count == sizes.count, let count = elementCount(shape) else {
      throw malformed("an impossible shape: (\(shapeMatch.1))")
    }
    guard header.contains("'fortran_order': False") else {
      throw malformed("column-major arrays are not read")
    }
    let body = data[(10 + length)...]
    let isDouble = header.contains("'<f8'")
    guard isDouble || header.contains("'<f4'") else { throw malformed("only <f4 and <f8 arrays are read") }
    guard body.count == count * (isDouble ? 8 : 4) else {
      throw malformed("shape \(shape) does not fit \(body.count) bytes")
    }
    return Tensor(shape) { out in
      body.withUnsafeBytes { raw in
        for i in 0..<count {
          out[i] =
            isDouble
            ? Float(raw.loadUnaligned(fromByteOffset: 8 * i, as: Double.self))
            : raw.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
        }
      }
    }
  }
}
