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
      ForwardPass(.inference) { observed in
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
      pass: ForwardPass(.inference) { observed in
        if observed.layer == layer { seen = observed.output }
        return observed.output
      })
    return gradients(of: seen!, weight: weight, at: [inputs])[0]
  }

  /// The name of a layer with maps [1, channels, rows, columns]: the named one, or where nil, the last whose maps have
  /// at least two rows and two columns.
  /// - Parameter method: The method's name, for errors.
  func mapLayer(_ name: String?, for method: String) throws(MethodError) -> String {
    let maps = layers.filter { $0.geometry == .map && $0.shape[2] * $0.shape[3] > 1 }
    guard let name else {
      guard let last = maps.last(where: { $0.shape[2] > 1 && $0.shape[3] > 1 }) ?? maps.last else {
        throw .inapplicable(
          method: method, model: model.name,
          reason: "it has no layer with maps; \(AttributionMethods.others(than: .activation))")
      }
      return last.name
    }
    guard maps.contains(where: { $0.name == name }) else {
      let reason =
        layers.contains { $0.name == name }
        ? "the output of \(name) is no map over time and frequency"
        : "\(model.kind.title) has no layer \"\(name)\""
      throw .value(option: "layer", reason: reason + "; it has \(maps.map(\.name).joined(separator: ", "))")
    }
    return name
  }
}
