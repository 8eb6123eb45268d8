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
    cost: "\(2 * StraightPath.defaultSteps) gradients", isSigned: true, normalization: .held,
    defaults: StraightPath.defaults.merging([.layer: mapLayerDefault, .neuron: defaultNeuron.description]) { $1 })

  private static let defaultNeuron = Neuron("0")!

  let layer: String?
  private let neuron: Neuron
  private let path: StraightPath

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) {
    layer = options[.layer]
    neuron = options[.neuron] ?? Self.defaultNeuron
    path = try StraightPath(options)
  }

  public var parameters: [String: String] { path.parameters.merging(["neuron": neuron.description]) { $1 } }

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
    let start = try path.start(for: clip, at: space)
    let values = try path.integral(from: start, to: clip[space], on: clip, power: clip.pathPower) { inputs in
      let weight = clip.outputs(of: [layer.name], inputs, at: space, target: target).gradients[0] * layer.outputs(mask)
      return clip.gradient(of: layer.name, weight: weight, inputs, at: space)
    }
    return AttributionResult(values, layer: layer.name)
  }
}
