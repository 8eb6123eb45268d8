import Basics

/// An error in a file of arrays: safetensors, npy, PyTorch's, or the index of several.
public enum TensorFileError: Error, CustomStringConvertible, Equatable {
  case file(FileError)
  case malformed(path: String, reason: String)
  /// A folder that has none of the files that weights are looked for in.
  case noWeights(folder: String, sought: [String])
  /// A folder that lacks files or arrays that its index names, or whose files have arrays that it does not name.
  case incomplete(index: String, absentFiles: [String], absentArrays: [String], strangers: [String])

  public var description: String {
    switch self {
    case .file(let error): return "\(error)"
    case .malformed(let path, let reason): return "\(path): \(reason)"
    case .noWeights(let folder, let sought):
      return "\(folder): no weights: looked for \(sought.joined(separator: ", "))"
    case .incomplete(let index, let absentFiles, let absentArrays, let strangers):
      let parts = [
        Self.listed(absentFiles, "files that it names are missing"),
        Self.listed(absentArrays, "arrays are not in the files that it names for them"),
        Self.listed(strangers, "arrays are in files that it does not name for them"),
      ]
      return "\(index): \(parts.compactMap(\.self).joined(separator: "; "))"
    }
  }

  /// The number of names, what is wrong with them, and the first three; nil where there are none.
  private static func listed(_ names: [String], _ fault: String) -> String? {
    guard !names.isEmpty else { return nil }
    let first = names.sorted().prefix(3).map(short).joined(separator: ", ")
    return "\(names.count) \(fault) (\(first)\(names.count > 3 ? ", …" : ""))"
  }
}

/// A reason why a file is none that can be read; whoever knows the file's path makes a ``TensorFileError`` of it.
struct Malformed: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}

/// Calls `body`, which reads the file at a path, and names the path in its error.
func naming<Result>(_ path: String, _ body: () throws(Malformed) -> Result) throws(TensorFileError) -> Result {
  do {
    return try body()
  } catch {
    throw .malformed(path: path, reason: error.reason)
  }
}

/// A name out of a file, as an error shows it: on one line, and no longer than anyone gives names.
func short(_ name: String) -> String {
  let line = name.prefix(100).map { $0.isNewline ? " " : $0 }
  return String(line) + (name.count > 100 ? "…" : "")
}
