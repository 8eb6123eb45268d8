/// Little-endian numbers and runs of bytes, one after the other; an error past the end.
struct ByteReader {
  private let bytes: UnsafeRawBufferPointer
  /// The place of the next byte, from the start of the bytes.
  private(set) var place: Int

  /// - Parameter place: In 0...bytes.count.
  init(_ bytes: UnsafeRawBufferPointer, at place: Int = 0) { (self.bytes, self.place) = (bytes, place) }

  var isAtEnd: Bool { place == bytes.count }

  mutating func next<Number: FixedWidthInteger>(_: Number.Type) throws(Malformed) -> Number {
    Number(littleEndian: try next(MemoryLayout<Number>.size).loadUnaligned(as: Number.self))
  }

  /// The next `count` bytes. A count out of the file can be anything, also one that no `Int` holds.
  mutating func next(_ count: some BinaryInteger) throws(Malformed) -> UnsafeRawBufferPointer {
    guard let count = Int(exactly: count), 0 <= count, count <= bytes.count - place else {
      throw Malformed("cut short: \(count) bytes at byte \(place) of \(bytes.count)")
    }
    defer { place += count }
    return UnsafeRawBufferPointer(rebasing: bytes[place..<place + count])
  }

  mutating func text(_ count: some BinaryInteger) throws(Malformed) -> String {
    guard let text = String(validating: try next(count), as: UTF8.self) else {
      throw Malformed("a name before byte \(place) is not in UTF-8")
    }
    return text
  }

  /// The text up to a line feed, which is left out.
  mutating func line() throws(Malformed) -> String {
    guard let end = bytes[place...].firstIndex(of: 0x0A) else { throw Malformed("cut short: a line without end") }
    let line = try text(end - place)
    place += 1
    return line
  }
}
