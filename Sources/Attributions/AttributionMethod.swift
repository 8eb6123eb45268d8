import Models
import Tensors

/// A way to say how much each part of an input contributes to a target.
///
/// A method's values hold all that it was asked for (steps, baseline, seed), so that the same value attributes the same
/// clip to the bit.
public protocol AttributionMethod: Sendable {
  /// Its name on the command line.
  static var name: String { get }
  static var family: MethodFamily { get }
  /// The paper that it is from.
  static var source: String { get }
  /// One line for a list.
  static var summary: String { get }
  /// What one clip takes at one input space, in words: "1 gradient", "50 gradients".
  static var cost: String { get }
  /// Whether values have a sign; without one, only their size says something.
  static var isSigned: Bool { get }
  /// Whether the values promise to sum to f(x) − f(baseline).
  static var promisesCompleteness: Bool { get }
  /// The options that it reads; the command line refuses the others.
  static var options: Set<MethodOptions.Name> { get }

  /// Throws where an option's value cannot be.
  init(_ options: MethodOptions) throws(MethodError)

  /// Attributions of the shape of the clip's input at `space`.
  func attribute(_ clip: ClipPath, at space: InputSpace, target: Target) throws(MethodError) -> AttributionResult
}

extension AttributionMethod {
  public static var promisesCompleteness: Bool { false }
  public static var options: Set<MethodOptions.Name> { [] }
  public var name: String { Self.name }
  public var isSigned: Bool { Self.isSigned }
}

/// What a method works by.
public enum MethodFamily: String, CaseIterable, Sendable {
  case gradient, modifiedBackward = "modified backward", activation, perturbation, attention
  /// What a method must be better than.
  case control
}

/// What a method found.
public struct AttributionResult {
  /// Of the shape of the clip's input.
  public let values: Tensor
  /// Where the method promises completeness: how near it came.
  public let completeness: Completeness?

  public init(_ values: Tensor, completeness: Completeness? = nil) {
    (self.values, self.completeness) = (values, completeness)
  }
}

/// Attributions that promise to sum to a difference of scores, and that difference.
public struct Completeness: Equatable, Sendable {
  /// Σ attributions.
  public let sum: Double
  /// f(x), f(baseline): logits of the target, or differences of two.
  public let score, baselineScore: Double

  public init(sum: Double, score: Double, baselineScore: Double) {
    (self.sum, self.score, self.baselineScore) = (sum, score, baselineScore)
  }

  /// Σ attributions − (f(x) − f(baseline)).
  public var gap: Double { sum - (score - baselineScore) }
}

/// What can be asked of a method beside its name; nil is the method's own default.
public struct MethodOptions: Sendable {
  /// As they are called on the command line.
  public enum Name: String, CaseIterable, Sendable { case steps, draws, noise, baseline, layer, around, seed }

  /// Points on the path from the baseline to the input.
  public var steps: Int?
  /// Draws of noise, of baselines or of masks.
  public var draws: Int?
  /// The noise's standard deviation, as a share of the input's range.
  public var noise: Double?
  /// What stands for "nothing".
  public var baseline: Baseline?
  /// The layer to look at, by its name.
  public var layer: String?
  /// The name of the method that this one works on.
  public var around: String?
  public var seed: UInt64?

  public init() {}

  /// The options that have a value.
  public var given: Set<Name> {
    let values: [(Name, Any?)] = [
      (.steps, steps), (.draws, draws), (.noise, noise), (.baseline, baseline), (.layer, layer), (.around, around),
      (.seed, seed),
    ]
    return Set(values.filter { $0.1 != nil }.map(\.0))
  }
}

/// What a method cannot do.
public enum MethodError: Error, CustomStringConvertible, Equatable {
  case unknown(name: String)
  /// The method does not read this option.
  case option(method: String, option: String)
  /// The option's value cannot be.
  case value(option: String, reason: String)
  /// The model has not what the method needs.
  case inapplicable(method: String, model: String, reason: String)

  public var description: String {
    switch self {
    case .unknown(let name):
      "there is no method \"\(name)\"; there is \(AttributionMethods.all.map { $0.name }.joined(separator: ", "))"
    case .option(let method, let option): "the method \(method) has no --\(option)"
    case .value(let option, let reason): "--\(option): \(reason)"
    case .inapplicable(let method, let model, let reason): "\(method) cannot explain the model \(model): \(reason)"
    }
  }
}

/// All methods, in the order in which they are listed.
public enum AttributionMethods {
  public static let all: [any AttributionMethod.Type] = [Saliency.self]

  /// The method of a name, as asked for.
  public static func make(
    _ name: String, _ options: MethodOptions = MethodOptions()
  ) throws(MethodError) -> any AttributionMethod {
    guard let type = all.first(where: { $0.name == name }) else { throw .unknown(name: name) }
    let strange = options.given.subtracting(type.options).map(\.rawValue).sorted()
    if let option = strange.first { throw .option(method: name, option: option) }
    return try type.init(options)
  }
}
