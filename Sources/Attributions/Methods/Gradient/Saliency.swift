import Models
import Tensors

/// |∂ target / ∂ input| (Simonyan, Vedaldi and Zisserman 2014), the report's method.
public struct Saliency: BatchMethod {
  public static let name = "saliency"
  public static let family = MethodFamily.gradient
  public static let source = "Simonyan, Vedaldi and Zisserman 2014, arXiv:1312.6034"
  public static let summary = "the size of the gradient: where a small change would change the score most"
  public static let cost = "1 gradient"
  public static let isSigned = false

  public init(_ options: MethodOptions = MethodOptions()) {}

  public var quantity: Quantity { .slope }

  public func attribute(_ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target) -> Tensor {
    clip.gradient(inputs, at: space, target: target).absolute()
  }
}
