import Foundation

/// The most bytes that a file of a kind can have. A larger one is not of that kind and is refused before it is read.
public enum SizeLimit {
  /// A model's configuration: `config.json`, sizes of a network.
  public static let configuration = 16 << 20
  /// Lines about clips or epochs: a manifest, a list of files, `history.csv`.
  public static let table = 256 << 20
  /// The state of an interrupted run, with what it found for each clip.
  public static let state = 1 << 30
  /// Arrays or pictures that are read as a whole.
  public static let array = 4 << 30
}

/// A file's bytes; nil if it does not exist. The only reader of whole files.
/// - Parameter limit: A ``SizeLimit``.
/// - Throws: An error where it cannot be read, where it is larger than the limit, and for anything but a regular file: a
///   pipe or a device may have no end.
public func contents(of path: String, limit: Int) throws(FileError) -> Data? {
  guard let (descriptor, size) = try openRegular(path) else { return nil }
  defer { close(descriptor) }
  guard size <= limit else { throw .tooLarge(path: path, bytes: size, limit: limit) }
  // It can have grown since; no more is read than it had.
  var data = Data(count: size)
  var count = 0
  while count < size {
    let came = data.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + count, size - count) }
    if came < 0, errno == EINTR { continue }
    guard came >= 0 else { throw .unreadable(path: path, reason: systemReason(errno)) }
    if came == 0 { break }
    count += came
  }
  data.count = count
  return data
}

/// What is piped into the program, up to its end.
/// - Parameter limit: A ``SizeLimit``; one that is exceeded is an error, as a pipe may have no end.
public func standardInput(limit: Int) throws(FileError) -> Data {
  func error(_ reason: String) -> FileError { .unreadable(path: "standard input", reason: reason) }
  var data = Data()
  var block = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(STDIN_FILENO, &block, block.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw error(systemReason(errno)) }
    if count == 0 { return data }
    guard data.count + count <= limit else { throw error("more than \(limit >> 20) MB") }
    data.append(contentsOf: block[..<count])
  }
}

/// A regular file, open for reading, and its size; nil if there is no such file. Anything else is refused without
/// waiting for it: a pipe's other end may never be opened.
public func openRegular(_ path: String) throws(FileError) -> (descriptor: Int32, size: Int)? {
  let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
  guard descriptor >= 0 else {
    if [ENOENT, ENOTDIR].contains(errno) { return nil }
    throw .unreadable(path: path, reason: systemReason(errno))
  }
  var status = stat()
  let reason: String? =
    if fstat(descriptor, &status) != 0 {
      systemReason(errno)
    } else {
      switch status.st_mode & S_IFMT {
      case S_IFREG: nil
      case S_IFDIR: systemReason(EISDIR)
      default: "it is not a regular file"
      }
    }
  if let reason {
    close(descriptor)
    throw .unreadable(path: path, reason: reason)
  }
  return (descriptor, Int(status.st_size))
}
