import Basics
import Foundation

@testable import Tensors

/// A zip archive as PyTorch writes it, with everything that a hostile one could say else.
struct ZipMaker {
  struct Entry {
    var name: String
    var content: Data
    var method: UInt16 = 0
    var flags: UInt16 = 0
    /// What the directory says in place of the true numbers.
    var size, packed, header: UInt64?
    /// What the header before the content says in place of the name.
    var headerName: String?
    var disk: UInt16 = 0
  }

  var entries: [Entry]
  var hasEnd64 = false
  var comment = Data()
  /// What the end says in place of the true numbers.
  var count: UInt16?
  var directorySize, directoryStart: UInt32?
  /// What the end of a large archive says in place of the true numbers.
  var count64, directoryStart64, end64Place: UInt64?

  init(_ entries: [(name: String, content: Data)]) {
    self.entries = entries.map { Entry(name: $0.name, content: $0.content) }
  }

  var data: Data {
    var (file, directory) = (Data(), Data())
    for entry in entries {
      let place = file.count
      let (name, headerName) = (Data(entry.name.utf8), Data((entry.headerName ?? entry.name).utf8))
      file += little(0x0403_4b50 as UInt32) + little(20 as UInt16) + little(entry.flags) + little(entry.method)
      file += Data(count: 16) + little(UInt16(headerName.count)) + little(0 as UInt16) + headerName + entry.content
      let numbers = [entry.size, entry.packed, entry.header]
      let isLarge = numbers.contains { $0.map { $0 >= UInt32.max } == true }
      let extra = numbers.reduce(Data()) { $0 + little($1 ?? 0) }
      directory += little(0x0201_4b50 as UInt32) + Data(count: 4) + little(entry.flags) + little(entry.method)
      directory += Data(count: 8)
      for (number, actual) in [(entry.packed, entry.content.count), (entry.size, entry.content.count)] {
        directory += little(isLarge ? UInt32.max : UInt32(number ?? UInt64(actual)))
      }
      directory += little(UInt16(name.count)) + little(isLarge ? 28 : 0 as UInt16) + little(0 as UInt16)
      directory += little(entry.disk) + Data(count: 6)
      directory += little(isLarge ? UInt32.max : UInt32(entry.header ?? UInt64(place))) + name
      if isLarge { directory += little(1 as UInt16) + little(24 as UInt16) + extra }
    }
    let (start, end) = (file.count, file.count + directory.count)
    file += directory
    if hasEnd64 {
      file += little(0x0606_4b50 as UInt32) + little(44 as UInt64) + Data(count: 12)
      file += little(count64 ?? UInt64(entries.count)) + little(count64 ?? UInt64(entries.count))
      file += little(UInt64(directory.count)) + little(directoryStart64 ?? UInt64(start))
      file += little(0x0706_4b50 as UInt32) + Data(count: 4) + little(end64Place ?? UInt64(end)) + little(1 as UInt32)
    }
    file += little(0x0605_4b50 as UInt32) + Data(count: 4)
    file += little(count ?? UInt16(entries.count)) + little(count ?? UInt16(entries.count))
    file += little(directorySize ?? UInt32(directory.count)) + little(directoryStart ?? UInt32(start))
    return file + little(UInt16(comment.count)) + comment
  }
}

/// A number's bytes, little-endian.
func little(_ number: some FixedWidthInteger) -> Data { withUnsafeBytes(of: number.littleEndian) { Data($0) } }

/// A pickle's bytes, written down operation by operation.
struct PickleMaker {
  var data = Data([0x80, 2])

  static func + (pickle: PickleMaker, operations: [UInt8]) -> PickleMaker {
    PickleMaker(data: pickle.data + operations)
  }
  static func + (pickle: PickleMaker, operations: String) -> PickleMaker {
    PickleMaker(data: pickle.data + Data(operations.utf8))
  }

  func name(_ module: String, _ name: String) -> PickleMaker { self + "c\(module)\n\(name)\n" }
  func text(_ text: String) -> PickleMaker { self + "X" + [UInt8](little(UInt32(text.utf8.count))) + text }
  /// As LONG1, whatever its size.
  func integer(_ value: Int) -> PickleMaker { self + [0x8A, 8] + [UInt8](little(value)) }
  func tuple(_ values: [Int]) -> PickleMaker { values.reduce(self + "(") { $0.integer($1) } + "t" }

  /// A reference to the memory data/0.
  func storage(_ type: String = "FloatStorage", key: String = "0", count: Int = 6) -> PickleMaker {
    (self + "(").text("storage").name("torch", type).text(key).text("cpu").integer(count) + "tQ"
  }

  /// A tensor in the memory data/0.
  func tensor(_ shape: [Int], _ strides: [Int], offset: Int = 0, count: Int = 6) -> PickleMaker {
    (name("torch._utils", "_rebuild_tensor_v2") + "(").storage(count: count).integer(offset).tuple(shape)
      .tuple(strides) + [0x89] + "NtR"
  }

  /// {"a": …} of this pickle's operations.
  static func table(_ value: (PickleMaker) -> PickleMaker) -> PickleMaker {
    value((PickleMaker() + "}").text("a")) + "s."
  }

  /// The file of torch.save with this pickle and six floats 0 … 5 as data/0.
  var file: Data { zip.data }

  var zip: ZipMaker {
    ZipMaker([
      ("archive/data.pkl", data), ("archive/byteorder", Data("little".utf8)),
      ("archive/data/0", (0..<6).reduce(Data()) { $0 + little(Float($1).bitPattern) }),
      ("archive/version", Data("3\n".utf8)),
    ])
  }
}

/// A file after one to three changes that look random: bytes and numbers set, pieces dropped, doubled or moved, or the
/// end cut off.
func changed(_ data: Data, using generator: inout SeededGenerator) -> Data {
  var data = data
  let telling: [UInt64] = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, .max, 1 << 61]
  for _ in 0...generator.index(below: 3) where !data.isEmpty {
    let place = generator.index(below: data.count)
    let length = min(1 + generator.index(below: 16), data.count - place)
    switch generator.index(below: 8) {
    case 0, 1: data[place] = UInt8(generator.index(below: 256))
    case 2: data[place] ^= 1 << UInt8(generator.index(below: 8))
    case 3:
      let number = little(telling[generator.index(below: telling.count)]).prefix(
        [1, 2, 4, 8][generator.index(below: 4)])
      data.replaceSubrange(place..<min(place + number.count, data.count), with: number)
    case 4: data.removeSubrange(place..<place + length)
    case 5: data.insert(contentsOf: Data(data[place..<place + length]), at: generator.index(below: data.count + 1))
    case 6: data.replaceSubrange(place..<place + length, with: Data(data.suffix(length)))
    default: if generator.index(below: 4) == 0 { data = Data(data.prefix(place)) }
    }
    data = Data(data)
  }
  return data
}

/// The number of changed files that a test of them reads: 1,000, or the environment's UNDERTONE_CHANGED.
let changedFileCount = ProcessInfo.processInfo.environment["UNDERTONE_CHANGED"].flatMap { Int($0) } ?? 1000
