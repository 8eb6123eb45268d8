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

  /// As the type's; another where it depends on the options.
  var isSigned: Bool { get }
  /// What its values are, which says their unit.
  var quantity: Quantity { get }
  /// What it was asked for or took by default, by name, for the output: steps, baseline, seed.
  var parameters: [String: String] { get }

  /// Attributions of the shape of the clip's input at `space`.
  func attribute(_ clip: Clip, at space: InputSpace, target: Target) throws(MethodError) -> AttributionResult

  /// Attributions of a batch of other inputs that stand in the place of the clip's at `space`, of their shape.
  func attribute(
    _ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> Tensor
}

// A method writes one of the two: for a clip, or for a batch of inputs where it can take many at once.
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
  /// "integrated-gradients, baseline silence, steps 50": with all that it was asked for or took by default.
  public var nameWithParameters: String { named(name, parameters) }
  public var isSigned: Bool { Self.isSigned }
  public var quantity: Quantity { .score }
  public var parameters: [String: String] { [:] }
}

/// A method's name, and its parameters in their alphabetical order.
func named(_ method: String, _ parameters: [String: String]) -> String {
  ([method] + parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }).joined(separator: ", ")
}

/// What a method works by.
public enum MethodFamily: String, CaseIterable, Sendable {
  case gradient, modifiedBackward = "modified backward", activation, perturbation, attention
  /// What a method must be better than.
  case control
}

/// What attributions measure.
public enum Quantity: Equatable, Sendable {
  /// A part of the score, in logits.
  case score
  /// The score's change with the input, in logits an amplitude or a dB.
  case slope
  /// Only more or less.
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

/// What a method found.
public struct AttributionResult {
  /// Of the shape of the clip's input.
  public let values: Tensor
  /// Where the method promises completeness: how near it came.
  public let completeness: Completeness?
  /// Where the method looked at a layer: which, by name.
  public let layer: String?

  public init(_ values: Tensor, completeness: Completeness? = nil, layer: String? = nil) {
    (self.values, self.completeness, self.layer) = (values, completeness, layer)
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
  public enum Name: String, CaseIterable, Sendable {
    case steps, draws, noise, baseline, background, rule, layer, neuron, around, tile
  }

  /// Points on the path from the baseline to the input.
  public var steps: Int?
  /// Draws of noise, of baselines or of masks.
  public var draws: Int?
  /// The noise's standard deviation, as a share of the input's range.
  public var noise: Double?
  /// What stands for "nothing".
  public var baseline: Baseline?
  /// Clips that stand for what the model usually hears.
  public var background: Background?
  /// The rule of a sum or of a backward pass, by its name.
  public var rule: String?
  /// The layer to look at, by its name.
  public var layer: String?
  /// A unit of the layer.
  public var neuron: Neuron?
  /// The name of the method that this one works on.
  public var around: String?
  /// The size of what a perturbation hides.
  public var tile: TileSize?
  /// Of all that is drawn.
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

  /// ``rule`` as one of a method's own.
  func rule<Rule: RawRepresentable<String> & CaseIterable>(default other: Rule) throws(MethodError) -> Rule {
    guard let rule else { return other }
    guard let named = Rule(rawValue: rule) else {
      let known = Rule.allCases.map(\.rawValue).joined(separator: ", ")
      throw .value(option: "rule", reason: "there is no rule \"\(rule)\"; there is \(known)")
    }
    return named
  }

  /// For a method that takes many: the clips of ``background``, or ``baseline``, or silence.
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
  public static let all: [any AttributionMethod.Type] = [
    Saliency.self, Gradient.self, InputXGradient.self, IntegratedGradients.self, ExpectedGradients.self,
    SmoothGrad.self, SmoothGradSquared.self, VarGrad.self, BlurredIntegratedGradients.self,
    GuidedBackpropagation.self, Deconvolution.self, DeepLIFT.self, LRP.self,
    GradCAM.self, GradCAMPlusPlus.self, GuidedGradCAM.self, LayerConductance.self, NeuronConductance.self,
    Occlusion.self, KernelSHAP.self, LIME.self, RISE.self,
    RawAttention.self, AttentionRollout.self, GradientAttention.self,
  ]

  /// What there is beside a family that a model cannot have, in words.
  static func others(than family: MethodFamily) -> String {
    "there is " + all.filter { $0.family != family }.map { $0.name }.joined(separator: ", ")
  }

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
