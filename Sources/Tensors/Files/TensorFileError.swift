import Basics

/// An error in a file of arrays: safetensors, npy, PyTorch's, the index of several, or a folder of them.
public enum TensorFileError: Error, CustomStringConvertible, Equatable {
  case file(FileError)
  case malformed(path: String, reason: String)

  public var description: String {
    switch self {
    case .file(let error): "\(error)"
    case .malformed(let path, let reason): "\(path): \(reason)"
    }
  }
}

/// A reason why a file is none that can be read; whoever knows the file's path makes a ``TensorFileError`` of it.
struct Malformed: Error {
  let reason: String

  init(_ reason: String) { self.reason = short(reason, limit: 400) }
}

/// Calls `body`, which reads the file at a path, and names the path in its error.
func naming<Result>(_ path: String, _ body: () throws(Malformed) -> Result) throws(TensorFileError) -> Result {
  do {
    return try body()
  } catch {
    throw .malformed(path: path, reason: error.reason)
  }
}

/// Text out of a file, such as a name, as an error shows it: on one line, and without what is after `limit` characters.
func short(_ text: String, limit: Int = 100) -> String {
  let line = text.prefix(limit + 1).map { $0.isNewline ? " " : $0 }
  return line.count > limit ? String(line.prefix(limit)) + "…" : String(line)
}
