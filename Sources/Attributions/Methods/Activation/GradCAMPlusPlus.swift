import Models
import Tensors

/// Grad-CAM with a channel's weight Σ α · relu(g) over its positions, with g = ∂ target / ∂ A and
/// α = g² / (2 g² + g³ Σ A): small active regions of a map count as much as large ones (Chattopadhyay et al. 2018, eq.
/// 19, for the exponential of the score, whose second and third derivatives are powers of the first).
public struct GradCAMPlusPlus: AttributionMethod {
  public static let name = "grad-cam++"
  public static let family = MethodFamily.activation
  public static let source = "Chattopadhyay et al. 2018, arXiv:1710.11063"
  public static let summary = "as grad-cam, but each position of a map has its own weight"
  public static let cost = "1 gradient"
  public static let isSigned = false
  public static let options: Set<MethodOptions.Name> = [.layer]

  private let layer: String?

  public init(_ options: MethodOptions = MethodOptions()) { layer = options.layer }

  public var quantity: Quantity { .weight }
  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let layer = try clip.mapLayer(layer, for: name)
    return AttributionResult(Self.map(clip, layer: layer, target: target).enlarged(over: clip, at: space), layer: layer)
  }

  /// The map at the layer's own resolution.
  static func map(_ clip: Clip, layer: String, target: Target) -> LayerMap {
    let (outputs, gradients) = clip.outputs(of: [layer], target: target)
    let (a, g) = (outputs[0], gradients[0])
    let squared = g.squared()
    let divisor = squared * 2 + squared * g * a.sum(axes: [2, 3])
    // Where the gradient is zero, the divisor is zero too; adding 1 makes the weight 0 instead of NaN.
    let isZero = divisor.equals(.zeros([]))
    let weights = (squared / (divisor + isZero) * g.relu()).sum(axes: [2, 3])
    return LayerMap((a * weights).sum(axes: [1]).relu())
  }
}
