import Foundation
import Tensors

/// Writes a file beside its place and renames it, so that no half of it is ever there.
func writeWhole(_ data: @autoclosure () throws -> Data, to path: String) throws(TrainingError) {
  do {
    try data().write(to: URL(fileURLWithPath: path), options: .atomic)
  } catch {
    throw .unwritable(path: path, reason: systemReason(of: error))
  }
}
