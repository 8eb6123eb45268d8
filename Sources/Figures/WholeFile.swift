import Foundation

/// Writes a file beside its place and then renames it into it, so that no half of a file is ever there.
func writeWhole(_ bytes: [UInt8], to path: String) throws(FigureError) {
  let place = URL(fileURLWithPath: path)
  let folder = place.deletingLastPathComponent()
  let beside = folder.appendingPathComponent(".\(UUID().uuidString)").path
  let file = open(beside, O_WRONLY | O_CREAT | O_EXCL, 0o666)
  guard file >= 0 else { throw writeFailure(errno, path: path) }
  do {
    try writeAll(bytes, to: file, path: path)
  } catch {
    close(file)
    unlink(beside)
    throw error
  }
  // A network disk may report only at the end that it is full.
  guard close(file) == 0, rename(beside, path) == 0 else {
    let code = errno
    unlink(beside)
    throw writeFailure(code, path: path)
  }
}

/// Writes all bytes to an open file; `path` names it in an error.
package func writeAll(_ bytes: [UInt8], to file: Int32, path: String) throws(FigureError) {
  var written = 0
  while written < bytes.count {
    let count = bytes.withUnsafeBytes { write(file, $0.baseAddress! + written, $0.count - written) }
    if count < 0 {
      if errno == EINTR { continue }
      throw writeFailure(errno, path: path)
    }
    written += count
  }
}

private func writeFailure(_ code: Int32, path: String) -> FigureError {
  switch code {
  case ENOENT, ENOTDIR:
    .noSuchFolder(path: path, folder: URL(fileURLWithPath: path).deletingLastPathComponent().path)
  case ENOSPC, EDQUOT: .diskFull(path: path)
  default: .unwritable(path: path, reason: String(cString: strerror(code)))
  }
}
