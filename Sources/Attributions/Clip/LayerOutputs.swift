import Layers
import Models
import Tensors

/// What layers of a model make of a clip, by the names that the model gives them.
extension ClipPath {
  /// The layers of the model and the shapes of their outputs for this clip, in their order.
  var layers: [(name: String, shape: [Int])] {
    var found: [(name: String, shape: [Int])] = []
    let space = model.architecture.inputSpace
    _ = logits(
      self[space], at: space,
      pass: .inference { name, output in
        found.append((name, output.shape))
        return output
      })
    return found
  }

  /// The outputs of layers for the clip, and ∂ target / ∂ output of each.
  func outputs(of layers: [String], target: Target) -> (values: [Tensor], gradients: [Tensor]) {
    let space = model.architecture.inputSpace
    return outputs(of: layers, self[space], at: space, target: target)
  }

  /// The same for a batch of inputs at a place on the path.
  func outputs(
    of layers: [String], _ inputs: Tensor, at space: InputSpace, target: Target
  ) -> (values: [Tensor], gradients: [Tensor]) {
    var seen: [String: Tensor] = [:]
    let logits = logits(
      inputs, at: space,
      pass: .inference { name, output in
        guard layers.contains(name) else { return output }
        // A variable of a network that is not recorded else: what lies before it is not differentiated.
        let variable = output.isRecorded ? output : output.variable()
        seen[name] = variable
        return variable
      })
    let outputs = layers.map { seen[$0]! }
    return (outputs.map(\.detached), gradients(of: target.score(logits).sum(), at: outputs))
  }

  /// Σ weight · ∂ output / ∂ input for a layer's outputs of a batch of inputs, of the inputs' shape.
  func gradient(
    of layer: String, weight: Tensor, _ inputs: Tensor, at space: InputSpace
  ) -> Tensor {
    let inputs = inputs.variable()
    var seen: Tensor?
    _ = logits(
      inputs, at: space,
      pass: .inference { name, output in
        if name == layer { seen = output }
        return output
      })
    return gradients(of: seen!, weight: weight, at: [inputs])[0]
  }

  /// The layer of a name, which has to have maps [1, channels, rows, columns]; where nil, the last whose maps have at least
  /// two rows and two columns.
  /// - Parameter method: For errors.
  func mapLayer(_ name: String?, for method: String) throws(MethodError) -> String {
    let all = layers
    let maps = all.filter { $0.shape.count == 4 && $0.shape[2] * $0.shape[3] > 1 && !$0.name.hasPrefix("attention") }
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
        all.contains { $0.name == name }
        ? "the output of \(name) is no map over time and frequency"
        : "\(model.architecture.title) has no layer \"\(name)\""
      throw .value(option: "layer", reason: reason + "; it has \(maps.map(\.name).joined(separator: ", "))")
    }
    return name
  }
}

extension ForwardPass {
  /// Inference that shows each named layer's output to `observer`, which may put another in its place.
  static func inference(observer: @escaping (_ layer: String, _ output: Tensor) -> Tensor) -> ForwardPass {
    ForwardPass(.inference, recordsWeights: false, observer: observer)
  }
}
