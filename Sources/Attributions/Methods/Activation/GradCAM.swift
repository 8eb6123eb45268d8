import Models
import Tensors

/// relu(Σₖ αₖ Aₖ) over the maps A of a layer, with αₖ the mean of ∂ target / ∂ Aₖ over its positions
/// (Selvaraju et al. 2017), interpolated to the input.
public struct GradCAM: WeightedMaps {
  public static let description = MethodDescription(
    "grad-cam", .activation, source: "Selvaraju et al. 2017, arXiv:1610.02391",
    summary: "a layer's feature maps, each weighted by its mean gradient; positive part",
    cost: "1 gradient", isSigned: false, quantity: .weight, goesThroughInput: false,
    defaults: [.layer: mapLayerDefault])

  let layer: String?

  public init(_ options: MethodOptions = MethodOptions()) { layer = options[.layer] }

  static func weights(_ maps: Tensor, gradients: Tensor) -> Tensor { gradients.mean(axes: [2, 3]) }
}
