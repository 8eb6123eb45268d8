import Foundation
import Synchronization

/// A file that is written beside its place and then renamed into it, so that a partial file is never visible. If it is
/// dropped before ``place()``, nothing remains; if the process is killed, the next one that writes to the folder removes
/// what it left.
public struct WholeFile: ~Copyable {
  private let path, beside: String
  /// The file's descriptor, open for writing. While it is open the file is locked: ``sweepLeftovers(in:)`` leaves it.
  public let descriptor: Int32
  private var isPlaced = false

  /// - Parameter path: The place. An existing file is replaced at the end; a device or pipe is written to directly.
  public init(_ path: String) throws(FileError) {
    let (beside, descriptor) = try Self.open(for: path)
    (self.path, self.beside, self.descriptor) = (path, beside, descriptor)
  }

  private static func open(for path: String) throws(FileError) -> (beside: String, descriptor: Int32) {
    var status = stat()
    if stat(path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
      let descriptor = Foundation.open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw .writing(path, errno: errno) }
      return (path, descriptor)
    }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    sweptFolders.sweepOnce(folder.path)
    while true {
      let number = temporaryNumber.add(1, ordering: .relaxed).oldValue
      let beside = folder.appendingPathComponent("\(temporaryPrefix)\(getpid())-\(number)").path
      let descriptor = Foundation.open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      // A process of this number on another machine, or one that was killed.
      if descriptor < 0, errno == EEXIST { continue }
      guard descriptor >= 0 else { throw .writing(path, errno: errno) }
      flock(descriptor, LOCK_EX)
      // Another process may have swept it before the lock.
      var status = stat()
      if fstat(descriptor, &status) == 0, status.st_nlink > 0 { return (beside, descriptor) }
      close(descriptor)
    }
  }

  deinit {
    close(descriptor)
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

  /// Ends writing; the file is not in its place yet. A network disk may report only here that it is full.
  public borrowing func finish() throws(FileError) {
    // Closing a duplicate reports as much and keeps the lock.
    let duplicate = dup(descriptor)
    guard duplicate >= 0, close(duplicate) == 0 else { throw .writing(path, errno: errno) }
  }

  /// Puts the file into its place.
  public consuming func place() throws(FileError) {
    try finish()
    guard beside == path || rename(beside, path) == 0 else { throw .writing(path, errno: errno) }
    isPlaced = true
  }
}

private let temporaryPrefix = ".undertone-"
private let temporaryNumber = Atomic(0)

/// The folders that this process has written to, each of which it swept before.
private let sweptFolders = SweptFolders()

private struct SweptFolders: ~Copyable, Sendable {
  private let folders = Locked<Set<String>>([])

  borrowing func sweepOnce(_ folder: String) {
    folders.withLock { if $0.insert(folder).inserted { sweepLeftovers(in: folder) } }
  }
}

/// Removes what processes that were killed left in a folder: files written beside their place, which nobody has locked.
public func sweepLeftovers(in folder: String) {
  for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  where name.hasPrefix(temporaryPrefix) {
    let path = "\(folder)/\(name)"
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { continue }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
    close(descriptor)
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
