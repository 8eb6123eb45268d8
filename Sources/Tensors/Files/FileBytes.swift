import Basics
import Foundation

/// The bytes of a file, mapped, or bytes in memory like those. Of a mapped file a page is read when it is first touched,
/// and shared with other processes until written to.
final class FileBytes {
  let start: UnsafeMutableRawPointer
  let count: Int
  private let isMapped: Bool

  /// - Throws: An error for anything but a regular file, so that a pipe without a writer cannot hold the program up.
  init(mapping path: String) throws(FileError) {
    guard let (descriptor, size) = try openRegular(path) else {
      throw .unreadable(path: path, reason: systemReason(ENOENT))
    }
    defer { close(descriptor) }
    count = size
    guard count > 0 else {
      (start, isMapped) = (UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1), false)
      return
    }
    // Private: a write changes this process's copy of the page, never the file.
    guard let start = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw .unreadable(path: path, reason: systemReason(errno))
    }
    (self.start, isMapped) = (start, true)
  }

  /// Bytes in memory, to be written before they are read.
  init(count: Int) {
    (start, isMapped) = (UnsafeMutableRawPointer.allocate(byteCount: max(1, count), alignment: 64), false)
    self.count = count
  }

  convenience init(copying data: Data) {
    self.init(count: data.count)
    data.withUnsafeBytes { start.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(start), byteCount: count) }
  }

  deinit {
    if isMapped { munmap(start, count) } else { start.deallocate() }
  }

  subscript(range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count)
  }

  /// Throws where the file is a few lines that Git LFS keeps in place of a large one: what `git clone` leaves without
  /// its extension.
  func checkIsNoPointer() throws(Malformed) {
    guard self[0..<min(count, 40)].starts(with: Array("version https://git-lfs".utf8)) else { return }
    throw Malformed("a pointer of Git LFS in place of the file: git lfs pull gets the file itself")
  }
}
