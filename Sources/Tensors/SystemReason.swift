import Foundation

/// The system's own words for a failure that Foundation reports, such as "No space left on device".
package func systemReason(of error: any Error) -> String {
  let cause = ((error as? CocoaError)?.underlying ?? error) as NSError
  return cause.domain == NSPOSIXErrorDomain ? String(cString: strerror(Int32(cause.code))) : cause.localizedDescription
}
