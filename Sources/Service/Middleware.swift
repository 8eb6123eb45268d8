import Basics
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// A request while it is answered.
struct ServiceContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }
}

extension HTTPField.Name {
  static let requestID = Self("X-Request-Id")!
  static let retryAfter = Self("Retry-After")!
  static let contentSecurityPolicy = Self("Content-Security-Policy")!
  static let contentTypeOptions = Self("X-Content-Type-Options")!
  static let referrerPolicy = Self("Referrer-Policy")!
  static let crossOriginResourcePolicy = Self("Cross-Origin-Resource-Policy")!
  static let allowOrigin = Self("Access-Control-Allow-Origin")!
  static let allowHeaders = Self("Access-Control-Allow-Headers")!
  static let allowMethods = Self("Access-Control-Allow-Methods")!
  static let exposeHeaders = Self("Access-Control-Expose-Headers")!
  static let maxAge = Self("Access-Control-Max-Age")!
}

/// Gives each request an id, makes an answer of each error, counts, and sets the headers that keep a browser from doing
/// more with an answer than showing it.
struct Envelope: RouterMiddleware {
  let settings: ServiceSettings
  let metrics: ServiceMetrics

  func handle(
    _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
  ) async throws -> Response {
    let (start, id) = (ContinuousClock.now, context.id)
    var response: Response
    if request.method == .options, settings.origin != nil {
      response = Response(
        status: .noContent, headers: [.allowMethods: "GET, HEAD, POST", .maxAge: "600"])
    } else {
      do {
        if let expected = request.headers[.expect], expected.lowercased() != "100-continue" {
          throw RequestFault(.expectationFailed, "expect", "is something else than 100-continue")
        }
        response = try await next(request, context)
      } catch let error as HTTPError {
        let reason = error.status == .notFound ? "there is no such route" : error.body
        response = answer(RequestFault(error.status, nil, reason ?? error.status.reasonPhrase), context)
      } catch {
        response = answer(RequestFault(error), context)
      }
    }
    if request.method == .head {
      let length = response.headers[.contentLength]
      response.body = .init()
      response.headers[.contentLength] = length
    }
    response.headers[.requestID] = id
    // What is a page has one of its own.
    response.headers[.contentSecurityPolicy] =
      response.headers[.contentSecurityPolicy] ?? "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    response.headers[.contentTypeOptions] = "nosniff"
    response.headers[.referrerPolicy] = "no-referrer"
    response.headers[.crossOriginResourcePolicy] = settings.origin == nil ? "same-origin" : "cross-origin"
    if let origin = settings.origin {
      response.headers[.allowOrigin] = origin
      response.headers[.allowHeaders] = "authorization, content-type"
      response.headers[.exposeHeaders] = "x-request-id, retry-after"
    }
    let path = context.endpointPath ?? "other"
    metrics.add(path: path, status: response.status.code, seconds: (ContinuousClock.now - start) / .seconds(1))
    return response
  }

  private func answer(_ fault: RequestFault, _ context: ServiceContext) -> Response {
    var headers: HTTPFields = [.contentType: "application/json"]
    headers[.retryAfter] = fault.retryAfter.map { "\($0)" }
    headers[.allow] = fault.allowed
    let json = ByteBuffer(bytes: fault.json(request: context.id))
    return Response(status: fault.status, headers: headers, body: .init(byteBuffer: json))
  }
}

/// Lets in who has the token, and no page of another origin; all may ask whether the service lives.
struct Gate: RouterMiddleware {
  let settings: ServiceSettings

  func handle(
    _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
  ) async throws -> Response {
    let host = request.head.authority ?? ""
    if let origin = request.headers[.origin], origin != settings.origin,
      !["http://\(host)", "https://\(host)"].contains(origin)
    {
      throw RequestFault(
        .forbidden, "origin", "pages of \(visible(String(origin.prefix(64)))) may not ask: see --origin")
    }
    guard let token = settings.token else {
      // A page whose name is made to lead here would be of its own origin.
      guard ServiceSettings.isLocal(host: Self.name(of: host)) else {
        throw RequestFault(.forbidden, "host", "is no name of this machine alone")
      }
      return try await next(request, context)
    }
    guard request.uri.path != "/healthz", !PageRoutes.open.contains(request.uri.path) else {
      return try await next(request, context)
    }
    let given = request.headers[.authorization] ?? ""
    let scheme = "bearer "
    guard given.lowercased().hasPrefix(scheme),
      isSame(Array(given.utf8.dropFirst(scheme.utf8.count)), Array(token.utf8))
    else {
      throw RequestFault(.unauthorized, "authorization", "needs the service's token: Authorization: Bearer …")
    }
    return try await next(request, context)
  }

  /// A host without its port.
  private static func name(of host: String) -> String {
    if host.hasPrefix("[") { return String(host.dropFirst().prefix { $0 != "]" }) }
    return String(host.prefix { $0 != ":" })
  }

  /// In a time that does not tell where two texts of one length differ.
  private func isSame(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    first.count == second.count && zip(first, second).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
