import Foundation

/// What a server answered.
struct Answered {
  let status: Int
  /// With names in small letters.
  let headers: [String: String]
  let body: Data

  var text: String { String(decoding: body, as: UTF8.self) }

  func json<Value: Decodable>() throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Value.self, from: body)
  }
}

/// A connection to a server on this machine, for bytes of which a library would not send all kinds.
final class Connection {
  private let descriptor: Int32
  /// Whether the other side has closed, as far as was read.
  private(set) var isEnded = false

  /// Nil where nothing listens.
  init?(port: Int, seconds: Int = 60) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var limit = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else {
      close(descriptor)
      return nil
    }
  }

  deinit { close(descriptor) }

  func leave() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  func send(_ bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// Whether the other side takes nothing any more, for which half a minute is waited.
  func isRefused() -> Bool {
    for _ in 0..<300 {
      if Foundation.send(descriptor, [0], 1, Int32(MSG_NOSIGNAL)) < 1 { return true }
      usleep(100_000)
    }
    return false
  }

  /// All that comes until the other side closes, or falls silent.
  func received() -> Data {
    var found = Data()
    var block = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &block, block.count, 0)
      isEnded = count == 0
      guard count > 0 else { return found }
      found.append(contentsOf: block[..<count])
    }
  }

  /// The lines until an empty one; nil where it does not come. What is behind it is not read.
  func head() -> String? {
    var (found, byte) = (Data(), UInt8(0))
    while !found.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      guard recv(descriptor, &byte, 1, 0) == 1 else { return nil }
      found.append(byte)
    }
    return String(decoding: found, as: UTF8.self)
  }

  /// The answer to a request that asks for the connection's end; nil where none came.
  func answer() -> Answered? {
    let all = received()
    guard let end = all.range(of: Data("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: all[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
    let headers = lines.dropFirst().compactMap { line -> (String, String)? in
      let pair = line.split(separator: ":", maxSplits: 1)
      return pair.count == 2 ? (pair[0].lowercased(), pair[1].trimmingCharacters(in: .whitespaces)) : nil
    }
    let kept = Dictionary(headers) { first, _ in first }
    var body = Data(all[end.upperBound...])
    if kept["transfer-encoding"] == "chunked" { body = Self.joined(body) }
    return Answered(status: status, headers: kept, body: body)
  }

  /// The content of a body in chunks.
  private static func joined(_ body: Data) -> Data {
    var (rest, found) = (body, Data())
    while let line = rest.range(of: Data("\r\n".utf8)),
      let size = Int(String(decoding: rest[rest.startIndex..<line.lowerBound], as: UTF8.self), radix: 16), size > 0,
      line.upperBound + size + 2 <= rest.endIndex
    {
      found += rest[line.upperBound..<(line.upperBound + size)]
      rest = rest[(line.upperBound + size + 2)...]
    }
    return found
  }
}

/// A request of its own connection.
func ask(
  _ port: Int, _ method: String, _ path: String, _ body: Data = Data(), headers: [String: String] = [:]
) -> Answered? {
  guard let connection = Connection(port: port) else { return nil }
  var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
  if method == "POST" { head += "Content-Length: \(body.count)\r\n" }
  for (name, value) in headers { head += "\(name): \(value)\r\n" }
  connection.send(Data((head + "\r\n").utf8) + body)
  return connection.answer()
}
