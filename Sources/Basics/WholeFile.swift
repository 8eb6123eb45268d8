import Foundation

/// A file that is written beside its place and then renamed into it, so that a partial file is never visible. If it is
/// dropped before ``place()``, nothing remains.
public struct WholeFile: ~Copyable {
  private let path, beside: String
  /// The file's descriptor, open for writing until ``close()``.
  public private(set) var descriptor: Int32
  private var isPlaced = false

  /// - Parameter path: The place. An existing file is replaced at the end; a device or pipe is written to directly.
  public init(_ path: String) throws(FileError) {
    self.path = path
    var status = stat()
    if stat(path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
      beside = path
      descriptor = open(path, O_WRONLY)
    } else {
      beside =
        URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent(".\(UUID().uuidString)")
        .path
      descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL, 0o666)
    }
    guard descriptor >= 0 else { throw .writing(path, errno: errno) }
  }

  deinit {
    if descriptor >= 0 { _ = Foundation.close(descriptor) }
    if !isPlaced, beside != path { unlink(beside) }
  }

  /// Appends bytes.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try writeAll(bytes, to: descriptor, path: path)
  }

  public mutating func write(_ bytes: some ContiguousBytes) throws(FileError) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(FileError) in try writeAll(bytes, to: descriptor, path: path) }
    }
    try result.get()
  }

  /// Closes the file, which is not in its place yet. A network disk may report only here that it is full.
  public mutating func close() throws(FileError) {
    guard descriptor >= 0 else { return }
    let status = Foundation.close(descriptor)
    descriptor = -1
    guard status == 0 else { throw .writing(path, errno: errno) }
  }

  /// Puts the file into its place.
  public consuming func place() throws(FileError) {
    try close()
    guard beside == path || rename(beside, path) == 0 else { throw .writing(path, errno: errno) }
    isPlaced = true
  }
}

/// Writes a file, whole or not at all.
public func writeWhole(_ bytes: some ContiguousBytes, to path: String) throws(FileError) {
  var file = try WholeFile(path)
  try file.write(bytes)
  try file.place()
}

/// Writes text in UTF-8, whole or not at all.
public func writeWhole(_ text: String, to path: String) throws(FileError) { try writeWhole(Array(text.utf8), to: path) }

/// Writes all bytes to an open file.
/// - Parameter path: The file's name, for errors.
public func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws(FileError) {
  var written = 0
  while written < bytes.count {
    let count = Foundation.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
    if count < 0 {
      if errno == EINTR { continue }
      throw .writing(path, errno: errno)
    }
    written += count
  }
}

/// Creates a folder and its missing parents.
public func makeFolder(_ path: String) throws(FileError) {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw .unwritable(path: path, reason: systemReason(of: error))
  }
}

/// A file's bytes; nil if it does not exist. Throws if it exists and cannot be read.
public func contents(of path: String) throws(FileError) -> Data? {
  do {
    return try Data(contentsOf: URL(fileURLWithPath: path))
  } catch {
    let cause = ((error as? CocoaError)?.underlying ?? error) as NSError
    if cause.domain == NSPOSIXErrorDomain, [ENOENT, ENOTDIR].contains(Int32(cause.code)) { return nil }
    throw .unreadable(path: path, reason: systemReason(of: error))
  }
}
