import Foundation
import Layers
import Tensors

/// WavLM's table of what distances between steps add to attention's scores (Chen et al. 2022, §III-A), shared by all layers:
/// distances share a bucket where they are large.
final class RelativePositions: Layer {
  private let table: Parameter
  private let bucketCount, largestDistance: Int
  let parameters: [Parameter]
  private var kept: (steps: Int, version: Int, values: Tensor)?

  init(_ sizes: SpeechEncoderConfiguration, from source: ParameterSource) throws(ParameterError) {
    (bucketCount, largestDistance) = (sizes.bucketCount, sizes.largestDistance)
    table = try source.parameter(
      "weight", [sizes.bucketCount, sizes.headCount], .normal(deviation: 1))
    parameters = [table]
  }

  /// [heads, steps, steps]: for each query (row) and key (column).
  func callAsFunction(steps: Int, _ pass: ForwardPass) -> Tensor {
    if !pass.learns(table), let kept, kept.steps == steps, kept.version == table.version { return kept.values }
    let byDistance = (1 - steps..<steps).map(bucket)
    let rows = (0..<steps).flatMap { query in (0..<steps).map { byDistance[$0 - query + steps - 1] } }
    let values = pass(table).rows(rows).reshaped([steps, steps, -1]).permuted([2, 0, 1])
    kept = (steps, table.version, values.detached)
    return values
  }

  /// The bucket of a key's place less a query's: one half of the buckets for positive distances; in each, half are for
  /// one distance each, and the others for logarithmically growing ranges.
  func bucket(_ distance: Int) -> Int {
    let (half, exact) = (bucketCount / 2, bucketCount / 4)
    let side = distance > 0 ? half : 0
    let size = abs(distance)
    guard size >= exact else { return side + size }
    // In float32 as transformers computes it, so that distances at an edge fall on the same side.
    let ratio = Foundation.logf(Float(size) / Float(exact)) / Float(log(Double(largestDistance) / Double(exact)))
    return side + min(exact + Int(ratio * Float(half - exact)), half - 1)
  }
}

/// The factor on a layer's relative positions, of each head and query: a (b c − 1) + 2, with a and b gates computed from the
/// query's input and c a weight of the head.
final class PositionGate: Layer {
  private let linear: Linear
  private let constant: Parameter
  private let headCount: Int
  let parameters: [Parameter]

  init(_ sizes: SpeechEncoderConfiguration, from source: ParameterSource) throws(ParameterError) {
    headCount = sizes.headCount
    constant = try source.parameter("gru_rel_pos_const", [1, headCount, 1, 1], .ones)
    linear = try Linear(from: sizes.hiddenSize / headCount, to: 8, from: source.part("gru_rel_pos_linear"))
    parameters = [constant] + linear.parameters
  }

  /// The attention's input [batch, steps, features] → [batch, heads, steps, 1].
  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let (batch, steps) = (x.shape[0], x.shape[1])
    let perHead = x.reshaped([batch, steps, headCount, -1]).permuted([0, 2, 1, 3])
    let gates = linear(perHead, pass).reshaped([batch, headCount, steps, 2, 4]).sum(axes: [-1]).sigmoid()
    func gate(_ index: Int) -> Tensor {
      gates.slice(axis: 3, index..<(index + 1)).reshaped([batch, headCount, steps, 1])
    }
    return gate(0) * (gate(1) * pass(constant) - 1) + 2
  }
}
