import Foundation

extension Encodable {
  /// JSON in one line, for whoever reads a command's output: keys sorted, in snake case.
  public var line: String {
    get throws { try jsonLine(.convertToSnakeCase) }
  }

  /// JSON in one line, keys sorted.
  func jsonLine(_ keys: JSONEncoder.KeyEncodingStrategy = .useDefaultKeys) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = keys
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
