import Layers
import Models
import Tensors

/// The outputs and gradients of a model's layers for a clip, by the layers' names.
extension Clip {
  /// The outputs of layers for the clip, and ∂ target / ∂ output of each.
  func outputs(of layers: [String], target: Target) -> (values: [Tensor], gradients: [Tensor]) {
    outputs(of: layers, target: target) { logits(pass: $0) }
  }

  /// The outputs of layers, with ∂ target / ∂ output of each, for a batch of inputs at one space.
  func outputs(
    of layers: [String], _ inputs: Tensor, at space: InputSpace, target: Target
  ) -> (values: [Tensor], gradients: [Tensor]) {
    outputs(of: layers, target: target) { logits(inputs, at: space, pass: $0) }
  }

  private func outputs(
    of layers: [String], target: Target, run: (ForwardPass) -> Tensor
  ) -> (values: [Tensor], gradients: [Tensor]) {
    var seen: [String: Tensor] = [:]
    let logits = run(
      model.pass { observed in
        guard layers.contains(observed.layer) else { return observed.output }
        // Unrecorded outputs become variables here, so that nothing before the layer is differentiated.
        let variable = observed.output.isRecorded ? observed.output : observed.output.variable()
        seen[observed.layer] = variable
        return variable
      })
    let outputs = layers.map { seen[$0]! }
    return (outputs.map(\.detached), gradients(of: target.score(logits).sum(), at: outputs))
  }

  /// Σ weight · ∂ output / ∂ input for a layer's outputs of a batch of inputs, of the inputs' shape.
  func gradient(of layer: String, weight: Tensor, _ inputs: Tensor, at space: InputSpace) -> Tensor {
    let inputs = inputs.variable()
    var seen: Tensor?
    _ = logits(
      inputs, at: space,
      pass: model.pass { observed in
        if observed.layer == layer { seen = observed.output }
        return observed.output
      })
    return gradients(of: seen!, weight: weight, at: [inputs])[0]
  }

  /// A layer's output for one input at one space.
  func output(of layer: String, _ input: Tensor, at space: InputSpace) -> Tensor {
    var seen: Tensor?
    _ = logits(
      input, at: space,
      pass: model.pass { observed in
        if observed.layer == layer { seen = observed.output }
        return observed.output
      })
    return seen!
  }

  /// The target's scores with a layer's output replaced, and ∂ target / ∂ that output, for a batch of replacements
  /// [batch, …]; everything before the layer is the clip's, and is not differentiated.
  func replacing(
    _ layer: String, by outputs: Tensor, target: Target
  ) -> (scores: [Float], gradient: Tensor) {
    let outputs = outputs.variable()
    let pass = model.pass { $0.layer == layer ? outputs : $0.output }
    let scores = target.score(model.network(input(copies: outputs.shape[0]), pass))
    return (scores.floats, gradients(of: scores.sum(), at: [outputs])[0])
  }

  /// The logits [copies, outputs] with a layer's maps [1 or copies, channels, rows, columns] changed into those of `copies` clips;
  /// everything before the layer runs once where that is possible.
  func logits(changing layer: String, copies: Int, _ change: @escaping (Tensor) -> Tensor) -> Tensor {
    let pass = model.pass { observed in
      guard observed.layer == layer, let map = MapLayer(layer, observed.geometry, observed.output.shape) else {
        return observed.output
      }
      return map.outputs(change(map.maps(observed.output)))
    }
    return model.network(input(copies: copies), pass)
  }

  /// The network's own inputs for a layer whose output becomes that of so many clips. One copy will do where nothing passes the
  /// layer by; a model of several inputs joins them later.
  func input(copies: Int) -> NetworkInput {
    let count = model.kind.inputs.count > 1 ? copies : 1
    let inputs = model.kind.inputs.map { ($0, self[$0].broadcast(to: [count] + self[$0].shape.dropFirst())) }
    return NetworkInput(Dictionary(uniqueKeysWithValues: inputs))
  }

  /// Whether all of the score goes through a layer: whether the clip has another input's score if the layer's output is
  /// that input's.
  func carriesAll(_ layer: String, from other: Tensor, at space: InputSpace, target: Target) -> Bool {
    let replaced = replacing(layer, by: output(of: layer, other, at: space), target: target).scores[0]
    let (own, others) = (score(self[space], at: space, target: target), score(other, at: space, target: target))
    return abs(Double(replaced) - others) <= 1e-3 * abs(own - others) + 1e-5
  }

  /// The layers with maps or tokens of several places.
  var mapLayers: [MapLayer] {
    layers.compactMap { MapLayer($0.name, $0.geometry, $0.shape) }.filter { $0.shape[2] * $0.shape[3] > 1 }
  }

  /// A layer with maps or tokens: the named one, or where nil, the last with tokens or with maps of at least two rows and
  /// two columns.
  /// - Parameter method: The method's name, for errors.
  func mapLayer(_ name: String?, for method: String) throws(MethodError) -> MapLayer {
    let maps = mapLayers
    guard let name else {
      guard let last = maps.last(where: { $0.groups != nil || $0.shape[2] > 1 && $0.shape[3] > 1 }) ?? maps.last else {
        throw .inapplicable(
          method: method, model: model.name,
          reason: "it has no layer with maps; \(AttributionMethods.others(than: .activation))")
      }
      return last
    }
    guard let found = maps.first(where: { $0.name == name }) else {
      let reason =
        layers.contains { $0.name == name }
        ? "the output of \(name) is no map over time and frequency"
        : "\(model.kind.title) has no layer \"\(name)\""
      throw .value(option: "layer", reason: reason + "; it has \(maps.map(\.name).joined(separator: ", "))")
    }
    return found
  }
}
