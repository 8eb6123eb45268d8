import Models
import Tensors

/// The gradient ∂ target / ∂ input.
public struct Gradient: BatchMethod {
  public static let description = MethodDescription(
    "gradient", .gradient, source: "Baehrens et al. 2010, arXiv:0912.1128",
    summary: "the gradient with its sign: whether an increase raises or lowers the score",
    cost: "1 gradient", isSigned: true, quantity: .slope)

  public init(_ options: MethodOptions = MethodOptions()) {}

  public func attribute(_ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target) -> Tensor {
    clip.gradient(inputs, at: space, target: target)
  }
}
