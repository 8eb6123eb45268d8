import Basics
import Tensors

/// The values of a parameter before any training.
public enum InitialValue: Sendable {
  case zeros, ones
  /// Uniform random numbers in −bound ..< bound.
  case uniform(bound: Float)
  /// PyTorch's default for linear maps and convolutions: bound 1/√(inputs of one output), which is Kaiming's uniform with
  /// a = √5 (He et al. 2015).
  case kaiming(fanIn: Int)
  /// Glorot and Bengio 2010: bound √(6 / (fan in + fan out)).
  case xavier(fanIn: Int, fanOut: Int)

  func tensor(_ shape: [Int], using generator: inout SeededGenerator) -> Tensor {
    switch self {
    case .zeros: .zeros(shape)
    case .ones: .ones(shape)
    case .uniform(let bound): .uniform(shape, bound: bound, using: &generator)
    case .kaiming(let fanIn): .uniform(shape, bound: 1 / Float(fanIn).squareRoot(), using: &generator)
    case .xavier(let fanIn, let fanOut):
      .uniform(shape, bound: (6 / Float(fanIn + fanOut)).squareRoot(), using: &generator)
    }
  }
}

/// The source of a network's parameters: drawn from a seed, or the arrays of a file, of which float32 are not copied. Each
/// layer takes its own by name, and the name is written nowhere else.
public struct ParameterSource {
  private final class Shared {
    let origin: Origin
    var generator = SeededGenerator(seed: 0)
    var taken: [Parameter] = []

    init(_ origin: Origin) { self.origin = origin }
  }

  private enum Origin {
    case drawn
    /// - Parameter path: The file's path, for errors.
    case stored([String: StoredTensor], path: String)
  }

  private let shared: Shared
  /// The start of every name: "", or "blocks.0.".
  private let prefix: String

  private init(_ shared: Shared, prefix: String) { (self.shared, self.prefix) = (shared, prefix) }

  /// New parameters; the same seed draws the same ones.
  public static func drawn(seed: UInt64) -> ParameterSource {
    let shared = Shared(.drawn)
    shared.generator = SeededGenerator(seed: seed)
    return ParameterSource(shared, prefix: "")
  }

  /// The arrays of a file, as ``Safetensors/read(_:)`` maps them.
  /// - Parameter path: The file's path, for errors.
  public static func stored(_ tensors: [String: StoredTensor], path: String) -> ParameterSource {
    ParameterSource(Shared(.stored(tensors, path: path)), prefix: "")
  }

  /// The source for a part of the network, whose names begin with `name` and a dot.
  public func part(_ name: String) -> ParameterSource { ParameterSource(shared, prefix: "\(prefix)\(name).") }

  /// The sources for parts `name`.0, `name`.1 … of a list.
  public func parts(_ name: String, count: Int) -> [ParameterSource] {
    (0..<count).map { part("\(name).\($0)") }
  }

  /// A parameter of the source: drawn by `initial`, or taken from the file, where it has to be of this shape and finite.
  public func parameter(
    _ name: String, _ shape: [Int], _ initial: InitialValue, role: Parameter.Role = .weight
  ) throws(ParameterError) -> Parameter {
    let name = prefix + name
    let value =
      switch shared.origin {
      case .drawn: initial.tensor(shape, using: &shared.generator)
      case .stored(let tensors, let path): try Self.checked(tensors[name], name, shape, role, path: path)
      }
    let parameter = Parameter(name, value, role: role)
    shared.taken.append(parameter)
    return parameter
  }

  /// The parameters that were taken under this source's names, in their order.
  public var taken: [Parameter] { shared.taken.filter { $0.name.hasPrefix(prefix) } }

  /// Throws where the file has an array that no layer took.
  public func checkAllTaken() throws(ParameterError) {
    guard case .stored(let tensors, let path) = shared.origin else { return }
    let known = Set(shared.taken.map(\.name))
    if let stranger = tensors.keys.filter({ !known.contains($0) }).min() {
      throw .unexpected(path: path, name: stranger)
    }
  }

  private static func checked(
    _ stored: StoredTensor?, _ name: String, _ shape: [Int], _ role: Parameter.Role, path: String
  ) throws(ParameterError) -> Tensor {
    guard let stored else { throw .missing(path: path, name: name) }
    guard stored.shape == shape else { throw .shape(path: path, name: name, expected: shape, found: stored.shape) }
    guard role == .counter ? stored.element == .int64 : stored.element.isOfWeights else {
      throw .element(path: path, name: name, expected: role == .counter ? .int64 : .float32, found: stored.element)
    }
    let tensor = stored.tensor
    guard tensor.isFinite else { throw .notFinite(path: path, name: name) }
    // The greatest I64, rounded to a float, is beyond Int.
    if role == .counter, Int(exactly: tensor.scalar).map({ $0 < 0 }) ?? true { throw .count(path: path, name: name) }
    return tensor
  }
}

extension Tensor {
  /// A tensor of uniform random numbers in −bound ..< bound.
  public static func uniform(_ shape: [Int], bound: Float, using generator: inout SeededGenerator) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map { _ in bound * Float(generator.uniform(in: -1..<1)) }, shape: shape)
  }
}
