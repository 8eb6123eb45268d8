import Models
import Tensors

/// The gradient in which each ReLU passes back every positive value, whatever its input was (Zeiler and Fergus 2013).
public struct Deconvolution: BatchMethod {
  public static let name = "deconvnet"
  public static let family = MethodFamily.modifiedBackward
  public static let source = "Zeiler and Fergus 2013, arXiv:1311.2901"
  public static let summary = "the gradient, but ReLUs pass back every positive value, whatever their input"
  public static let cost = "1 gradient"
  public static let isSigned = true

  public init(_ options: MethodOptions = MethodOptions()) {}

  public var quantity: Quantity { .slope }

  public func attribute(_ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target) throws(MethodError)
    -> Tensor
  {
    try clip.gradient(inputs, at: space, target: target, rule: .deconvolution, for: name)
  }
}
