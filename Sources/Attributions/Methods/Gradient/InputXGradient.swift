import Models
import Tensors

/// input · ∂ target / ∂ input: the contribution of each part to the score of a linear model.
public struct InputXGradient: BatchMethod {
  public static let name = "input-x-gradient"
  public static let family = MethodFamily.gradient
  public static let source = "Shrikumar et al. 2016, arXiv:1605.01713"
  public static let summary = "the gradient times the input: each part's contribution to a linear model"
  public static let cost = "1 gradient"
  public static let isSigned = true

  public init(_ options: MethodOptions = MethodOptions()) {}

  public func attribute(_ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target) -> Tensor {
    inputs * clip.gradient(inputs, at: space, target: target)
  }
}
