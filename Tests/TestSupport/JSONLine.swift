import Foundation

/// A JSON object of one line as a command prints it, with keys in snake case.
public func decoded<Value: Decodable>(_ line: String) throws -> Value {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  return try decoder.decode(Value.self, from: Data(line.utf8))
}
