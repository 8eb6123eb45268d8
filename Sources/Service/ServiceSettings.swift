/// Where a service listens, and what it allows.
public struct ServiceSettings: Sendable {
  public var host = "127.0.0.1"
  public var port = 8080
  /// The token that each request must carry as `Authorization: Bearer …`; nil for none.
  public var token: String?
  /// The web page, as its `Origin`, whose scripts may ask; nil for none.
  public var origin: String?
  /// Requests that wait for the models at most, of predictions and as many of what takes longer, and as many sounds that wait
  /// to be edited; more are answered 429.
  public var mostWaiting = 256
  /// How long a request waits for the models at most, in seconds, where it does not take long itself.
  public var patience = 30.0
  /// Seconds that the models work for an explanation or a comparison at most, looked at between two passes; and those of an
  /// edit's sounds, looked at between two of them.
  public var mostSeconds = 120.0
  /// How long what takes longer waits for the models at most, in seconds: behind the longest work before it, too.
  public var longPatience: Double { patience + mostSeconds }
  /// Bytes of a request's body at most, and of all that are held at once.
  public var mostBytes = 32 << 20
  public var mostBytesInSum = 512 << 20
  /// Seconds that a body may take to arrive.
  public var bodySeconds = 15.0
  /// Seconds within which some of an answer must leave; and what running requests may take to end, once the service is to
  /// stop.
  public var lastSeconds = 60.0
  /// Connections at once.
  public var mostConnections = 1024
  /// Seconds for which a prediction waits for others of the same length.
  public var batchSeconds = 0.002
  /// Clips that are predicted in one pass at most.
  public var mostTogether = 16

  public init() {}

  /// Whether only this machine can connect.
  public var isLocal: Bool { Self.isLocal(host: host) }

  /// Whether a host is this machine by a name that leads nowhere else.
  static func isLocal(host: String) -> Bool {
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return ["localhost", "::1"].contains(host)
      || (numbers.count == 4 && numbers.allSatisfy { $0 != nil } && numbers[0] == 127)
  }
}
