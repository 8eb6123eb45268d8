import Corpora
import Foundation

extension Manifest {
  /// The paths that lead to no file.
  var absentClips: [String] {
    entries.filter { !FileManager.default.fileExists(atPath: fullPath(of: $0)) }.map(\.path)
  }
}
