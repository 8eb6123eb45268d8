import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Connections of HTTP/1.0 and 1.1, of which each knows its ``Client``.
struct ServiceChannel: ServerChildChannel {
  struct Value: ServerChildChannelValue {
    fileprivate let requests: HTTP1Channel.Value
    fileprivate let client: Client

    var channel: any Channel { requests.channel }
  }

  let http: HTTP1Channel
  /// See ``ClientConnection``.
  let longestStall: TimeAmount

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    let client = Client(channel)
    return http.setup(channel: channel, logger: logger).flatMapThrowing { [longestStall] requests in
      let pipeline = channel.pipeline.syncOperations
      let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
      try pipeline.addHandler(ClientConnection(client, longestStall: longestStall), position: .before(codec))
      return Value(requests: requests, client: client)
    }
  }

  func handle(value: Value, logger: Logger) async {
    await Client.$current.withValue(value.client) { await http.handle(value: value.requests, logger: logger) }
  }
}

/// What clients expect of a connection beside requests and answers: that it ends behind an answer where they ask for this or
/// know no other way (HTTP/1.0), and that a body is asked for where they wait for it. It notes when the client leaves,
/// closes where an answer stalls, and ends the connection behind an answer whose request has more of a body to come, as
/// that need have no end.
final class ClientConnection: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  /// An event: the body of the request that is answered will be read.
  struct TakesBody: Sendable {}

  private struct Asked {
    /// Of HTTP/1.0.
    let isOld: Bool
    /// Whether the answer is the connection's last.
    var isLast: Bool
    /// Whether the client waits to be asked for the body.
    var waits: Bool
    /// Whether the body has come to its end.
    var isWhole = false
  }

  /// How long a connection is read from behind its last answer: one that is closed with bytes unread may take the answer
  /// from the client.
  private static let farewell = TimeAmount.seconds(5)

  private let client: Client
  private let longestStall: TimeAmount
  /// The requests without a whole answer, in their order.
  private var asked = CircularBuffer<Asked>()
  /// Parts of answers that have not left.
  private var unsent = 0
  /// When a part left last, or began to wait alone.
  private var progress = NIODeadline.now()
  private var watch: Scheduled<Void>?
  /// Whether the last answer was written.
  private var isOver = false
  private var end: Scheduled<Void>?

  /// - Parameter longestStall: The time within which a part of an answer must leave.
  init(_ client: Client, longestStall: TimeAmount) {
    (self.client, self.longestStall) = (client, longestStall)
  }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // What follows a last request or a last answer is nobody's: Hummingbird would wait for the answer to it.
    if isOver || asked.last.map({ $0.isLast && $0.isWhole }) == true { return }
    let part = unwrapInboundIn(data)
    guard case .head(var head) = part else {
      if let last = asked.indices.last {
        // Whoever sends a body does not wait to be asked for it.
        asked[last].waits = false
        if case .end = part { asked[last].isWhole = true }
      }
      return context.fireChannelRead(data)
    }
    let isOld = head.version.major < 1 || (head.version.major == 1 && head.version.minor < 1)
    let isLast = isOld || head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "close" }
    // Hummingbird ends a connection behind the answer for this value alone.
    if isLast { head.headers.replaceOrAdd(name: "connection", value: "close") }
    let waits = !isOld && head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
    asked.append(Asked(isOld: isOld, isLast: isLast, waits: waits))
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    context.fireChannelReadComplete()
    // Nobody else asks for more.
    if isOver { context.read() }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event as? ChannelEvent == .inputClosed { client.leave() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    client.leave()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    client.leave()
    watch?.cancel()
    end?.cancel()
  }

  // MARK: Answers

  func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
    guard event is TakesBody else { return context.triggerUserOutboundEvent(event, promise: promise) }
    if asked.first?.waits == true {
      asked[asked.startIndex].waits = false
      context.writeAndFlush(
        wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
    }
    promise?.succeed()
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard !isOver else {
      promise?.fail(ChannelError.outputClosed)
      return
    }
    let promise = promise ?? context.eventLoop.makePromise()
    if unsent == 0 { progress = .now() }
    unsent += 1
    promise.futureResult.assumeIsolated().whenComplete { result in
      self.unsent -= 1
      self.progress = .now()
      guard self.isOver, self.unsent == 0, case .success = result else { return }
      // Not amid the write that has just ended.
      context.eventLoop.assumeIsolated().execute { self.takeLeave(context) }
    }
    switch unwrapOutboundIn(data) {
    case .head(var head) where head.status.code >= 200:
      if let first = asked.first {
        // No chunks, which HTTP/1.0 does not know.
        if first.isOld { head.version = .http1_0 }
        // An answer without a length may read the body while it is written.
        let isLast = first.isLast || (!first.isWhole && head.headers.contains(name: "content-length"))
        if isLast { head.headers.replaceOrAdd(name: "connection", value: "close") }
        asked[asked.startIndex].isLast = isLast
        asked[asked.startIndex].waits = false
      }
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .end:
      // What is no request has one answer too.
      isOver = asked.popFirst().map { $0.isLast || !$0.isWhole } ?? true
      context.write(data, promise: promise)
    default:
      context.write(data, promise: promise)
    }
    watchAnswers(context)
  }

  /// Ends a connection whose last answer has left.
  private func takeLeave(_ context: ChannelHandlerContext) {
    guard end == nil, context.channel.isActive else { return }
    end = context.eventLoop.assumeIsolated().scheduleTask(in: Self.farewell) { context.close(promise: nil) }
    context.close(mode: .output, promise: nil)
    context.read()
  }

  private func watchAnswers(_ context: ChannelHandlerContext) {
    guard watch == nil, unsent > 0 else { return }
    watch = context.eventLoop.assumeIsolated().scheduleTask(deadline: progress + longestStall) {
      self.watch = nil
      if self.unsent > 0, .now() - self.progress >= self.longestStall {
        context.close(promise: nil)
      } else {
        self.watchAnswers(context)
      }
    }
  }
}

@available(*, unavailable)
extension ClientConnection: Sendable {}
