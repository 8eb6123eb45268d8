import Foundation

/// An operation that the file system refused. The description is one line: the path, then the reason.
public enum FileError: Error, Equatable, Sendable {
  case unreadable(path: String, reason: String)
  /// A file that is larger than any of its kind.
  case tooLarge(path: String, bytes: Int, limit: Int)
  /// A file whose digest is not that of its content.
  case damaged(path: String)
  /// The folder of a file to be written does not exist.
  case noSuchFolder(path: String, folder: String)
  case diskFull(path: String)
  case unwritable(path: String, reason: String)

  /// The error for a file that cannot be written, by `errno`.
  public static func writing(_ path: String, errno code: Int32) -> FileError {
    switch code {
    case ENOENT, ENOTDIR:
      .noSuchFolder(path: path, folder: URL(fileURLWithPath: path).deletingLastPathComponent().path)
    case ENOSPC, EDQUOT, EFBIG: .diskFull(path: path)
    default: .unwritable(path: path, reason: systemReason(code))
    }
  }

  /// Whether writing failed, rather than reading.
  public var isOfWriting: Bool {
    switch self {
    case .unreadable, .tooLarge, .damaged: false
    case .noSuchFolder, .diskFull, .unwritable: true
    }
  }
}

extension FileError: CustomStringConvertible, LocalizedError {
  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .tooLarge(let path, let bytes, let limit):
      "\(path): cannot be read: \(bytes) bytes are too many for a file of this kind (at most \(limit))"
    case .damaged(let path): "\(path): damaged, or changed by hand"
    case .noSuchFolder(let path, let folder): "\(path): cannot be written: no such folder: \(folder)"
    case .diskFull(let path): "\(path): cannot be written: the disk is full"
    case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
    }
  }

  public var errorDescription: String? { description }
}

/// The system's text for an `errno`, such as "Permission denied".
public func systemReason(_ code: Int32) -> String { String(cString: strerror(code)) }

/// The system's text for a failure that Foundation reports.
public func systemReason(of error: any Error) -> String {
  let cause = ((error as? CocoaError)?.underlying ?? error) as NSError
  return cause.domain == NSPOSIXErrorDomain ? systemReason(Int32(cause.code)) : cause.localizedDescription
}
