import Basics
import Foundation
import Hummingbird
import NIOCore

/// The bodies of requests as they arrive, and the work of decoding them: bounded in sum, and off the threads that answer.
final class Uploads: Sendable {
  private let settings: ServiceSettings
  /// Bytes that are held.
  private let held = Locked(0)
  private let decoders = OperationQueue()

  init(_ settings: ServiceSettings) {
    self.settings = settings
    decoders.maxConcurrentOperationCount = max(1, ProcessInfo.processInfo.activeProcessorCount)
  }

  /// Works with a request's body, whose bytes count as held meanwhile.
  func withBody<Result: Sendable>(
    of request: Request, _ work: ([UInt8]) async throws -> Result
  ) async throws -> Result {
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > settings.mostBytes {
      throw RequestFault.tooLarge(settings.mostBytes)
    }
    Client.current?.takeBody()
    let start = ContinuousClock.now
    var bytes: [UInt8] = []
    var taken = 0
    defer { give(taken) }
    do {
      for try await part in request.body {
        guard bytes.count + part.readableBytes <= settings.mostBytes else {
          throw RequestFault.tooLarge(settings.mostBytes)
        }
        // Who sends nothing at all is cut off by the connection's own timeout.
        guard ContinuousClock.now - start < .seconds(settings.bodySeconds) else {
          throw RequestFault(
            .requestTimeout, "body", "did not arrive within \(settings.bodySeconds.formatted()) s")
        }
        try take(part.readableBytes)
        taken += part.readableBytes
        bytes += part.readableBytesView
      }
    } catch let fault as RequestFault {
      throw fault
    } catch {
      throw RequestFault.cutBody
    }
    return try await work(bytes)
  }

  private func take(_ bytes: Int) throws(RequestFault) {
    let isFull = held.withLock { held in
      guard held + bytes <= settings.mostBytesInSum else { return true }
      held += bytes
      return false
    }
    if isFull { throw .busy }
  }

  private func give(_ bytes: Int) { held.withLock { $0 -= bytes } }

  /// The result of work that takes long, on a thread for it.
  func decoded<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
      decoders.addOperation { continuation.resume(with: Swift.Result { try work() }) }
    }
  }
}
