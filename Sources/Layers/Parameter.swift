import Basics
import Tensors

/// An array that a layer keeps between passes.
public final class Parameter {
  public enum Role: Sendable {
    /// Learned.
    case weight
    /// Followed, not learned: a norm's running mean or variance.
    case statistic
    /// A whole number that counts batches; kept for PyTorch, which wants it in its checkpoints.
    case counter
  }

  public let role: Role
  public let shape: [Int]

  /// Always of ``shape``.
  public var value: Tensor {
    didSet {
      demand(value.shape == shape, "a value of \(value.shape) for a parameter of \(shape)")
      version += 1
    }
  }

  /// Grows whenever the value changes; what is computed from values and kept is right as long as this stays.
  public private(set) var version = 0

  public init(_ value: Tensor, role: Role = .weight) {
    (self.value, self.role) = (value, role)
    shape = value.shape
  }
}

/// A part of a network: what it keeps, by PyTorch's names.
public protocol Layer {
  var members: [Member] { get }
}

public enum Member {
  case parameter(String, Parameter)
  case layer(String, any Layer)
}

extension Layer {
  /// All parameters of this layer and those in it, in PyTorch's order, under its names: `blocks.0.conv.weight`.
  public var namedParameters: [(name: String, parameter: Parameter)] {
    members.flatMap { member -> [(name: String, parameter: Parameter)] in
      switch member {
      case .parameter(let name, let parameter): [(name, parameter)]
      case .layer(let prefix, let layer): layer.namedParameters.map { ("\(prefix).\($0.name)", $0.parameter) }
      }
    }
  }

  /// The learned parameters.
  public var weights: [Parameter] { namedParameters.map(\.parameter).filter { $0.role == .weight } }
}

/// Layers one after another under the names 0, 1, 2 …
public struct LayerList<Element: Layer>: Layer {
  public let elements: [Element]

  public init(_ elements: [Element]) { self.elements = elements }

  public var members: [Member] { elements.enumerated().map { .layer(String($0), $1) } }
}
