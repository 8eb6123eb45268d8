import Tensors

/// The gradient in which each ReLU passes back every positive value, whatever its input was (Zeiler and Fergus 2013).
public struct Deconvolution: RuleGradient {
  public static let description = MethodDescription(
    "deconvnet", .modifiedBackward, source: "Zeiler and Fergus 2013, arXiv:1311.2901",
    summary: "the gradient, but ReLUs pass back every positive value, whatever their input",
    cost: "1 gradient", isSigned: true, quantity: .slope)

  let backwardRule = BackwardRule.deconvolution

  public init(_ options: MethodOptions = MethodOptions()) {}
}
