/// The elements of an XML document without declarations of types and entities, one after the other.
///
/// Foundation's parser would link libxml2 and, with it, 30 MB of ICU, which the program would map at every start.
struct XMLScanner {
  enum Event {
    case start(name: String, attributes: [String: String])
    case end(name: String)
    case text(String)
  }

  private let bytes: [UInt8]
  private var position = 0
  /// The line of the position, from 1.
  private(set) var line = 1
  /// The names of the elements that are open, and whether there was one.
  private var open: [String] = []
  private var hasRoot = false
  /// The end of an element that is empty.
  private var pending: String?

  init(_ text: String) { bytes = Array(text.utf8) }

  /// The next event; nil at the end of a document that is whole.
  mutating func next() throws(AnnotationDamage) -> Event? {
    if let name = pending {
      pending = nil
      open.removeLast()
      return .end(name: name)
    }
    while position < bytes.count {
      if bytes[position] != UInt8(ascii: "<") {
        let text = try decoded(take(until: "<", orEnd: true))
        if !open.isEmpty { return .text(text) }
        guard text.allSatisfy(\.isWhitespace) else { throw damage }
      } else if skip("<!--") {
        _ = try take(until: "-->")
      } else if skip("<![CDATA[") {
        guard !open.isEmpty else { throw damage }
        return .text(String(decoding: try take(until: "]]>"), as: UTF8.self))
      } else if skip("<?") {
        _ = try take(until: "?>")
      } else if skip("</") {
        let name = String(decoding: try take(until: ">"), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard name.count == 1, let last = open.popLast(), name[0] == last else { throw damage }
        return .end(name: last)
      } else {
        return try start()
      }
    }
    guard open.isEmpty, hasRoot else { throw damage }
    return nil
  }

  private mutating func start() throws(AnnotationDamage) -> Event {
    guard !open.isEmpty || !hasRoot, skip("<") else { throw damage }
    let name = word()
    var attributes: [String: String] = [:]
    while true {
      let isApart = skipSpace()
      if skip("/>") {
        pending = name
        break
      }
      if skip(">") { break }
      let key = word()
      _ = skipSpace()
      guard isApart, !key.isEmpty, skip("=") else { throw damage }
      _ = skipSpace()
      let quote = position < bytes.count ? bytes[position] : 0
      guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { throw damage }
      position += 1
      let value = try take(until: quote == UInt8(ascii: "'") ? "'" : "\"")
      guard !value.contains(UInt8(ascii: "<")) else { throw damage }
      attributes[key] = try decoded(value)
    }
    guard !name.isEmpty else { throw damage }
    open.append(name)
    hasRoot = true
    return .start(name: name, attributes: attributes)
  }

  private var damage: AnnotationDamage { AnnotationDamage("not XML, or cut off", line: line) }

  private mutating func skip(_ words: String) -> Bool {
    guard bytes[position...].starts(with: words.utf8) else { return false }
    position += words.utf8.count
    return true
  }

  private mutating func skipSpace() -> Bool {
    let start = position
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      if bytes[position] == 0x0A { line += 1 }
      position += 1
    }
    return position > start
  }

  /// What stands up to white space or a sign that ends a name.
  private mutating func word() -> String {
    let start = position
    while position < bytes.count, bytes[position] > 0x20, !"/>=<\"'&".utf8.contains(bytes[position]) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// What stands up to some words, which are passed.
  /// - Parameter orEnd: Whether the document's end ends it too; the words are then not passed.
  private mutating func take(until words: String, orEnd: Bool = false) throws(AnnotationDamage) -> ArraySlice<UInt8> {
    let (start, first) = (position, words.utf8.first!)
    while position < bytes.count {
      if bytes[position] == first, bytes[position...].starts(with: words.utf8) {
        let found = bytes[start..<position]
        if !orEnd { position += words.utf8.count }
        return found
      }
      if bytes[position] == 0x0A { line += 1 }
      position += 1
    }
    guard orEnd else { throw damage }
    return bytes[start...]
  }

  private static let entities = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]

  /// Text with its references to characters in place.
  private func decoded(_ bytes: ArraySlice<UInt8>) throws(AnnotationDamage) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains("&") else { return text }
    let parts = text.split(separator: "&", omittingEmptySubsequences: false)
    var result = String(parts[0])
    for part in parts.dropFirst() {
      guard let end = part.firstIndex(of: ";") else { throw damage }
      let name = part[..<end]
      if let known = Self.entities[String(name)] {
        result += known
      } else {
        let isHex = name.hasPrefix("#x")
        guard name.hasPrefix("#"), let code = UInt32(name.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10),
          let character = Unicode.Scalar(code)
        else { throw damage }
        result.unicodeScalars.append(character)
      }
      result += part[part.index(after: end)...]
    }
    return result
  }
}
