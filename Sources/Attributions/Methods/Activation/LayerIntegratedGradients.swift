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
    cost: "\(defaultSteps) gradients of the upper layers", isSigned: true, promisesCompleteness: true,
    goesThroughInput: false,
    defaults: [
      .layer: frameLayerDefault, .steps: "\(defaultSteps)", .baseline: Baseline.standard.name,
      .rule: defaultRule.rawValue,
    ])

  private static let defaultSteps = 50
  private static let defaultRule = Quadrature.gaussLegendre

  let layer: String?
  private let steps: Int
  private let rule: Quadrature
  private let baseline: Baseline
  private let seed: UInt64

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) {
    layer = options[.layer]
    rule = try options.rule(default: Self.defaultRule)
    steps = try options.steps(default: Self.defaultSteps, least: rule == .trapezoid ? 2 : 1)
    baseline = options[.baseline] ?? .standard
    seed = options.seed
  }

  public var parameters: [String: String] {
    ["steps": String(steps), "rule": rule.rawValue, "baseline": baseline.name]
  }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let layer = try clip.frameLayer(layer, for: name)
    // Where the model does not depend on the space, the path starts at the input that it reads.
    let place = clip.isOnPath(space) ? space : clip.model.kind.input
    let baseline = try baseline.tensor(for: clip, at: place, seed: seed)
    let start = clip.output(of: layer.name, baseline, at: place)
    let difference = clip.output(of: layer.name, clip[place], at: place) - start
    let points = rule.points(steps)
    var mean = Tensor.zeros(start.shape)
    clip.inBatches(points.count) { numbers in
      let outputs = start.moved(by: difference, shares: points[numbers].map { Float($0.place) })
      let found = clip.replacing(layer.name, by: outputs, target: target).gradient
      let shares = Tensor(points[numbers].map { Float($0.weight) }, shape: [1, numbers.count])
      mean = mean + shares.matrixProduct(found.reshaped([numbers.count, -1])).reshaped(mean.shape)
    }
    let values = difference * mean
    return AttributionResult(
      layer.map(sumOverChannels: layer.maps(values)).shared(over: clip, at: space),
      completeness: Completeness(
        sum: Double(values.sum().scalar), score: clip.score(clip[place], at: place, target: target),
        baselineScore: Double(clip.replacing(layer.name, by: start, target: target).scores[0])),
      layer: layer.name)
  }
}
