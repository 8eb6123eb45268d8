import Basics
import Foundation
import TOMLKit

/// The reason why a TOML file cannot be used. The description is one line.
enum TOMLFileError: Error, Equatable, CustomStringConvertible {
  case syntax(path: String, line: Int, reason: String)
  /// A key with a value of a wrong type, out of range, or that is unknown.
  case key(path: String, key: String, reason: String)
  case file(FileError)

  var description: String {
    switch self {
    case .syntax(let path, let line, let reason): "\(path): no TOML: line \(line): \(reason)"
    case .key(let path, let key, let reason): "\(path): \(key): \(reason)"
    case .file(let error): "\(error)"
    }
  }
}

/// A table of a TOML file, from which values are taken by key and type. A key that was never asked for is an error at the
/// end: it would be a setting without effect.
final class TOMLSection {
  private let path: String
  /// "recipe.schedule.", in front of the table's keys.
  private var prefix: String
  private let table: TOMLTable
  private var asked: [String] = []
  private var below: [TOMLSection] = []

  private init(path: String, prefix: String, _ table: TOMLTable) {
    (self.path, self.prefix, self.table) = (path, prefix, table)
  }

  /// The whole of a file.
  convenience init(file path: String) throws(TOMLFileError) {
    let data: Data?
    do {
      data = try contents(of: path, limit: SizeLimit.configuration)
    } catch {
      throw .file(error)
    }
    guard let data else { throw .file(.unreadable(path: path, reason: systemReason(ENOENT))) }
    // The parser takes a zero byte for the file's end.
    guard let text = String(data: data, encoding: .utf8), !data.contains(0) else {
      throw .syntax(path: path, line: 1, reason: "it is not text in UTF-8")
    }
    let table: TOMLTable
    do {
      table = try TOMLTable(string: text)
    } catch {
      let found = error as? TOMLParseError
      throw .syntax(path: path, line: found?.source.begin.line ?? 1, reason: found?.description ?? "\(error)")
    }
    self.init(path: path, prefix: "", table)
  }

  /// Gives the table another name in errors, where the file has one for it: `test "a shout": `.
  func call(_ name: String) { prefix = name }

  func wrong(_ key: String, _ reason: String) -> TOMLFileError { .key(path: path, key: prefix + key, reason: reason) }

  /// The value under a key; nil where there is none.
  /// - Parameters:
  ///   - words: What it must be.
  ///   - read: Nil of a value that it is not.
  func value<Value>(
    _ key: String, _ words: String, _ read: (TOMLValue) -> Value?
  ) throws(TOMLFileError) -> Value? {
    if !asked.contains(key) { asked.append(key) }
    guard let found = table[key]?.tomlValue else { return nil }
    guard let value = read(found) else { throw wrong(key, "must be \(words), not \(found.words)") }
    return value
  }

  func text(_ key: String) throws(TOMLFileError) -> String? { try value(key, "text in quotes", \.string) }
  func flag(_ key: String) throws(TOMLFileError) -> Bool? { try value(key, "true or false", \.bool) }
  func number(_ key: String) throws(TOMLFileError) -> Double? { try value(key, "a number", \.number) }

  func count(_ key: String, in range: ClosedRange<Int> = Int.min...Int.max) throws(TOMLFileError) -> Int? {
    let words = range.lowerBound == 0 ? "a whole number, 0 or more" : "a whole number"
    return try value(key, words) { $0.int.flatMap { range.contains($0) ? $0 : nil } }
  }

  func texts(_ key: String) throws(TOMLFileError) -> [String]? {
    try value(key, "a list of texts in quotes") { $0.list(\.string) }
  }

  func counts(_ key: String) throws(TOMLFileError) -> [Int]? {
    try value(key, "a list of whole numbers") { $0.list(\.int) }
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String
  ) throws(TOMLFileError) -> Choice? {
    let names = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    return try value(key, "one of \(names)") { $0.string.flatMap { Choice(rawValue: $0) } }
  }

  /// A table as JSON.
  func json(_ key: String) throws(TOMLFileError) -> Data? {
    try value(key, "a table") { $0.table.map { Data($0.convert(to: .json).utf8) } }
  }

  func section(_ key: String) throws(TOMLFileError) -> TOMLSection? {
    try value(key, "a table", \.table).map { section("\(key).", $0) }
  }

  /// - Parameter areNumbered: Whether errors name each by its place, counted from 1.
  func sections(_ key: String, areNumbered: Bool = false) throws(TOMLFileError) -> [TOMLSection]? {
    try value(key, "a list of tables") { $0.list(\.table) }?.enumerated().map { index, table in
      section(areNumbered ? "\(key) \(index + 1)." : "\(key).", table)
    }
  }

  private func section(_ name: String, _ table: TOMLTable) -> TOMLSection {
    below.append(TOMLSection(path: path, prefix: prefix + name, table))
    return below.last!
  }

  /// Throws where the table, or one within it that was read, has a key that was never asked for.
  func checkKeys() throws(TOMLFileError) {
    if let stranger = table.keys.sorted().first(where: { !asked.contains($0) }) {
      let others = asked.isEmpty ? "" : "; there are \(asked.joined(separator: ", "))"
      throw wrong(stranger, "there is no such key here\(others)")
    }
    for section in below { try section.checkKeys() }
  }
}

extension TOMLValue {
  /// A number with or without a point.
  var number: Double? { double ?? int.map(Double.init) }

  /// The elements, where all are what is read.
  func list<Element>(_ read: (TOMLValue) -> Element?) -> [Element]? {
    guard let array else { return nil }
    let found = array.map { read($0.tomlValue) }
    return found.contains { $0 == nil } ? nil : found.compactMap { $0 }
  }

  /// The numbers of a list of so many; nil where it is none.
  func numbers(_ count: Int) -> [Double]? { list(\.number).flatMap { $0.count == count ? $0 : nil } }

  /// The value in an error: a text or a number itself, else its type.
  fileprivate var words: String {
    switch type {
    case .string: "\"\(string ?? "")\""
    case .int, .double, .bool: debugDescription
    default: type == .array ? "a list" : type == .table ? "a table" : "a \(type)"
    }
  }
}
