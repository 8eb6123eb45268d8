import Foundation
import Testing

@testable import Tensors

@Suite struct ZipArchiveTests {
  private let two = ZipMaker([("a", Data([1, 2, 3])), ("folder/µ", Data("content".utf8))])

  private func contents(_ zip: ZipMaker) throws -> [String: Data] {
    let file = FileBytes(copying: zip.data)
    return try ZipArchive(file).entries.mapValues { Data(file[$0]) }
  }

  /// Why an archive is refused; nil where it is read.
  private func refusal(_ change: (inout ZipMaker) -> Void) -> String? {
    var zip = two
    change(&zip)
    do {
      _ = try ZipArchive(FileBytes(copying: zip.data))
      return nil
    } catch {
      return error.reason
    }
  }

  @Test("Entries are where the directory says, with or without a comment and the end of a large archive")
  func entries() throws {
    let expected = ["a": Data([1, 2, 3]), "folder/µ": Data("content".utf8)]
    var zip = two
    #expect(try contents(zip) == expected)
    zip.hasEnd64 = true
    #expect(try contents(zip) == expected)
    (zip.count, zip.directoryStart, zip.directorySize) = (.max, .max, .max)
    #expect(try contents(zip) == expected)
    zip.comment = Data(repeating: 7, count: 65_535)
    #expect(try contents(zip) == expected)
    #expect(try contents(ZipMaker([])).isEmpty)
    // Numbers of an entry that stand in its 64-bit field.
    var large = ZipMaker([("a", Data([1, 2, 3]))])
    (large.entries[0].size, large.entries[0].packed, large.entries[0].header) = (3, 3, 1 << 32)
    #expect(throws: Malformed.self) { try contents(large) }
  }

  @Test(
    "Sizes and places outside the file are refused",
    arguments: [4, 1000, 0xFFFF_FFFF, 1 << 32, 1 << 60, UInt64(Int.max), .max])
  func outside(number: UInt64) {
    // Zip bombs by declared size: nothing of that size is ever made.
    #expect(
      refusal {
        ($0.entries[1].size, $0.entries[1].packed) = (number + (number == 4 ? 4 : 0), number + (number == 4 ? 4 : 0))
      } != nil)
    #expect(refusal { $0.entries[0].size = number }?.contains("is stored in") == true || number > UInt32.max - 1)
    #expect(refusal { $0.entries[1].header = number } != nil)
    #expect(refusal { $0.directoryStart = UInt32(clamping: number) } != nil)
    #expect(refusal { $0.directorySize = UInt32(clamping: number) } != nil)
    #expect(refusal { $0.count = UInt16(clamping: number) } != nil)
    for change in [\ZipMaker.directoryStart64, \.end64Place, \.count64] {
      #expect(
        refusal {
          ($0.hasEnd64, $0[keyPath: change]) = (true, number)
          ($0.count, $0.directoryStart) = (.max, .max)
        } != nil)
    }
  }

  @Test("Two ends that contradict each other are refused")
  func ends() {
    #expect(refusal { ($0.hasEnd64, $0.count) = (true, 1) } == "its two ends contradict each other")
    #expect(refusal { ($0.hasEnd64, $0.directoryStart) = (true, 0) } == "its two ends contradict each other")
  }

  @Test("Entries that share bytes are refused")
  func overlaps() {
    #expect(refusal { $0.entries[1].header = 0 } == "its entry folder/µ has another name or method at byte 0")
    #expect(refusal { ($0.entries[0].size, $0.entries[0].packed) = (4, 4) } == "its entries a and folder/µ overlap")
    // A whole archive in an entry of another.
    let inner = two.data
    #expect(refusal { $0.entries = [ZipMaker.Entry(name: "outer", content: inner)] } == nil)
    #expect(
      refusal {
        let header = ZipMaker([("b", Data())]).data.prefix(31)
        $0.entries = [.init(name: "a", content: header), .init(name: "b", content: Data(), header: 31)]
      } == "its entries a and b overlap")
  }

  @Test("Compressed, encrypted, split, doubled and misnamed entries are refused by name")
  func kinds() {
    for method: UInt16 in [1, 8, 14, 99] {
      #expect(refusal { $0.entries[1].method = method } == "its entry folder/µ is compressed (method \(method))")
    }
    for flags: UInt16 in [1, 0x40, 0x2000] {
      #expect(refusal { $0.entries[0].flags = flags } == "its entry a is encrypted")
    }
    #expect(refusal { $0.entries[0].flags = 0x0808 } == nil)
    #expect(refusal { $0.entries[0].disk = 1 } != nil)
    #expect(refusal { $0.entries[1].name = "a" } == "it has two entries a")
    #expect(refusal { $0.entries[1].headerName = "b" } == "its entry folder/µ has another name or method at byte 34")
  }

  @Test("A name that is not in UTF-8 is refused")
  func encoding() throws {
    var data = two.data
    for place in data.indices where data[place...].starts(with: "folder".utf8) { data[place] = 0xFF }
    #expect(throws: Malformed.self) { try ZipArchive(FileBytes(copying: data)) }
  }
}
