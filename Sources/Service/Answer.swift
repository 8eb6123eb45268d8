import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Responses whose content is known.
enum Answer {
  /// Bytes that are written at once at most: a piece is sent before the next is written, so that no answer ends with a
  /// connection that closes behind it.
  private static let piece = 64 << 10

  /// - Parameter channel: That of the request.
  static func data(_ data: some Sequence<UInt8>, type: String, on channel: any Channel) -> Response {
    let whole = ByteBuffer(bytes: data)
    let size = whole.readableBytes
    let body =
      size <= piece
      ? ResponseBody(byteBuffer: whole)
      : ResponseBody(contentLength: size) { writer in
        var rest = whole
        while let part = rest.readSlice(length: min(piece, rest.readableBytes)), part.readableBytes > 0 {
          try await writer.write(part)
        }
        // A service that stops closes behind the end, whatever has not been sent.
        var milliseconds = 2
        while channel.isActive, try await channel.getOption(.bufferedWritableBytes).get() > 0 {
          try await Task.sleep(for: .milliseconds(milliseconds))
          milliseconds = min(2 * milliseconds, 100)
        }
        try await writer.finish(nil)
      }
    return Response(status: .ok, headers: [.contentType: type], body: body)
  }

  /// A page in one file, to be kept: its scripts and styles are in it, and nothing else may be loaded.
  static func page(_ html: String, named name: String, on channel: any Channel) -> Response {
    var response = data(html.utf8, type: "text/html; charset=utf-8", on: channel)
    response.headers[.contentSecurityPolicy] =
      "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; media-src data:; "
      + "frame-ancestors 'none'; base-uri 'none'"
    response.headers[.contentDisposition] = "attachment; filename=\"\(name)\""
    return response
  }

  static func text(
    _ text: String, type: String = "text/plain; charset=utf-8", on channel: any Channel
  ) -> Response {
    data(text.utf8, type: type, on: channel)
  }

  static func json(_ value: some Encodable, on channel: any Channel) throws -> Response {
    data(try encoded(value), type: "application/json", on: channel)
  }
}
