import Foundation

/// The system's own words for a failure that Foundation reports, such as "No space left on device".
func systemReason(of error: any Error) -> String {
  let cause = (error as? CocoaError)?.underlying ?? error
  return (cause as? POSIXError).map { String(cString: strerror($0.code.rawValue)) }
    ?? cause.localizedDescription
}
