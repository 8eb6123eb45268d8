import Models
import Tensors

/// Grad-CAM with a channel's weight Σ α · relu(g) over its positions, with g = ∂ target / ∂ A and
/// α = g² / (2 g² + g³ Σ A): small active regions of a map count as much as large ones (Chattopadhyay et al. 2018, eq.
/// 19, for the exponential of the score, whose second and third derivatives are powers of the first).
public struct GradCAMPlusPlus: WeightedMaps {
  public static let description = MethodDescription(
    "grad-cam++", .activation, source: "Chattopadhyay et al. 2018, arXiv:1710.11063",
    summary: "as grad-cam, but each position of a map has its own weight",
    cost: "1 gradient", isSigned: false, quantity: .weight, goesThroughInput: false,
    defaults: [.layer: mapLayerDefault])

  let layer: String?

  public init(_ options: MethodOptions = MethodOptions()) { layer = options[.layer] }

  static func weights(_ maps: Tensor, gradients: Tensor) -> Tensor {
    let squared = gradients.squared()
    let divisor = squared * 2 + squared * gradients * maps.sum(axes: [2, 3])
    // Where the gradient is zero, the divisor is zero too; adding 1 makes the weight 0 instead of NaN.
    let isZero = divisor.equals(.zeros([]))
    return (squared / (divisor + isZero) * gradients.relu()).sum(axes: [2, 3])
  }
}
