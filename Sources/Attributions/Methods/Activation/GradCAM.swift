import Models
import Tensors

/// relu(Σₖ αₖ Aₖ) over the maps A of a layer, with αₖ the mean of ∂ target / ∂ Aₖ over its positions
/// (Selvaraju et al. 2017), interpolated to the input.
public struct GradCAM: AttributionMethod {
  public static let name = "grad-cam"
  public static let family = MethodFamily.activation
  public static let source = "Selvaraju et al. 2017, arXiv:1610.02391"
  public static let summary = "a layer's feature maps, each weighted by its mean gradient; positive part"
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
    let (values, gradients) = clip.outputs(of: [layer], target: target)
    let weights = gradients[0].mean(axes: [2, 3])
    return LayerMap((values[0] * weights).sum(axes: [1]).relu())
  }
}
