import Models
import Tensors

/// An attribution method: it computes how much each part of an input contributes to a target.
///
/// A method's value holds all of its settings (steps, baseline, seed), so that one value gives one clip the same
/// attributions to the bit.
public protocol AttributionMethod: Sendable {
  /// The method's name on the command line.
  static var name: String { get }
  static var family: MethodFamily { get }
  /// The paper that introduced the method.
  static var source: String { get }
  /// One line for a list.
  static var summary: String { get }
  /// The cost of one clip at one input space, in words: "1 gradient", "50 gradients".
  static var cost: String { get }
  /// Whether values have a sign; without one, only their size has a meaning.
  static var isSigned: Bool { get }
  /// Completeness: whether the values should sum to f(x) − f(baseline).
  static var promisesCompleteness: Bool { get }
  /// The options that the method reads; the command line refuses the others.
  static var options: Set<MethodOptions.Name> { get }

  /// Creates the method; throws where an option has a value that is not allowed.
  init(_ options: MethodOptions) throws(MethodError)

  /// Whether this value's attributions have a sign: as the type's, unless the options decide it.
  var isSigned: Bool { get }
  /// The kind of number that the attributions are, which gives their unit.
  var quantity: Quantity { get }
  /// The settings, given or by default, by their names for the output: steps, baseline, seed.
  var parameters: [String: String] { get }

  /// Attributions of the shape of the clip's input at `space`.
  func attribute(_ clip: Clip, at space: InputSpace, target: Target) throws(MethodError) -> AttributionResult

  /// Attributions of a batch of other inputs that replace the clip's at `space`, of their shape.
  func attribute(
    _ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> Tensor
}

// A method implements one of the two: for a clip, or for a batch of inputs where it can process many at once.
extension AttributionMethod {
  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    AttributionResult(try attribute(clip[space], of: clip, at: space, target: target))
  }

  public func attribute(
    _ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> Tensor {
    var found: [Tensor] = []
    for number in 0..<inputs.shape[0] {
      let other = clip.with(inputs.slice(axis: 0, number..<(number + 1)), at: space)
      found.append(try attribute(other, at: space, target: target).values)
    }
    return .concatenated(found, axis: 0)
  }
}

extension AttributionMethod {
  public static var promisesCompleteness: Bool { false }
  public static var options: Set<MethodOptions.Name> { [] }
  public var name: String { Self.name }
  /// "integrated-gradients, baseline silence, steps 50": the name and all settings.
  public var nameWithParameters: String { named(name, parameters) }
  public var isSigned: Bool { Self.isSigned }
  public var quantity: Quantity { .score }
  public var parameters: [String: String] { [:] }
}

/// A method's name and its parameters, in alphabetical order.
func named(_ method: String, _ parameters: [String: String]) -> String {
  ([method] + parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }).joined(separator: ", ")
}

/// The principle that a method works by.
public enum MethodFamily: String, CaseIterable, Sendable {
  case gradient, modifiedBackward = "modified backward", activation, perturbation, attention
  /// Controls: attributions that a useful method must beat.
  case control
}

/// The quantity that attributions measure.
public enum Quantity: Equatable, Sendable {
  /// A part of the score, in logits.
  case score
  /// The derivative of the score with respect to the input, in logits per amplitude or per dB.
  case slope
  /// A weight without a unit: only larger or smaller.
  case weight
  indirect case squared(Quantity)

  public func unit(at space: InputSpace) -> String {
    switch self {
    case .score: "logit"
    // The MFCC are sums of decibels, and so have their unit.
    case .slope: [.waveform, .spectrogram].contains(space) ? "logit/amplitude" : "logit/dB"
    case .weight: ""
    case .squared(let quantity):
      quantity.unit(at: space).isEmpty ? "" : "(\(quantity.unit(at: space)))²"
    }
  }
}

/// The attributions of one clip at one input space.
public struct AttributionResult {
  /// Attributions of the shape of the clip's input.
  public let values: Tensor
  /// The completeness check, where the method promises completeness.
  public let completeness: Completeness?
  /// The name of the layer that the method used, if any.
  public let layer: String?

  public init(_ values: Tensor, completeness: Completeness? = nil, layer: String? = nil) {
    (self.values, self.completeness, self.layer) = (values, completeness, layer)
  }
}

/// The sum of attributions, and the difference of scores that it should equal.
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

/// The options of all methods; nil is the method's own default.
public struct MethodOptions: Sendable {
  /// The options' names on the command line.
  public enum Name: String, CaseIterable, Sendable {
    case steps, draws, noise, baseline, background, rule, layer, neuron, around, tile
  }

