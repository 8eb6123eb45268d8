import Foundation

/// A folder that one process writes its results and state to: a second is refused while this value lives. The lock ends
/// with the process, however that ends.
public final class FolderLock: Sendable {
  private let descriptor: Int32

  /// - Throws: An error where another process has the lock. A file system without locks has none to give.
  public init(_ folder: String) throws(FileError) {
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    // A program that is just being started holds a copy of every lock of its parent for a moment.
    for _ in 0..<Self.tries {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK { return }
      usleep(Self.pause)
    }
    close(descriptor)
    throw .unwritable(path: folder, reason: "another run is writing to this folder")
  }

  /// Half a second in all.
  private static let tries = 20
  private static let pause: UInt32 = 25_000

  deinit { if descriptor >= 0 { close(descriptor) } }
}
