import Models
import Tensors

/// input · ∂ target / ∂ input: the contribution of each part to the score of a linear model.
public struct InputXGradient: BatchMethod {
  public static let description = MethodDescription(
    "input-x-gradient", .gradient, source: "Shrikumar et al. 2016, arXiv:1605.01713",
    summary: "the gradient times the input: each part's contribution to a linear model",
    cost: "1 gradient", isSigned: true)

  public init(_ options: MethodOptions = MethodOptions()) {}

  public func attribute(_ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target) -> Tensor {
    inputs * clip.gradient(inputs, at: space, target: target)
  }
}
