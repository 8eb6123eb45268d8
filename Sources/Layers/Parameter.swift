import Basics
import Tensors

/// An array that a layer keeps between passes.
public final class Parameter {
  public enum Role: Sendable {
    /// A learned weight.
    case weight
    /// A statistic updated in training, not learned: a norm's running mean or variance.
    case statistic
    /// A whole number that counts batches; kept for PyTorch, which needs it in its checkpoints.
    case counter
  }

  /// PyTorch's name, from the network down: `blocks.0.conv.weight`.
  public let name: String
  public let role: Role
  public let shape: [Int]

  /// The current array, always of ``shape``.
  public var value: Tensor {
    didSet {
      demand(value.shape == shape, "a value of \(value.shape) for the parameter \(name) of \(shape)")
      version += 1
    }
  }

  /// Grows with every change of ``value``: caches made from the value are valid while it is unchanged.
  public private(set) var version = 0

  public init(_ name: String, _ value: Tensor, role: Role = .weight) {
    (self.name, self.value, self.role) = (name, value, role)
    shape = value.shape
  }

  /// Changes the floats where they are, or in a copy where another tensor still uses them.
  public func update(_ body: (UnsafeMutableBufferPointer<Float>) -> Void) { value.withMutableFloats(body) }

  /// The array in the form in which a file stores it.
  public var stored: StoredTensor { role == .counter ? StoredTensor(Int(value.scalar)) : StoredTensor(value) }
}
