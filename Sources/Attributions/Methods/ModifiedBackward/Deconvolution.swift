import Models
import Tensors

/// The gradient with a ReLU handing back only what is positive, whatever its input was (Zeiler and Fergus 2013).
public struct Deconvolution: AttributionMethod {
  public static let name = "deconvnet"
  public static let family = MethodFamily.modifiedBackward
  public static let source = "Zeiler and Fergus 2013, arXiv:1311.2901"
  public static let summary = "the network run backwards; looks at the input only through its maxima"
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
