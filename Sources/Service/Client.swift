import Basics
import NIOCore

/// The client of a connection, whose leaving ends what is done for it.
final class Client: Sendable {
  /// Of the request that is answered.
  @TaskLocal static var current: Client?

  private struct State {
    var hasLeft = false
    var number = 0
    var calls: [Int: @Sendable () -> Void] = [:]
  }

  private let state = Locked(State())
  private let channel: any Channel

  init(_ channel: any Channel) { self.channel = channel }

  /// Whether the client closed its side of the connection, or the connection is no more.
  var hasLeft: Bool { state.withLock { $0.hasLeft } }

  /// Calls a function once the client leaves, from the connection's thread; never where it has left before.
  /// - Returns: A number for ``forget(_:)``.
  func whenLeft(_ call: @escaping @Sendable () -> Void) -> Int {
    state.withLock { state in
      state.number += 1
      if !state.hasLeft { state.calls[state.number] = call }
      return state.number
    }
  }

  func forget(_ number: Int) {
    state.withLock { _ = $0.calls.removeValue(forKey: number) }
  }

  func leave() {
    let calls = state.withLock { state in
      state.hasLeft = true
      defer { state.calls = [:] }
      return Array(state.calls.values)
    }
    for call in calls { call() }
  }

  /// Lets a client that waits for it send its body (RFC 9110, 10.1.1: 100-continue).
  func takeBody() {
    channel.triggerUserOutboundEvent(ClientConnection.TakesBody(), promise: nil)
  }
}
