import Corpora
import Foundation

/// An empty folder, gone after the body.
func withFreshFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

extension Manifest {
  /// The paths that lead to no file.
  var absentClips: [String] {
    entries.filter { !FileManager.default.fileExists(atPath: fullPath(of: $0)) }.map(\.path)
  }
}
