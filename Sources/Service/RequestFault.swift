import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Foundation
import HTTPTypes
import Reports

/// What is wrong with a request: a status, the field, and the reason in one line.
struct RequestFault: Error, Equatable {
  let status: HTTPResponse.Status
  /// The parameter, header or part that is at fault; nil where it is none.
  let field: String?
  let reason: String
  /// After how many seconds it is worth another try; nil where it is not.
  var retryAfter: Int?
  /// The methods that the route has, where it lacks the request's.
  var allowed: String?

  init(_ status: HTTPResponse.Status, _ field: String?, _ reason: String, retryAfter: Int? = nil) {
    (self.status, self.field, self.reason, self.retryAfter) = (status, field, reason, retryAfter)
  }

  static func wrong(_ field: String, _ reason: String) -> RequestFault { RequestFault(.badRequest, field, reason) }

  static let busy = RequestFault(.tooManyRequests, nil, "as many requests are answered as may be", retryAfter: 1)
  static let late = RequestFault(.serviceUnavailable, nil, "the service was busy for too long", retryAfter: 2)
  static let stopping = RequestFault(.serviceUnavailable, nil, "the service is stopping")
  /// The model was loaded again after the request was read for it.
  static let exchanged = RequestFault(.serviceUnavailable, "model", "was loaded again meanwhile", retryAfter: 1)
  /// For the counts: nobody reads it. The status is nginx's.
  static let left = RequestFault(
    .init(code: 499, reasonPhrase: "Client Closed Request"), nil, "the client closed the connection")
  static let cutBody = RequestFault(.badRequest, "body", "breaks off, or is no body of HTTP")

  static func tooLarge(_ bytes: Int) -> RequestFault {
    RequestFault(.contentTooLarge, "body", "has more than \(bytes) bytes")
  }

  /// - Parameter seconds: Of computing.
  static func tooLong(_ seconds: Double) -> RequestFault {
    RequestFault(.serviceUnavailable, nil, "takes more than \(seconds.formatted()) s of computing")
  }

  /// - Parameter allowed: The methods that there are.
  static func noMethod(_ method: String, allowed: String) -> RequestFault {
    var fault = RequestFault(.methodNotAllowed, nil, "the route has no \(visible(method)); it has \(allowed)")
    fault.allowed = allowed
    return fault
  }

  static func noModel(_ name: String, among known: [String]) -> RequestFault {
    RequestFault(
      .notFound, "model",
      "there is no model \"\(visible(String(name.prefix(64))))\"; there are \(known.joined(separator: ", "))")
  }

  /// What an error of the libraries says of the sound or of what is asked of it.
  init(_ error: any Error) {
    switch error {
    case let fault as RequestFault: self = fault
    case let error as AudioFileError: self.init(.unprocessableContent, UploadedSound.field, "\(error)")
    case let error as RegionError: self.init(error)
    case EditError.alreadyPredicted(_, let emotion):
      self.init(.badRequest, "target", "\(visible(emotion)) is predicted of the sound as it is")
    case EditError.noClasses: self.init(.unprocessableContent, "model", "\(error)")
    case let error as UnitsError:
      self.init(.unprocessableContent, UploadedSound.field, "\(error)".replacing("--", with: ""))
    case let error as EditError: self.init(.unprocessableContent, UploadedSound.field, "\(error)")
    case ExplanationError.method(_, let error): self.init(error)
    case ExplanationError.noPrediction: self.init(.unprocessableContent, "model", "\(error)")
    case let error as ExplanationError: self.init(.unprocessableContent, UploadedSound.field, "\(error)")
    // Options have no dashes here.
    case let error as MethodError: self.init(.badRequest, "method", "\(error)".replacing("--", with: ""))
    default: self.init(.internalServerError, nil, "the service failed: \(type(of: error))")
    }
  }

  private struct Body: Encodable {
    struct Fault: Encodable {
      let status: Int
      let field: String?
      let reason: String
    }
    let error: Fault
    let requestId: String
  }

  /// {"error": {"field": …, "reason": …, "status": …}, "request_id": …}
  func json(request: String) -> Data {
    let body = Body(error: .init(status: status.code, field: field, reason: visible(reason)), requestId: request)
    return (try? encoded(body)) ?? Data()
  }
}

/// A value as JSON, with keys_like_this in the order of the alphabet; throws where a number is not finite.
func encoded(_ value: some Encodable) throws -> Data {
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy = .convertToSnakeCase
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return try encoder.encode(value)
}
