/// A condition of a test, and what was found.
public struct CheckedCondition: Sendable, Equatable {
  public enum Finding: Sendable, Equatable {
    /// A class, and the one that must be.
    case text(String, expected: String)
    /// A number, and what it may be; nil where it is not defined, as a rank correlation of equal values.
    case number(Double?, Bounds)
  }

  /// What was asked: "class", "gini", "share in 0.4–1.1 s".
  public let name: String
  public let finding: Finding

  init(_ name: String, _ finding: Finding) { (self.name, self.finding) = (name, finding) }

  public var holds: Bool {
    switch finding {
    case .text(let found, let expected): found == expected
    case .number(let value, let bounds): value.map(bounds.contains) ?? false
    }
  }

  /// What was found: "0.97", "angry".
  public var found: String {
    switch finding {
    case .text(let found, _): found
    case .number(let value, let bounds): value.map(bounds.words) ?? "not defined"
    }
  }

  /// What must be: "at most 0.95", "angry".
  public var asked: String {
    switch finding {
    case .text(_, let expected): expected
    case .number(_, let bounds): bounds.words
    }
  }

  /// "gini 0.97, at most 0.95"; "class sadness, not angry".
  public var line: String {
    switch finding {
    case .text(let found, let expected): "\(name) \(found)" + (found == expected ? "" : ", not \(expected)")
    case .number: "\(name) \(found), \(asked)"
    }
  }
}
