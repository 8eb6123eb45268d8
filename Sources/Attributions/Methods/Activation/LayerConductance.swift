import Foundation
import Models
import Tensors

/// The conductance of each unit y of a layer on the path from a baseline to the clip: ∫ ∂ target / ∂ y dy (Dhamdhere,
/// Sundararajan and Yan 2019), summed over channels and divided among the elements of the input that a unit covers.
///
/// It sums to f(x) − f(baseline) where all of the score goes through the layer. Where a head weighs the states of all
/// layers, a part goes past each but the first, and no sum is promised.
public struct LayerConductance: MapMethod {
  public static let description = MethodDescription(
    "layer-conductance", .activation, source: "Dhamdhere, Sundararajan and Yan 2019, arXiv:1805.12233",
    summary: "flow through a layer from baseline to clip; sums to f(x) − f(baseline)",
    cost: "\(defaultSteps + 1) gradients", isSigned: true, promisesCompleteness: true,
    defaults: [.layer: mapLayerDefault, .stepsOfOneRule: "\(defaultSteps)", .baseline: Baseline.standard.name])

  private static let defaultSteps = 150

  let layer: String?
  private let steps: Int
  private let baseline: Baseline
  private let seed: UInt64

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) {
    layer = options[.layer]
    steps = try options.steps(default: Self.defaultSteps, least: 1)
    baseline = options[.baseline] ?? .standard
    seed = options.seed
  }

  public var parameters: [String: String] {
    ["steps": String(steps), "baseline": baseline.name]
  }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let layer = try clip.mapLayer(layer, for: name)
    let baseline = try baseline.tensor(for: clip, at: space, seed: seed)
    let found = try Self.conductance(
      of: layer.name, clip, at: space, target: target, baseline: baseline, steps: steps)
    return AttributionResult(
      layer.map(sumOverChannels: layer.maps(found)).shared(over: clip, at: space),
      completeness: clip.carriesAll(layer.name, from: baseline, at: space, target: target)
        ? clip.completeness(of: found, baseline: baseline, at: space, target: target) : nil,
      layer: layer.name)
  }

  /// The conductance of each unit, of the shape of the layer's output.
  ///
  /// The points of the path lie at the squares of equal steps, or a higher power: near the baseline the score bends most.
  ///
  /// The integral over y uses trapezoids, Σ (gₖ + gₖ₊₁)/2 · (yₖ₊₁ − yₖ) with g the gradient at y. Captum uses the
  /// gradient of one end only, which needs the square of the number of steps for the same error.
  static func conductance(
    of layer: String, _ clip: Clip, at space: InputSpace, target: Target, baseline: Tensor, steps: Int
  ) throws(MethodError) -> Tensor {
    let difference = clip[space] - baseline
    let power = Float(max(2, clip.pathPower))
    var sum: Tensor?
    var last: (value: Tensor, gradient: Tensor)?
    try clip.inBatches(steps + 1) { numbers in
      let inputs = baseline.moved(by: difference, shares: numbers.map { pow(Float($0) / Float(steps), power) })
      var (values, gradients) = clip.outputs(of: [layer], inputs, at: space, target: target)
      if let last {
        values[0] = .concatenated([last.value, values[0]], axis: 0)
        gradients[0] = .concatenated([last.gradient, gradients[0]], axis: 0)
      }
      let (value, gradient) = (values[0], gradients[0])
      let count = value.shape[0] - 1
      func of(_ tensor: Tensor, _ range: Range<Int>) -> Tensor { tensor.slice(axis: 0, range) }
      if count > 0 {
        let (before, after) = (0..<count, 1..<(count + 1))
        let flow = (of(gradient, before) + of(gradient, after)) / 2 * (of(value, after) - of(value, before))
        sum = sum.map { $0 + flow.sum(axes: [0]) } ?? flow.sum(axes: [0])
      }
      last = (of(value, count..<(count + 1)), of(gradient, count..<(count + 1)))
    }
    return sum!
  }
}
