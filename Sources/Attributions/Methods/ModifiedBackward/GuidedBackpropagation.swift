import Models
import Tensors

/// The gradient in which each ReLU passes back positive values only, and only where its input was positive
/// (Springenberg et al. 2014).
public struct GuidedBackpropagation: BatchMethod {
  public static let name = "guided-backpropagation"
  public static let family = MethodFamily.modifiedBackward
  public static let source = "Springenberg et al. 2014, arXiv:1412.6806"
  public static let summary =
    "the gradient's positive part at each ReLU: sharp, but hardly class-specific"
  public static let cost = "1 gradient"
  public static let isSigned = true

  public init(_ options: MethodOptions = MethodOptions()) {}

  public var quantity: Quantity { .slope }

  public func attribute(_ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target) throws(MethodError)
    -> Tensor
  {
    try clip.gradient(inputs, at: space, target: target, rule: .guided, for: name)
  }
}
