import Models
import Tensors

/// Layer-wise relevance propagation (Bach et al. 2015): the score is passed back from layer to layer; each unit divides
/// its relevance among its inputs by their contributions.
///
/// The rules of layers other than convolutions and products with weights are in `BackwardRule.relevance`. Batch norms are
/// folded into their convolutions first. A bias keeps its part, so that values sum to the score less what biases have. The
/// weights of attention are constants (Ali et al. 2022), which conserves: what a step attends to has relevance by its
/// values, and none by its part in the weights. `attn-lrp` gives these half (Achtibat et al. 2024); softmax then keeps a part
/// of it, and the values sum to another number.
public struct LRP: RuleMethod, BatchMethod {
  public static let description = MethodDescription(
    "lrp", .modifiedBackward,
    source: "Bach et al. 2015, PLoS ONE 10(7); Ali et al. 2022, arXiv:2202.07304; Arras et al. 2019",
    summary: "the score less what biases have, shared among the inputs layer by layer",
    cost: "1 gradient, 1 to 5 times as long", isSigned: true, promisesCompleteness: true, normalization: .own,
    defaults: [.relevanceRule: defaultRule.rawValue])

  private static let defaultRule = Rule.composite

  /// The rule by which a unit divides its relevance among its inputs.
  enum Rule: String, CaseIterable {
    /// The γ rule with γ = 1/4 at convolutions, the ε rule elsewhere (as Montavon et al. 2019 advise for lower and
    /// upper layers).
    case composite
    case epsilon, gamma
    case zPlus = "z-plus"
    /// The composite with relevance through attention's weights too.
    case attnLRP = "attn-lrp"

    var rules: RelevanceRules {
      switch self {
      case .composite: RelevanceRules(convolutions: .gamma(0.25), dense: .epsilon)
      case .epsilon: RelevanceRules(convolutions: .epsilon, dense: .epsilon)
      case .gamma: RelevanceRules(convolutions: .gamma(0.25), dense: .gamma(0.25))
      case .zPlus: RelevanceRules(convolutions: .zPlus, dense: .zPlus)
      case .attnLRP: RelevanceRules(convolutions: .gamma(0.25), dense: .epsilon, passesAttention: true)
      }
    }
  }

  private let rule: Rule

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) {
    rule = try options.rule(default: Self.defaultRule)
  }

  var backwardRule: BackwardRule { .relevance(rule.rules) }
  public var parameters: [String: String] { ["rule": rule.rawValue] }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let found = try ruled(clip[space], of: clip, at: space, target: target)
    let values = clip[space] * found.gradient
    return AttributionResult(
      values,
      completeness: Completeness(
        sum: Double(values.sum().scalar), score: clip.score(clip[space], at: space, target: target),
        baselineScore: found.constants, remainder: .constants))
  }

  public func attribute(
    _ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> Tensor {
    inputs * (try gradient(inputs, of: clip, at: space, target: target))
  }
}
