import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Responses of one piece.
enum Answer {
  static func data(_ data: some Sequence<UInt8>, type: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(status: status, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(bytes: data)))
  }

  static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
    data(text.utf8, type: type)
  }

  static func json(_ value: some Encodable) -> Response { data(encoded(value), type: "application/json") }
}
