import Attributions
import AudioFiles
import Basics
import Foundation
import HTTPTypes

/// What is wrong with a request: a status, the field, and the reason in one line.
struct RequestFault: Error, Equatable {
  let status: HTTPResponse.Status
  /// The parameter, header or part that is at fault; nil where it is none.
  let field: String?
  let reason: String
  /// After how many seconds it is worth another try; nil where it is not.
  var retryAfter: Int?

  init(_ status: HTTPResponse.Status, _ field: String?, _ reason: String, retryAfter: Int? = nil) {
    (self.status, self.field, self.reason, self.retryAfter) = (status, field, reason, retryAfter)
  }

  static func wrong(_ field: String, _ reason: String) -> RequestFault { RequestFault(.badRequest, field, reason) }

  static let busy = RequestFault(
    .tooManyRequests, nil, "as many requests wait for the models as may", retryAfter: 1)
  static let late = RequestFault(
    .serviceUnavailable, nil, "the models were busy for too long", retryAfter: 2)
  static let stopping = RequestFault(.serviceUnavailable, nil, "the service is stopping")

  /// What an error of the libraries says of the sound or of what is asked of it.
  init(_ error: any Error) {
    switch error {
    case let fault as RequestFault: self = fault
    case let error as AudioFileError: self.init(.unprocessableContent, UploadedSound.field, "\(error)")
    case let error as EditError: self.init(.unprocessableContent, UploadedSound.field, "\(error)")
    case let error as ExplanationError: self.init(.unprocessableContent, UploadedSound.field, "\(error)")
    case let error as MethodError: self.init(.badRequest, "method", "\(error)")
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
    encoded(
      Body(
        error: .init(status: status.code, field: field, reason: visible(reason)), requestId: request))
  }
}

/// A value as JSON, with keys_like_this in the order of the alphabet.
func encoded(_ value: some Encodable) -> Data {
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy = .convertToSnakeCase
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  encoder.nonConformingFloatEncodingStrategy = .throw
  do {
    return try encoder.encode(value)
  } catch {
    fault("an answer cannot be written as JSON: \(error)")
  }
}
