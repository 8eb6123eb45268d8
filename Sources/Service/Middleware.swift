import Basics
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// A request while it is answered.
struct ServiceContext: RequestContext {
  var coreContext: CoreRequestContextStorage

  init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }
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
    do {
      response = try await next(request, context)
    } catch let error as HTTPError where error.status == .contentTooLarge {
      response = answer(RequestFault(.contentTooLarge, "body", "has more than \(settings.mostBytes) bytes"), id)
    } catch let error as HTTPError {
      let reason = error.status == .notFound ? "there is no such route for \(request.method.rawValue)" : error.body
      response = answer(RequestFault(error.status, nil, reason ?? error.status.reasonPhrase), id)
    } catch {
      response = answer(RequestFault(error), id)
    }
    response.headers[.requestID] = id
    response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    response.headers[.contentTypeOptions] = "nosniff"
    response.headers[.referrerPolicy] = "no-referrer"
    response.headers[.crossOriginResourcePolicy] = settings.origin == nil ? "same-origin" : "cross-origin"
    if let origin = settings.origin {
      response.headers[.allowOrigin] = origin
      response.headers[.allowHeaders] = "authorization, content-type"
    }
    let path = context.endpointPath ?? "other"
    metrics.add(path: path, status: response.status.code, seconds: (ContinuousClock.now - start) / .seconds(1))
    return response
  }

  private func answer(_ fault: RequestFault, _ id: String) -> Response {
    var response = Answer.data(fault.json(request: id), type: "application/json", status: fault.status)
    response.headers[.retryAfter] = fault.retryAfter.map { "\($0)" }
    // What is left of a body that is not read would be taken for the next request.
    if fault.status == .contentTooLarge || fault.status == .requestTimeout { response.headers[.connection] = "close" }
    return response
  }
}

/// Lets in who has the token; all may ask whether the service lives.
struct Gate: RouterMiddleware {
  let token: String?

  func handle(
    _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
  ) async throws -> Response {
    guard let token, context.endpointPath != "/healthz", request.method != .options else {
      return try await next(request, context)
    }
    let given = request.headers[.authorization].map { Array($0.utf8) } ?? []
    guard isSame(given, Array("Bearer \(token)".utf8)) else {
      throw RequestFault(.unauthorized, "authorization", "needs the service's token: Authorization: Bearer …")
    }
    return try await next(request, context)
  }

  /// In a time that does not tell where two texts of one length differ.
  private func isSame(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    first.count == second.count && zip(first, second).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
