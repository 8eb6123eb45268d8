import Models
import Tensors

/// The gradient ∂ target / ∂ input.
public struct Gradient: GradientMethod {
  public static let description = MethodDescription(
    "gradient", .gradient, source: "Baehrens et al. 2010, arXiv:0912.1128",
    summary: "the gradient with its sign: whether an increase raises or lowers the score",
    cost: "1 gradient", isSigned: true, quantity: .slope)

  public init(_ options: MethodOptions = MethodOptions()) {}

  func attribution(of inputs: Tensor, slope: Tensor, at space: InputSpace) -> Tensor { slope }
}
