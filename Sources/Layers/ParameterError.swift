import Tensors

/// An error in the arrays that a network is made from.
public indirect enum ParameterError: Error, Equatable, Sendable, CustomStringConvertible {
  case missing(path: String, name: String)
  case unexpected(path: String, name: String)
  case shape(path: String, name: String, expected: [Int], found: [Int])
  case element(path: String, name: String, expected: StoredTensor.Element, found: StoredTensor.Element)
  case notFinite(path: String, name: String)
  /// A number of batches that is negative, or too large to be counted further.
  case count(path: String, name: String)
  /// More than one of these.
  case several(path: String, [ParameterError])

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
    case .several(let path, let errors): "\(path): \(Self.listed(errors))"
    }
  }

  /// The names that one kind of error shows; the rest is counted.
  private static let listedNames = 12

  /// The errors by their kinds, with the names of each.
  private static func listed(_ errors: [ParameterError]) -> String {
    /// The names of the errors that `name` knows, after how many they are.
    func part(_ what: (Int) -> String, _ name: (ParameterError) -> String?) -> String? {
      let names = errors.compactMap(name)
      guard !names.isEmpty else { return nil }
      let rest = names.count - min(names.count, listedNames)
      let shown = names.prefix(listedNames).joined(separator: ", ")
      return "\(what(names.count)): \(shown)\(rest > 0 ? " and \(rest) more" : "")"
    }
    let parts = [
      part({ "\($0) tensors are missing" }) { if case .missing(_, let name) = $0 { name } else { nil } },
      part({ "\($0) tensors do not belong to this architecture" }) {
        if case .unexpected(_, let name) = $0 { name } else { nil }
      },
      part({ "\($0) tensors have another shape than the architecture needs" }) {
        if case .shape(_, let name, let expected, let found) = $0 { "\(name) \(found), not \(expected)" } else { nil }
      },
      part({ "\($0) tensors cannot be used" }) { error in
        switch error {
        case .element(_, let name, _, let found): "\(name) of type \(found.rawValue)"
        case .notFinite(_, let name): "\(name) with NaN or infinite values"
        case .count(_, let name): "\(name), no number of batches"
        case .missing, .unexpected, .shape, .several: nil
        }
      },
    ]
    return parts.compactMap(\.self).joined(separator: "; ")
  }
}
