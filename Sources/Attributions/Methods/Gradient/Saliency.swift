import Models
import Tensors

/// |∂ target / ∂ input| (Simonyan, Vedaldi and Zisserman 2014), the report's method.
public struct Saliency: BatchMethod {
  public static let description = MethodDescription(
    "saliency", .gradient, source: "Simonyan, Vedaldi and Zisserman 2014, arXiv:1312.6034",
    summary: "the size of the gradient: where a small change would change the score most",
    cost: "1 gradient", isSigned: false, quantity: .slope)

  public init(_ options: MethodOptions = MethodOptions()) {}

  public func attribute(_ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target) -> Tensor {
    clip.gradient(inputs, at: space, target: target).absolute()
  }
}
