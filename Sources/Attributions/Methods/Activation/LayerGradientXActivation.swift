import Models
import Tensors

/// A · ∂ target / ∂ A at the outputs A of a layer, summed over channels: input × gradient as if the layer were the input.
public struct LayerGradientXActivation: FrameMethod {
  public static let description = MethodDescription(
    "layer-gradient-x-activation", .activation, source: "Shrikumar et al. 2016, arXiv:1605.01713 (at a layer)",
    summary: "a layer's outputs times their gradients: when, one value a frame",
    cost: "1 gradient of the upper layers", isSigned: true, goesThroughInput: false,
    defaults: [.layer: frameLayerDefault])

  let layer: String?

  public init(_ options: MethodOptions = MethodOptions()) { layer = options[.layer] }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let layer = try clip.frameLayer(layer, for: name)
    let (outputs, gradients) = clip.outputs(of: [layer.name], target: target)
    let maps = layer.maps(outputs[0] * gradients[0])
    return AttributionResult(layer.map(sumOverChannels: maps).shared(over: clip, at: space), layer: layer.name)
  }
}
