/// The entries of a zip archive (APPNOTE.TXT of PKWARE, 4.3 and 4.5), also of one beyond 4 GB ("zip64"). All have to be
/// stored without compression, so that an array can be used where it lies in the mapped file. Their checksums are not
/// compared: that would read all of a large file.
///
/// Places come from the central directory, as for every reader; the headers before the entries have to agree with it,
/// and no two entries may share a byte.
struct ZipArchive {
  /// Where an entry's content lies in the file, by the entry's name.
  private(set) var entries: [String: Range<Int>] = [:]

  init(_ file: FileBytes) throws(Malformed) {
    defer { withExtendedLifetime(file) {} }
    let bytes = file[0..<file.count]
    let end = try Self.end(of: bytes)
    let (upper, overflow) = end.start.addingReportingOverflow(end.size)
    guard !overflow, upper == end.place else {
      throw Malformed("its directory is not where its end says: \(end.size) bytes at byte \(end.start)")
    }
    let start = Int(end.start)
    var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[..<end.place]), at: start)
    var places: [(range: Range<Int>, name: String)] = []
    while !reader.isAtEnd {
      let entry = try Entry(&reader)
      let content = try entry.content(in: bytes, before: start)
      guard entries.updateValue(content, forKey: entry.name) == nil else {
        throw Malformed("it has two entries \(short(entry.name))")
      }
      places.append((Int(entry.header)..<content.upperBound, entry.name))
    }
    guard entries.count == end.count else {
      throw Malformed("it has \(entries.count) entries and says \(end.count)")
    }
    places.sort { $0.range.lowerBound < $1.range.lowerBound }
    for (one, next) in zip(places, places.dropFirst()) where one.range.upperBound > next.range.lowerBound {
      throw Malformed("its entries \(short(one.name)) and \(short(next.name)) overlap")
    }
  }

  private enum Signature {
    static let header: UInt32 = 0x0403_4b50
    static let entry: UInt32 = 0x0201_4b50
    static let end: UInt32 = 0x0605_4b50
    static let largeEnd: UInt32 = 0x0606_4b50
    static let largeEndPlace: UInt32 = 0x0706_4b50
  }

  /// The record at the end: where the central directory begins and how many bytes and entries it has.
  private struct End {
    var start, size, count: UInt64
    /// The place of the record, up to which the directory has to reach.
    var place: Int
  }

  private static func end(of bytes: UnsafeRawBufferPointer) throws(Malformed) -> End {
    // The end record has 22 bytes and a comment of at most 65,535, and the comment ends with the file.
    guard
      let place = (max(0, bytes.count - 22 - 65_535)..<max(0, bytes.count - 21)).last(where: { place in
        bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self).littleEndian == Signature.end
          && place + 22 + Int(bytes.loadUnaligned(fromByteOffset: place + 20, as: UInt16.self).littleEndian)
            == bytes.count
      })
    else { throw Malformed("no zip archive, or cut short: it does not end as one") }
    var reader = ByteReader(bytes, at: place + 4)
    let (disk, first) = (try reader.next(UInt16.self), try reader.next(UInt16.self))
    let (here, total) = (try reader.next(UInt16.self), try reader.next(UInt16.self))
    let (size, start) = (try reader.next(UInt32.self), try reader.next(UInt32.self))
    guard disk == 0, first == 0, here == total else { throw Malformed("a part of a zip archive in several files") }
    guard let large = try largeEnd(of: bytes, before: place) else {
      return End(start: UInt64(start), size: UInt64(size), count: UInt64(total), place: place)
    }
    // What the older record has no room for it says as its greatest number.
    guard total == .max || total == large.count, size == .max || size == large.size,
      start == .max || start == large.start
    else { throw Malformed("its two ends contradict each other") }
    return large
  }

  /// The end record of a large archive, whose place stands in the 20 bytes before the older record; nil without one.
  private static func largeEnd(
    of bytes: UnsafeRawBufferPointer, before older: Int
  ) throws(Malformed) -> End? {
    guard older >= 20 else { return nil }
    var reader = ByteReader(bytes, at: older - 20)
    guard try reader.next(UInt32.self) == Signature.largeEndPlace else { return nil }
    let disk = try reader.next(UInt32.self)
    let place = try reader.next(UInt64.self)
    guard disk == 0, try reader.next(UInt32.self) <= 1 else {
      throw Malformed("a part of a zip archive in several files")
    }
    guard older >= 76, place <= older - 76 else { throw Malformed("its end is said to be at byte \(place)") }
    reader = ByteReader(bytes, at: Int(place))
    guard try reader.next(UInt32.self) == Signature.largeEnd else { throw Malformed("no end at byte \(place)") }
    guard try reader.next(UInt64.self) == UInt64(older - 20 - Int(place) - 12) else {
      throw Malformed("its end at byte \(place) is not as long as it says")
    }
    _ = try reader.next(4)  // versions
    let disks = (try reader.next(UInt32.self), try reader.next(UInt32.self))
    let (here, total) = (try reader.next(UInt64.self), try reader.next(UInt64.self))
    guard disks == (0, 0), here == total else { throw Malformed("a part of a zip archive in several files") }
    let size = try reader.next(UInt64.self)
    return End(start: try reader.next(UInt64.self), size: size, count: total, place: Int(place))
  }

  /// An entry of the central directory.
  private struct Entry {
    let name: String
    let size: UInt64
    /// The place of the header before the entry's content.
    let header: UInt64

    init(_ reader: inout ByteReader) throws(Malformed) {
      guard try reader.next(UInt32.self) == Signature.entry else {
        throw Malformed("its directory is damaged before byte \(reader.place)")
      }
      _ = try reader.next(4)  // versions
      let (flags, method) = (try reader.next(UInt16.self), try reader.next(UInt16.self))
      _ = try reader.next(8)  // date and checksum
      var (packed, size) = (UInt64(try reader.next(UInt32.self)), UInt64(try reader.next(UInt32.self)))
      let (nameLength, extraLength) = (try reader.next(UInt16.self), try reader.next(UInt16.self))
      let commentLength = try reader.next(UInt16.self)
      let disk = try reader.next(UInt16.self)
      _ = try reader.next(6)  // attributes
      var header = UInt64(try reader.next(UInt32.self))
      name = try reader.text(nameLength)
      var extra = ByteReader(try reader.next(extraLength))
      _ = try reader.next(commentLength)
      while !extra.isAtEnd {
        let kind = try extra.next(UInt16.self)
        var field = ByteReader(try extra.next(try extra.next(UInt16.self)))
        guard kind == 1 else { continue }
        // Zip64: those of the three that do not fit into 32 bits, in this order.
        if size == UInt32.max { size = try field.next(UInt64.self) }
        if packed == UInt32.max { packed = try field.next(UInt64.self) }
        if header == UInt32.max { header = try field.next(UInt64.self) }
      }
      guard flags & 0x2041 == 0 else { throw Malformed("its entry \(short(name)) is encrypted") }
      guard method == 0 else { throw Malformed("its entry \(short(name)) is compressed (method \(method))") }
      guard packed == size, disk == 0 else {
        throw Malformed("its entry \(short(name)) of \(size) bytes is stored in \(packed)")
      }
      (self.size, self.header) = (size, header)
    }

    /// Where the entry's content lies, which is behind a header like this one and before the directory.
    func content(in bytes: UnsafeRawBufferPointer, before limit: Int) throws(Malformed) -> Range<Int> {
      guard header < limit else { throw Malformed("its entry \(short(name)) is said to be at byte \(header)") }
      var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[..<limit]), at: Int(header))
      guard try reader.next(UInt32.self) == Signature.header else {
        throw Malformed("its entry \(short(name)) is not at byte \(header)")
      }
      _ = try reader.next(4)  // version and flags
      let method = try reader.next(UInt16.self)
      _ = try reader.next(16)  // date, checksum and sizes, which may stand behind the content
      let (nameLength, extraLength) = (try reader.next(UInt16.self), try reader.next(UInt16.self))
      let name = try reader.text(nameLength)
      guard method == 0, name == self.name else {
        throw Malformed("its entry \(short(self.name)) has another name or method at byte \(header)")
      }
      _ = try reader.next(extraLength)
      let start = reader.place
      _ = try reader.next(size)
      return start..<reader.place
    }
  }
}
