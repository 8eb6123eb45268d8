import Models
import Tensors

/// (A − B) · ∫₀¹ ∂ target / ∂ A at B + α(A − B) dα, with A a layer's outputs for the clip and B those for a baseline: integrated
/// gradients as if the layer were the input (Sundararajan, Taly and Yan 2017; Captum's `LayerIntegratedGradients`), summed
/// over channels.
///
/// The values sum to f(x) less the score with the layer's outputs B, which is f(baseline) where all of the score goes
/// through the layer, as it does through an encoder's `feature_projection`.
public struct LayerIntegratedGradients: FrameMethod {
  public static let description = MethodDescription(
    "layer-integrated-gradients", .activation, source: "Sundararajan, Taly and Yan 2017, arXiv:1703.01365 (at a layer)",
    summary: "integrated gradients at a layer: when, one value a frame; sums to f(x) − f(baseline)",
    cost: "\(StraightPath.defaultSteps) gradients of the upper layers", isSigned: true, promisesCompleteness: true,
    goesThroughInput: false, defaults: StraightPath.defaults.merging([.layer: frameLayerDefault]) { $1 })

  let layer: String?
  private let path: StraightPath

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) {
    layer = options[.layer]
    path = try StraightPath(options)
  }

  public var parameters: [String: String] { path.parameters }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let layer = try clip.frameLayer(layer, for: name)
    // Where the model does not depend on the space, the path starts at the input that it reads.
    let place = clip.isOnPath(space) ? space : clip.model.kind.input
    let start = clip.output(of: layer.name, try path.start(for: clip, at: place), at: place)
    let end = clip.output(of: layer.name, clip[place], at: place)
    let values = try path.integral(from: start, to: end, on: clip) {
      clip.replacing(layer.name, by: $0, target: target).gradient
    }
    return AttributionResult(
      layer.map(sumOverChannels: layer.maps(values)).shared(over: clip, at: space),
      completeness: Completeness(
        sum: Double(values.sum().scalar), score: clip.score(clip[place], at: place, target: target),
        baselineScore: Double(clip.replacing(layer.name, by: start, target: target).scores[0])),
      layer: layer.name)
  }
}