  /// The number of points on the path from the baseline to the input.
  public var steps: Int?
  /// The number of random samples: noisy copies, baselines or masks.
  public var draws: Int?
  /// The noise's standard deviation, as a share of the input's range.
  public var noise: Double?
  /// The reference input that attributions are measured against.
  public var baseline: Baseline?
  /// Typical clips of the model's data, used as baselines.
  public var background: Background?
  /// The name of a quadrature rule or of an LRP rule.
  public var rule: String?
  /// The name of the layer that is explained.
  public var layer: String?
  /// A channel or a single unit of the layer.
  public var neuron: Neuron?
  /// The name of the method that SmoothGrad, its square or VarGrad averages.
  public var around: String?
  /// The size of the tile that a perturbation hides.
  public var tile: TileSize?
  /// The seed of all random numbers.
  public var seed: UInt64 = 0

  public init() {}

  /// ``draws``, which must be positive.
  func draws(default count: Int) throws(MethodError) -> Int {
    let draws = draws ?? count
    guard draws > 0 else { throw .value(option: "draws", reason: "\(draws) is not a positive number") }
    return draws
  }

  /// ``steps``, at least `least`.
  func steps(default count: Int, least: Int) throws(MethodError) -> Int {
    let steps = steps ?? count
    guard steps >= least else { throw .value(option: "steps", reason: "\(steps) is less than \(least)") }
    return steps
  }

  /// ``rule`` as one of the method's own rules.
  func rule<Rule: RawRepresentable<String> & CaseIterable>(default other: Rule) throws(MethodError) -> Rule {
    guard let rule else { return other }
    guard let named = Rule(rawValue: rule) else {
      let known = Rule.allCases.map(\.rawValue).joined(separator: ", ")
      throw .value(option: "rule", reason: "there is no rule \"\(rule)\"; there is \(known)")
    }
    return named
  }

  /// The baselines of a method that takes several: the clips of ``background``, or ``baseline``, or silence.
  func baselines() throws(MethodError) -> [Baseline] {
    guard let background else { return [baseline ?? .silence] }
    guard baseline == nil else {
      throw .value(option: "baseline", reason: "the baselines are the clips of --background")
    }
    return background.clips.map { .clip($0, name: "a clip of the background") }
  }

  /// The options that have a value.
  public var given: Set<Name> {
    let values: [(Name, Any?)] = [
      (.steps, steps), (.draws, draws), (.noise, noise), (.baseline, baseline),
      (.background, background), (.rule, rule), (.layer, layer), (.neuron, neuron), (.around, around),
      (.tile, tile),
    ]
    return Set(values.filter { $0.1 != nil }.map(\.0))
  }
}

/// The errors of attribution methods: unknown names, wrong options, unsuitable models.
public enum MethodError: Error, CustomStringConvertible, Equatable {
  case unknown(name: String)
  /// The method does not read this option.
  case option(method: String, option: String)
  /// The option has a value that is not allowed.
  case value(option: String, reason: String)
  /// The model lacks something that the method needs.
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

/// The registry of all methods, in the order in which they are listed.
public enum AttributionMethods {
  public static let all: [any AttributionMethod.Type] = [
    Saliency.self, Gradient.self, InputXGradient.self, IntegratedGradients.self, ExpectedGradients.self,
    SmoothGrad.self, SmoothGradSquared.self, VarGrad.self, BlurredIntegratedGradients.self,
    GuidedBackpropagation.self, Deconvolution.self, DeepLIFT.self, LRP.self,
    GradCAM.self, GradCAMPlusPlus.self, GuidedGradCAM.self, LayerConductance.self, NeuronConductance.self,
    Occlusion.self, KernelSHAP.self, LIME.self, RISE.self,
    RawAttention.self, AttentionRollout.self, GradientAttention.self,
  ]

  /// The methods of all other families, in words, for errors about a model that lacks one family.
  static func others(than family: MethodFamily) -> String {
    "there is " + all.filter { $0.family != family }.map { $0.name }.joined(separator: ", ")
  }

  /// The method of this name, with these options.
  public static func make(
    _ name: String, _ options: MethodOptions = MethodOptions()
  ) throws(MethodError) -> any AttributionMethod {
    guard let type = all.first(where: { $0.name == name }) else { throw .unknown(name: name) }
    let strange = options.given.subtracting(type.options).map(\.rawValue).sorted()
    if let option = strange.first { throw .option(method: name, option: option) }
    return try type.init(options)
  }
}
