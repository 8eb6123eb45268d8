import Basics
import Layers
import Models

/// A model whose layers are drawn anew, from the head down (Adebayo et al. 2018, arXiv:1810.03292, cascading
/// randomisation): an attribution that explains what the model learned must change with it.
struct CascadingRandomization {
  /// The model after each layer more, and the name of that layer: the first has a new head, the last nothing learned.
  let stages: [(layer: String, model: TrainedModel)]

  /// - Parameter seed: Of the new weights, the same in all stages. Norms begin as new ones do.
  init(_ model: TrainedModel, seed: UInt64) {
    let trained = model.network.namedParameters
    let owners = trained.map { Self.layer(of: $0.name) }
    var layers: [String] = []
    for owner in owners where !layers.contains(owner) { layers.append(owner) }
    stages = layers.indices.reversed().map { lowest in
      var generator = SeededGenerator(seed: seed)
      let network = model.architecture.makeNetwork(classes: model.classes.count, using: &generator)
      let kept = Set(layers[..<lowest])
      for (index, (_, parameter)) in network.namedParameters.enumerated() where kept.contains(owners[index]) {
        parameter.value = trained[index].parameter.value
      }
      return (
        layers[lowest],
        TrainedModel(
          configuration: model.configuration, network: network, name: model.name,
          digest: "\(model.digest), new from \(layers[lowest]) on")
      )
    }
  }

  /// "blocks.0" of "blocks.0.conv.weight", "head" of "head.bias".
  private static func layer(of name: String) -> String {
    let parts = name.split(separator: ".")
    return parts[1].allSatisfy(\.isNumber) ? "\(parts[0]).\(parts[1])" : String(parts[0])
  }
}
