import Tensors

/// An error in the arrays that a network is made from.
public enum ParameterError: Error, Equatable, Sendable, CustomStringConvertible {
  case missing(path: String, name: String)
  case unexpected(path: String, name: String)
  case shape(path: String, name: String, expected: [Int], found: [Int])
  case element(path: String, name: String, expected: StoredTensor.Element, found: StoredTensor.Element)
  case notFinite(path: String, name: String)
  /// A number of batches that is negative, or too large to be counted further.
  case count(path: String, name: String)

  public var description: String {
    switch self {
    case .missing(let path, let name): "\(path): the tensor \(name) is missing"
    case .unexpected(let path, let name): "\(path): the tensor \(name) does not belong to this architecture"
    case .shape(let path, let name, let expected, let found):
      "\(path): the tensor \(name) has shape \(found), and the architecture needs \(expected)"
    case .element(let path, let name, let expected, let found):
      "\(path): the tensor \(name) is of type \(found.rawValue), and the architecture needs \(expected.rawValue)"
    case .count(let path, let name): "\(path): the tensor \(name) is no number of batches"
    case .notFinite(let path, let name): "\(path): the tensor \(name) holds NaN or infinite values"
    }
  }
}
