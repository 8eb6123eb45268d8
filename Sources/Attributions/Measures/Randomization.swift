import Layers
import Models

/// A model whose layers are drawn anew, from the head down (Adebayo et al. 2018, arXiv:1810.03292, cascading
/// randomisation): an attribution that explains what the model learned must change with it.
final class CascadingRandomization {
  /// The layers in the order in which they are drawn anew: the head first.
  let layers: [String]
  private let model: TrainedModel
  private let seed: UInt64
  private var made: [Int: TrainedModel] = [:]
  /// Weights that are kept in all; of larger models each stage is drawn again for each clip.
  private static let keptWeights = 100_000_000

  /// - Parameter seed: Draws the new weights, the same in all stages. Norms begin as new ones do.
  init(_ model: TrainedModel, seed: UInt64) {
    (self.model, self.seed) = (model, seed)
    var layers: [String] = []
    for parameter in model.network.parameters {
      let owner = Self.layer(of: parameter.name)
      if !layers.contains(owner) { layers.append(owner) }
    }
    self.layers = layers.reversed()
  }

  /// The model with the first layers of ``layers`` drawn anew, up to this one. Made when it is asked for: each holds as much
  /// as the model.
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
      configuration: model.configuration, network: network, name: "\(model.name), new down to \(layers[stage])")
  }

  /// "blocks.0" of "blocks.0.conv.weight", "encoder.layers.3" of "encoder.layers.3.norm.weight", "head" of "head.bias": the
  /// name down to its last number, or its first part.
  private static func layer(of name: String) -> String {
    let parts = name.split(separator: ".")
    let last = parts.dropLast().lastIndex { $0.allSatisfy(\.isNumber) } ?? 0
    return parts[...last].joined(separator: ".")
  }
}
