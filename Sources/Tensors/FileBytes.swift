import Basics
import Foundation

/// The bytes of a file, mapped: a page is read when it is first touched, and shared with other processes until written to.
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

  init(copying data: Data) {
    (start, isMapped) = (UnsafeMutableRawPointer.allocate(byteCount: max(1, data.count), alignment: 64), false)
    count = data.count
    data.withUnsafeBytes { start.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(start), byteCount: count) }
  }

  deinit {
    if isMapped { munmap(start, count) } else { start.deallocate() }
  }

  subscript(range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count)
  }
}
