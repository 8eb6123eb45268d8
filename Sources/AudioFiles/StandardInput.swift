import Basics
import Foundation

/// Sound that is piped into the program: the path "-". It is read once, into a file that has no name and ends with the
/// program, as decoders go back and forth in a file.
enum StandardInput {
  static let path = "-"

  /// The most bytes that are read: an hour of two channels of 48 kHz in floats has 1.4 GB.
  private static let limit = 4 << 30

  /// A new descriptor of the bytes, at their start.
  static func open() throws(AudioFileError) -> Int32 {
    let descriptor = dup(try spooled.get())
    guard descriptor >= 0, lseek(descriptor, 0, SEEK_SET) == 0 else { throw error(systemReason(errno)) }
    return descriptor
  }

  private static let spooled = Result { () throws(AudioFileError) in try spool() }

  private static func spool() throws(AudioFileError) -> Int32 {
    guard let file = tmpfile() else { throw error("no temporary file: \(systemReason(errno))") }
    let descriptor = fileno(file)
    var block = [UInt8](repeating: 0, count: 1 << 20)
    var total = 0
    while true {
      let count = read(STDIN_FILENO, &block, block.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw error(systemReason(errno)) }
      if count == 0 { break }
      total += count
      guard total <= limit else { throw error("more than \(limit >> 30) GB") }
      do {
        try block[..<count].withUnsafeBytes { try writeAll($0, to: descriptor, path: "a temporary file") }
      } catch {
        throw .file(error as! FileError)
      }
    }
    guard total > 0 else { throw .emptyFile(path: path) }
    return descriptor
  }

  private static func error(_ reason: String) -> AudioFileError {
    .file(.unreadable(path: "standard input", reason: reason))
  }
}
