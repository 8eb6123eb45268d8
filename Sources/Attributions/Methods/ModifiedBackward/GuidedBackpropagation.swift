import Tensors

/// The gradient in which each ReLU passes back positive values only, and only where its input was positive
/// (Springenberg et al. 2014).
public struct GuidedBackpropagation: RuleGradient {
  public static let description = MethodDescription(
    "guided-backpropagation", .modifiedBackward, source: "Springenberg et al. 2014, arXiv:1412.6806",
    summary: "the gradient's positive part at each ReLU: sharp, but hardly class-specific",
    cost: "1 gradient", isSigned: true, quantity: .slope)

  let backwardRule = BackwardRule.guided

  public init(_ options: MethodOptions = MethodOptions()) {}
}
