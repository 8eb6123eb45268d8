import Foundation

/// The system's own words for a failure that Foundation reports, such as "No space left on device".
package func systemReason(of error: any Error) -> String {
  let cause = cause(of: error)
  return cause.domain == NSPOSIXErrorDomain ? String(cString: strerror(Int32(cause.code))) : cause.localizedDescription
}

/// A file's bytes; nil where there is no file of that name. One that is there and cannot be read throws.
package func contents(of path: String) throws -> Data? {
  do {
    return try Data(contentsOf: URL(fileURLWithPath: path))
  } catch {
    let cause = cause(of: error)
    guard cause.domain == NSPOSIXErrorDomain, [ENOENT, ENOTDIR].contains(Int32(cause.code)) else { throw error }
    return nil
  }
}

private func cause(of error: any Error) -> NSError { ((error as? CocoaError)?.underlying ?? error) as NSError }
