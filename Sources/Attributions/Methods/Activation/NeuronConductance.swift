import Models
import Tensors

/// A channel of a layer's maps, or one position in it; of tokens a feature, or one of a token.
public struct Neuron: Equatable, Sendable {
  /// Channel, or channel, row and column.
  private let indices: [Int]

  /// Reads "12" or "12,3,20": a channel, or channel, row and column.
  public init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    indices = parts.compactMap { $0 }
    guard [1, 3].contains(parts.count), indices.count == parts.count, indices.allSatisfy({ $0 >= 0 }) else {
      return nil
    }
  }

  var description: String { indices.map(String.init).joined(separator: ",") }

  /// A mask, 1 at the neuron and 0 elsewhere, for maps [1, channels, rows, columns]; nil where they have no such
  /// neuron.
  func mask(_ shape: [Int]) -> Tensor? {
    let sizes = Array(shape.dropFirst())
    guard zip(indices, sizes).allSatisfy({ $0 < $1 }) else { return nil }
    // The neuron's elements are contiguous.
    let count = sizes.dropFirst(indices.count).reduce(1, *)
    let first = zip(indices, sizes).reduce(0) { $0 * $1.1 + $1.0 } * count
    var values = [Float](repeating: 0, count: sizes.reduce(1, *))
    for place in first..<(first + count) { values[place] = 1 }
    return Tensor(values, shape: [1] + sizes)
  }
}

/// The part of integrated gradients that goes through one neuron y, or through a channel: (x − b) · ∫ ∂ target / ∂ y ·
/// ∂ y / ∂ x dα from a baseline b to the clip (Dhamdhere, Sundararajan and Yan 2019).
public struct NeuronConductance: MapMethod {
  public static let description = MethodDescription(
    "neuron-conductance", .activation, source: "Dhamdhere, Sundararajan and Yan 2019, arXiv:1805.12233",
    summary: "the part of integrated gradients through one channel or unit of a layer",
    cost: "\(2 * defaultSteps) gradients", isSigned: true, normalization: .held,
    defaults: [
      .layer: mapLayerDefault, .neuron: defaultNeuron.description, .steps: "\(defaultSteps)",
      .quadratureRule: defaultRule.rawValue, .baseline: Baseline.standard.name,
    ])

  private static let defaultNeuron = Neuron("0")!
  private static let defaultSteps = 50
  private static let defaultRule = Quadrature.gaussLegendre

  let layer: String?
  private let neuron: Neuron
  private let steps: Int
  private let rule: Quadrature
  private let baseline: Baseline
  private let seed: UInt64

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) {
    layer = options[.layer]
    neuron = options[.neuron] ?? Self.defaultNeuron
    rule = try options.rule(default: Self.defaultRule)
    steps = try options.steps(default: Self.defaultSteps, least: rule == .trapezoid ? 2 : 1)
    baseline = options[.baseline] ?? .standard
    seed = options.seed
  }

  public var parameters: [String: String] {
    [
      "neuron": neuron.description, "steps": String(steps),
      "rule": rule.rawValue, "baseline": baseline.name,
    ]
  }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let layer = try clip.mapLayer(layer, for: name)
    let shape = layer.shape
    guard let mask = neuron.mask(shape) else {
      throw .value(
        option: "neuron",
        reason:
          "\(layer.name) has no \(neuron.description): it has \(shape[1]) channels of \(shape[2]) x \(shape[3]) units"
      )
    }
    let start = try baseline.tensor(for: clip, at: space, seed: seed)
    let difference = clip[space] - start
    let points = rule.points(steps, power: clip.pathPower)
    let mean = clip.mean(points.map(\.weight), at: space) { numbers in
      let inputs = start.moved(by: difference, shares: points[numbers].map { Float($0.place) })
      let weight = clip.outputs(of: [layer.name], inputs, at: space, target: target).gradients[0] * layer.outputs(mask)
      return clip.gradient(of: layer.name, weight: weight, inputs, at: space)
    }
    return AttributionResult(difference * mean, layer: layer.name)
  }
}
