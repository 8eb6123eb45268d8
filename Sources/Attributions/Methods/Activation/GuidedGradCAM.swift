import Models
import Tensors

/// The product of guided backpropagation and Grad-CAM (Selvaraju et al. 2017).
public struct GuidedGradCAM: RuleMethod {
  public static let description = MethodDescription(
    "guided-grad-cam", .activation, source: "Selvaraju et al. 2017, arXiv:1610.02391",
    summary: "guided backpropagation times grad-cam: sharp, within grad-cam's regions",
    cost: "2 gradients", isSigned: true, quantity: .weight, defaults: [.layer: mapLayerDefault])

  private let map: GradCAM
  let backwardRule = BackwardRule.guided

  public init(_ options: MethodOptions = MethodOptions()) { map = GradCAM(options) }

  public func checkApplies(to clip: Clip, at space: InputSpace) throws(MethodError) {
    try map.checkApplies(to: clip, at: space)
    try checkRule(clip, at: space)
  }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let map = try map.attribute(clip, at: space, target: target)
    let guided = try gradient(clip[space], of: clip, at: space, target: target)
    return AttributionResult(map.values * guided, layer: map.layer)
  }
}
