import Basics
import Tensors

/// Self-attention whose queries and keys are scaled at each position by gates that both have a part in (Yu et al. 2019,
/// arXiv:1908.04107, section 3.1), in each head
///
/// M = σ(((Q G_q) ∘ (K G_k)) G), softmax((Q ∘ M_q)(K ∘ M_k)ᵀ/√h) V,
///
/// with one column of M for Q and one for K; the heads side by side, then an output map. Where the report's formula has σ,
/// its text once says softmax: σ it is, as in the paper.
public final class GatedSelfAttention: Layer {
  private let query, key, value, queryGate, keyGate, gate, output: Parameter
  public let parameters: [Parameter]
  private let headCount, width: Int

  /// - Parameters:
  ///   - width: Features of a position, a multiple of the heads.
  ///   - gate: Features of the gates' middle.
  public init(width: Int, headCount: Int, gate: Int, from source: ParameterSource) throws(ParameterError) {
    let share = width / headCount
    func map(_ name: String, from inputs: Int, to outputs: Int) throws(ParameterError) -> Parameter {
      try source.parameter(name, [headCount, inputs, outputs], .xavier(fanIn: inputs, fanOut: outputs))
    }
    (self.width, self.headCount) = (width, headCount)
    query = try map("query", from: width, to: share)
    key = try map("key", from: width, to: share)
    value = try map("value", from: width, to: share)
    queryGate = try map("gate_query", from: share, to: gate)
    keyGate = try map("gate_key", from: share, to: gate)
    self.gate = try map("gate", from: gate, to: 2)
    output = try source.parameter("output", [width, width], .xavier(fanIn: width, fanOut: width))
    parameters = source.taken
  }

  /// [batch, positions, width] → the same shape. An observer receives the softmax as `name`.weights.
  /// - Parameter groups: The positions, by the views of the clip that they come from.
  public func callAsFunction(_ x: Tensor, groups: [TokenGroup], name: String, _ pass: ForwardPass) -> Tensor {
    let (batch, positions) = (x.shape[0], x.shape[1])
    let all = x.reshaped([batch, 1, positions, width])
    let (query, key) = (all.matrixProduct(pass(query)), all.matrixProduct(pass(key)))
    let mixed = query.matrixProduct(pass(queryGate)) * key.matrixProduct(pass(keyGate))
    let gates = mixed.matrixProduct(pass(gate)).sigmoid()  // [batch, heads, positions, 2]
    let (ofQuery, ofKey) = (gates.slice(axis: 3, 0..<1), gates.slice(axis: 3, 1..<2))
    let scale = 1 / Float(width / headCount).squareRoot()
    let scores = (query * ofQuery * scale).matrixProduct(key * ofKey, transposeOther: true)
    let weights = pass.observed(scores.softmax(), as: "\(name).weights", .tokenAttention(groups))
    let attended = pass.attending(by: weights).matrixProduct(all.matrixProduct(pass(value)))
    return attended.permuted([0, 2, 1, 3]).reshaped([batch, positions, width]).matrixProduct(pass(output))
  }
}
