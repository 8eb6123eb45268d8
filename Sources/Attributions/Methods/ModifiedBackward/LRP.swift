import Models
import Tensors

/// Layer-wise relevance propagation (Bach et al. 2015): the score is passed back from layer to layer; each unit divides
/// its relevance among its inputs by their contributions.
///
/// The rules of layers other than convolutions and products with weights are in `BackwardRule.relevance`. Norms are
/// folded into their convolutions first. The contribution of a bias stays with it, and so does what a softmax has where
/// its inputs are zero, so that values sum to another number than the score: in an encoder of speech without biases, with
/// its attention held fixed, they sum to it.
public struct LRP: RuleMethod, BatchMethod {
  public static let description = MethodDescription(
    "lrp", .modifiedBackward,
    source: "Bach et al. 2015, PLoS ONE 10(7); Achtibat et al. 2024, arXiv:2402.05602; Arras et al. 2019",
    summary: "the score, shared among the inputs layer by layer",
    cost: "1 gradient, 1 to 5 times as long", isSigned: true, defaults: [.relevanceRule: defaultRule.rawValue])

  private static let defaultRule = Rule.composite

  /// The rule by which a unit divides its relevance among its inputs.
  enum Rule: String, CaseIterable {
    /// The γ rule with γ = 1/4 at convolutions, the ε rule elsewhere (as Montavon et al. 2019 advise for lower and
    /// upper layers).
    case composite
    case epsilon, gamma
    case zPlus = "z-plus"

    var rules: RelevanceRules {
      switch self {
      case .composite: RelevanceRules(convolutions: .gamma(0.25), dense: .epsilon)
      case .epsilon: RelevanceRules(convolutions: .epsilon, dense: .epsilon)
      case .gamma: RelevanceRules(convolutions: .gamma(0.25), dense: .gamma(0.25))
      case .zPlus: RelevanceRules(convolutions: .zPlus, dense: .zPlus)
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
    _ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> Tensor {
    inputs * (try gradient(inputs, of: clip, at: space, target: target))
  }
}
