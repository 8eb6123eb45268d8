import Basics
import Layers
import Models
import Tensors

/// What is kept of a clip: each layer's output, averaged over time, and what each class's logit gains when a number is added to a
/// feature at all times. A feature is a channel at one row: where a map has rows of frequency, what lies high is kept apart from
/// what lies low.
struct PooledLayers {
  /// [layers][features], a channel's rows one after the other.
  let outputs: [[Float]]
  /// ∂ logit / ∂ output, summed over time: [layers][classes][features].
  let gradients: [[[Float]]]
}

extension Clip {
  /// The pooled outputs and gradients of layers with maps or tokens. The clip runs once for as many classes as ``batch`` allows:
  /// each copy of it is differentiated at a class of its own.
  func pooled(_ layers: [String]) -> PooledLayers {
    let classes = model.classes.count
    var outputs: [[Float]] = []
    var gradients = layers.map { _ in [[Float]]() }
    for range in batches(classes) {
      var seen: [String: (map: MapLayer, output: Tensor)] = [:]
      let logits = model.network(
        input(copies: range.count),
        model.pass { observed in
          guard layers.contains(observed.layer),
            let map = MapLayer(observed.layer, observed.geometry, observed.output.shape)
          else { return observed.output }
          let output = observed.output
          // Unrecorded outputs become variables here, so that nothing before the layer is differentiated.
          let copies =
            output.isRecorded
            ? output : output.broadcast(to: [range.count] + output.shape.dropFirst()).detached.variable()
          seen[observed.layer] = (map, copies)
          return copies
        })
      let weight = range.flatMap { own in (0..<logits.shape[1]).map { Float($0 == own ? 1 : 0) } }
      let found = layers.map { seen[$0]! }
      let slopes = Tensors.gradients(
        of: logits, weight: Tensor(weight, shape: logits.shape), at: found.map(\.output))
      for (place, (map, output)) in found.enumerated() {
        if range.lowerBound == 0 {
          let first = map.maps(output.detached.slice(axis: 0, 0..<1))
          outputs.append(first.mean(axes: [3]).floats)
        }
        let sums = map.maps(slopes[place]).sum(axes: [3]).floats
        let features = sums.count / range.count
        gradients[place] += range.indices.map { index in
          let start = (index - range.lowerBound) * features
          return Array(sums[start..<(start + features)])
        }
      }
    }
    return PooledLayers(outputs: outputs, gradients: gradients)
  }
}
