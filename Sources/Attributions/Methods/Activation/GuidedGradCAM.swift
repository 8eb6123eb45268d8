import Models
import Tensors

/// The product of guided backpropagation and Grad-CAM (Selvaraju et al. 2017).
public struct GuidedGradCAM: AttributionMethod {
  public static let name = "guided-grad-cam"
  public static let family = MethodFamily.activation
  public static let source = "Selvaraju et al. 2017, arXiv:1610.02391"
  public static let summary = "guided backpropagation times grad-cam: sharp, within grad-cam's regions"
  public static let cost = "2 gradients"
  public static let isSigned = true
  public static let options: Set<MethodOptions.Name> = [.layer]

  private let map: GradCAM

  public init(_ options: MethodOptions = MethodOptions()) { map = GradCAM(options) }

  public var quantity: Quantity { .weight }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let map = try map.attribute(clip, at: space, target: target)
    let guided = try clip.gradient(clip[space], at: space, target: target, rule: .guided, for: name)
    return AttributionResult(map.values * guided, layer: map.layer)
  }
}
