import Basics
import Tensors

/// The values of a parameter before any training.
public enum InitialValue: Sendable {
  case zeros, ones
  /// Uniform random numbers in −bound ..< bound.
  case uniform(bound: Float)
  /// Normal random numbers of mean 0.
  case normal(deviation: Float)
  /// These values.
  case values([Float])
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
    case .normal(let deviation):
      Tensor(generator.normals(shape.reduce(1, *), deviation: Double(deviation)), shape: shape)
    case .values(let values): Tensor(values, shape: shape)
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
    /// What is wrong with the file's arrays so far.
    var problems: [ParameterError] = []
    /// Floats of the arrays that stand for missing ones.
    var placeholders = 0

    init(_ origin: Origin) { self.origin = origin }
  }

  private enum Origin {
    /// New parameters, but for those of the pretrained parts.
    case drawn([Pretrained])
    /// - Parameter path: The file's path, for errors.
    case stored([String: StoredTensor], path: String)
  }

  private let shared: Shared
  /// The start of every name: "", or "blocks.0.".
  private let prefix: String

  private init(_ shared: Shared, prefix: String) { (self.shared, self.prefix) = (shared, prefix) }

  /// Arrays of a file that stand in place of new ones.
  public struct Pretrained {
    /// The start of the names that they have in the network; `tensors` has them without it.
    public let prefix: String
    public let tensors: [String: StoredTensor]
    /// The file's path, for errors.
    public let path: String

    public init(prefix: String, tensors: [String: StoredTensor], path: String) {
      (self.prefix, self.tensors, self.path) = (prefix, tensors, path)
    }
  }

  /// New parameters; the same seed draws the same ones.
  /// - Parameter pretrained: Parts of the network that are not new; ``checkAllTaken()`` then says what they lack.
  public static func drawn(seed: UInt64, pretrained: [Pretrained] = []) -> ParameterSource {
    let shared = Shared(.drawn(pretrained))
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
  ///
  /// Where the file has no such array, a place is kept for it, so that ``checkAllTaken()`` can name everything that is
  /// wrong at once: a network is not to be used before that call.
  public func parameter(
    _ name: String, _ shape: [Int], _ initial: InitialValue, role: Parameter.Role = .weight
  ) throws(ParameterError) -> Parameter {
    let name = prefix + name
    let value =
      switch shared.origin {
      case .drawn(let parts):
        if let part = parts.first(where: { name.hasPrefix($0.prefix) }) {
          try taken(part.tensors[String(name.dropFirst(part.prefix.count))], name, shape, role, path: part.path)
        } else {
          initial.tensor(shape, using: &shared.generator)
        }
      case .stored(let tensors, let path): try taken(tensors[name], name, shape, role, path: path)
      }
    let parameter = Parameter(name, value, role: role)
    shared.taken.append(parameter)
    return parameter
  }

  /// The names of the file's arrays under this source's, without the part before; nil where parameters are new.
  private var stored: [String: StoredTensor]? {
    switch shared.origin {
    case .drawn(let parts):
      parts.first { prefix.hasPrefix($0.prefix) }.map { part in
        part.tensors.reduce(into: [:]) { $0[part.prefix + $1.key] = $1.value }
      }
    case .stored(let tensors, _): tensors
    }
  }

  /// Whether parameters are new ones.
  public var isDrawn: Bool { stored == nil }

  /// Whether a file has an array of this name; new parameters have it where `orDraws`.
  public func has(_ name: String, orDraws draws: Bool) -> Bool { stored.map { $0[prefix + name] != nil } ?? draws }

  /// The parameters that were taken under this source's names, in their order.
  public var taken: [Parameter] { shared.taken.filter { $0.name.hasPrefix(prefix) } }

  /// Throws where arrays of the file are missing, are not what a layer needs, or are taken by no layer: all of them in
  /// one error.
  public func checkAllTaken() throws(ParameterError) {
    let known = Set(shared.taken.map(\.name))
    let files: [Pretrained] =
      switch shared.origin {
      case .drawn(let parts): parts
      case .stored(let tensors, let path): [Pretrained(prefix: "", tensors: tensors, path: path)]
      }
    let strangers = files.flatMap { file in
      file.tensors.keys.sorted().filter { !known.contains(file.prefix + $0) }
        .map { ParameterError.unexpected(path: file.path, name: $0) }
    }
    try Self.check(shared.problems + strangers, path: files.map(\.path).joined(separator: ", "))
  }

  private static func check(_ problems: [ParameterError], path: String) throws(ParameterError) {
    if let only = problems.first { throw problems.count == 1 ? only : .several(path: path, problems) }
  }

  /// The most floats that may stand for missing arrays: a configuration from a file can ask for any size.
  private static let placeholderLimit = 1 << 30

  private func taken(
    _ stored: StoredTensor?, _ name: String, _ shape: [Int], _ role: Parameter.Role, path: String
  ) throws(ParameterError) -> Tensor {
    do {
      return try Self.checked(stored, name, shape, role, path: path)
    } catch {
      shared.problems.append(error)
      let count = shape.reduce(1) { min($0 * max($1, 1), Self.placeholderLimit) }
      shared.placeholders += count
      guard shared.placeholders < Self.placeholderLimit, shared.problems.count < 10_000 else {
        try Self.check(shared.problems, path: path)
        throw error
      }
      return .placeholder(shape)
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
