import Foundation

/// Comma-separated values (RFC 4180).
///
/// Reading skips a byte-order mark and blank lines, and accepts lines that end in CRLF, LF or CR, and quoted fields
/// with commas, line ends and doubled quotes. Writing ends lines in LF, and quotes only where it is needed.
public enum CSV {
  public struct Row: Equatable, Sendable {
    /// The line of the file on which the row starts, from 1.
    public let line: Int
    public let fields: [String]
  }

  enum SyntaxError: Error, Equatable {
    case notUTF8
    case unclosedQuote(line: Int)
    case textAfterQuote(line: Int)
  }

  static func rows(of bytes: some Collection<UInt8>) throws(SyntaxError) -> [Row] {
    guard let text = String(bytes: bytes, encoding: .utf8) else { throw .notUTF8 }
    var reader = Reader(text: Array(text.utf8))
    return try reader.rows()
  }

  public static func text(of rows: [[String]]) -> String {
    rows.map { line(of: $0) + "\n" }.joined()
  }

  /// One row, without its line end.
  public static func line(of row: [String]) -> String { row.map(quoted).joined(separator: ",") }

  private static func quoted(_ field: String) -> String {
    // Scalars, not Characters: a Character may be a CRLF, or a quote with an accent on it.
    let scalars = field.unicodeScalars
    guard
      field.first == " " || field.last == " "
        || scalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) })
    else { return field }
    var quoted = "\"".unicodeScalars
    for scalar in scalars {
      if scalar == "\"" { quoted.append(scalar) }
      quoted.append(scalar)
    }
    quoted.append("\"")
    return String(quoted)
  }

  private struct Reader {
    static let comma = UInt8(ascii: ",")
    static let quote = UInt8(ascii: "\"")
    static let cr = UInt8(ascii: "\r")
    static let lf = UInt8(ascii: "\n")

    let text: [UInt8]
    var position = 0
    var line = 1

    private var next: UInt8? { position < text.count ? text[position] : nil }

    mutating func rows() throws(SyntaxError) -> [Row] {
      if text.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
      var rows: [Row] = []
      while next != nil {
        let start = line
        var fields = [try field()]
        while next == Self.comma {
          position += 1
          fields.append(try field())
        }
        endLine()
        if fields != [""] { rows.append(Row(line: start, fields: fields)) }
      }
      return rows
    }

    /// The field at the position, which moves to the comma or line end after it.
    private mutating func field() throws(SyntaxError) -> String {
      guard next == Self.quote else {
        let start = position
        while let byte = next, byte != Self.comma, byte != Self.cr, byte != Self.lf { position += 1 }
        return String(decoding: text[start..<position], as: UTF8.self)
      }
      let start = line
      var field: [UInt8] = []
      position += 1
      while let byte = next {
        if byte == Self.quote {
          position += 1
          guard next == Self.quote else {
            guard next == nil || next == Self.comma || next == Self.cr || next == Self.lf else {
              throw .textAfterQuote(line: line)
            }
            return String(decoding: field, as: UTF8.self)
          }
        } else if byte == Self.lf || (byte == Self.cr && !isFollowedByLF) {
          line += 1
        }
        field.append(byte)
        position += 1
      }
      throw .unclosedQuote(line: start)
    }

    private var isFollowedByLF: Bool { position + 1 < text.count && text[position + 1] == Self.lf }

    private mutating func endLine() {
      if next == Self.cr && isFollowedByLF { position += 1 }
      position += 1
      line += 1
    }
  }
}
