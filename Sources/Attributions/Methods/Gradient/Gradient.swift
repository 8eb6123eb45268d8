import Models
import Tensors

/// The gradient ∂ target / ∂ input.
public struct Gradient: BatchMethod {
  public static let name = "gradient"
  public static let family = MethodFamily.gradient
  public static let source = "Baehrens et al. 2010, arXiv:0912.1128"
  public static let summary = "the gradient with its sign: whether an increase raises or lowers the score"
  public static let cost = "1 gradient"
  public static let isSigned = true

  public init(_ options: MethodOptions = MethodOptions()) {}

  public var quantity: Quantity { .slope }

  public func attribute(_ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target) -> Tensor {
    clip.gradient(inputs, at: space, target: target)
  }
}
