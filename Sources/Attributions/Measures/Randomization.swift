import Layers
import Models

/// Cascading randomisation (Adebayo et al. 2018, arXiv:1810.03292): the layers' weights are replaced by random ones,
/// from the head down or from the input up. An attribution that explains what the model learned must change with them.
final class CascadingRandomization {
  /// The layers in the order in which they are randomised.
  let layers: [String]
  private let model: TrainedModel
  private let seed: UInt64
  private var made: [Int: TrainedModel] = [:]
  /// The number of weights that are cached in all; for larger models each stage is made again for each clip.
  private static let keptWeights = 100_000_000

  /// - Parameters:
  ///   - seed: The seed of the random weights, which are the same in all stages and both ways. Norms get their initial
  ///     values.
  ///   - isFromInput: Whether the layers nearest to the input come first, instead of the head.
  init(_ model: TrainedModel, seed: UInt64, isFromInput: Bool = false) {
    (self.model, self.seed) = (model, seed)
    var layers: [String] = []
    for parameter in model.network.parameters {
      let owner = Self.layer(of: parameter.name)
      if !layers.contains(owner) { layers.append(owner) }
    }
    self.layers = isFromInput ? layers : layers.reversed()
  }

  /// The model with the first layers of ``layers`` randomised, up to this one. It is made when needed: each needs as
  /// much memory as the model.
  func model(upTo stage: Int) -> TrainedModel {
    if let kept = made[stage] { return kept }
    let model = drawn(upTo: stage)
    let weights = model.network.parameters.reduce(0) { $0 + $1.value.count }
    if weights * layers.count <= Self.keptWeights { made[stage] = model }
    return model
  }

  private func drawn(upTo stage: Int) -> TrainedModel {
    let network = model.configuration.network(seed: seed)
    let new = Set(layers[...stage])
    for (own, trained) in zip(network.parameters, model.network.parameters)
    where !new.contains(Self.layer(of: own.name)) {
      own.value = trained.value
    }
    return TrainedModel(
      configuration: model.configuration, network: network, name: "\(model.name), new as far as \(layers[stage])",
      precision: model.precision)
  }

  /// The layer's name in a parameter's name, down to the last number, or else the first part: "blocks.0" in
  /// "blocks.0.conv.weight", "encoder.layers.3" in "encoder.layers.3.norm.weight", "head" in "head.bias".
  private static func layer(of name: String) -> String {
    let parts = name.split(separator: ".")
    let last = parts.dropLast().lastIndex { $0.allSatisfy(\.isNumber) } ?? 0
    return parts[...last].joined(separator: ".")
  }
}
