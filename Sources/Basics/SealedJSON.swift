import Foundation

/// A file of JSON with a digest of its bytes, `{"digest":"0123456789abcdef","content":…}`, so that no byte of it can be
/// damaged or changed unnoticed.
public enum SealedJSON {
  private static let (start, middle, end) = (
    Array("{\"digest\":\"".utf8), Array("\",\"content\":".utf8), Array("}".utf8)
  )
  private static let digits = 16

  /// Writes a value, whole or not at all. The same value gives the same bytes.
  public static func write(_ value: some Encodable, to path: String) throws(FileError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let content = try? encoder.encode(value) else { fault("a value that is no JSON, for \(path)") }
    try write(content: content, to: path)
  }

  public static func write(content: Data, to path: String) throws(FileError) {
    try writeWhole(Data(start + digest(content) + middle) + content + Data(end), to: path)
  }

  /// The JSON of the value; nil if there is no file.
  /// - Throws: `FileError.damaged` where the digest is another one.
  public static func read(_ path: String) throws(FileError) -> Data? {
    guard let bytes = try contents(of: path, limit: SizeLimit.state) else { return nil }
    let before = start.count + digits + middle.count
    guard bytes.count >= before + end.count else { throw .damaged(path: path) }
    let content = bytes[before..<bytes.count - end.count]
    guard bytes.prefix(before) == Data(start + digest(content) + middle), bytes.suffix(end.count) == Data(end)
    else { throw .damaged(path: path) }
    return Data(content)
  }

  /// Whether the file has a digest, right or wrong.
  public static func isSealed(_ path: String) throws(FileError) -> Bool {
    try contents(of: path, limit: SizeLimit.state)?.starts(with: start) ?? false
  }

  private static func digest(_ content: Data) -> [UInt8] {
    var print = Fingerprint()
    content.withUnsafeBytes { print.add(bytes: $0) }
    let text = print.hexadecimal
    return Array((String(repeating: "0", count: digits - text.count) + text).utf8)
  }
}
