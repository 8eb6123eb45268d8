import Basics
import Foundation
import Hummingbird

/// The parameters of a request, from its query and its form: each known, each once.
struct RequestParameters {
  private let values: [String: String]

  /// - Parameters:
  ///   - request: Whose query is read.
  ///   - more: From its form.
  ///   - known: The names that the request may have.
  init(_ request: Request, _ more: [(name: String, value: String)] = [], known: [String]) throws(RequestFault) {
    let query = request.uri.queryParameters.map { pair in
      (name: String(pair.key).removingPercentEncoding ?? String(pair.key), value: String(pair.value))
    }
    try self.init(query + more, known: known)
  }

  /// - Parameter known: The names that the request may have.
  init(_ given: [(name: String, value: String)], known: [String]) throws(RequestFault) {
    var values: [String: String] = [:]
    for (name, value) in given {
      guard known.contains(name) else {
        throw .wrong(
          visible(String(name.prefix(64))), "there is no such parameter; there are \(known.joined(separator: ", "))")
      }
      guard values.updateValue(value, forKey: name) == nil else { throw .wrong(name, "is given twice") }
    }
    self.values = values
  }

  func text(_ name: String) -> String? { values[name] }

  func number(_ name: String, in range: ClosedRange<Double>) throws(RequestFault) -> Double? {
    guard let text = values[name] else { return nil }
    guard let number = Double(text), range.contains(number) else {
      throw .wrong(name, "is no number from \(range.lowerBound.formatted()) to \(range.upperBound.formatted())")
    }
    return number
  }

  func whole(_ name: String, in range: ClosedRange<Int>) throws(RequestFault) -> Int? {
    guard let text = values[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw .wrong(name, "is no whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func flag(_ name: String) throws(RequestFault) -> Bool {
    switch values[name] {
    case nil, "false", "0": false
    case "true", "1", "": true
    default: throw .wrong(name, "is neither true nor false")
    }
  }

  /// What the sound is called where a reader sees it; "the sound" where nothing is given.
  func soundName(_ name: String) throws(RequestFault) -> String {
    guard let text = values[name] else { return UploadedSound.name }
    // No path: titles show the last part of one.
    guard (1...64).contains(text.unicodeScalars.count), !text.contains("/"), !text.hasPrefix("~"),
      text.contains(where: { $0.isLetter || $0.isNumber })
    else { throw .wrong(name, "is no name of 1 to 64 characters, some of them letters or numbers, without a /") }
    return visible(text.replacing(/\s/, with: " "))
  }

  /// The place among the outputs of a model; nil where none is named, or what is predicted.
  func output(_ name: String, of model: ServedModel) throws(RequestFault) -> Int? {
    guard values[name] != "predicted" else { return nil }
    return try place(name, among: model.classes + model.dimensions, "output", of: model)
  }

  /// The place among some names of a model; nil where none is named.
  /// - Parameter kind: What the names are of, for the error.
  func place(
    _ name: String, among names: [String], _ kind: String, of model: ServedModel
  ) throws(RequestFault) -> Int? {
    guard let text = values[name] else { return nil }
    guard let place = names.firstIndex(of: text) else {
      throw .wrong(
        name,
        "\(model.name) has no \(kind) \"\(visible(String(text.prefix(64))))\"; it has \(names.joined(separator: ", "))"
      )
    }
    return place
  }

  /// One of some names.
  func choice<Value: RawRepresentable<String> & CaseIterable>(_ name: String) throws(RequestFault) -> Value? {
    guard let text = values[name] else { return nil }
    guard let value = Value(rawValue: text) else {
      throw .wrong(name, "is none of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return value
  }
}
