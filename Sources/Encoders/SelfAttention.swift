import Layers
import Tensors

/// Softmax(Q Kᵀ/√d + bias) V in several heads, with an output map: [batch, steps, features], the same shape out.
final class SelfAttention: Layer {
  private let query, key, value, output: Linear
  private let gate: PositionGate?
  private let headCount: Int
  private let dropout: Float
  let parameters: [Parameter]

  init(_ sizes: SpeechEncoderConfiguration, from source: ParameterSource) throws(ParameterError) {
    func linear(_ name: String) throws(ParameterError) -> Linear {
      try Linear(from: sizes.hiddenSize, to: sizes.hiddenSize, from: source.part(name))
    }
    (headCount, dropout) = (sizes.headCount, sizes.attentionDropout)
    (query, key) = (try linear("q_proj"), try linear("k_proj"))
    (value, output) = (try linear("v_proj"), try linear("out_proj"))
    gate = sizes.family == .wavLM ? try PositionGate(sizes, from: source) : nil
    parameters = source.taken
  }

  /// - Parameters:
  ///   - positions: What the distance between two steps adds to a score, [heads, steps, steps].
  ///   - name: The layer's name for observers, which receive the weights as `name`.weights.
  func callAsFunction(
    _ x: Tensor, positions: Tensor?, mask: StepMask?, name: String, tokens: [TokenGroup], _ pass: ForwardPass
  ) -> Tensor {
    let (batch, steps, features) = (x.shape[0], x.shape[1], x.shape[2])
    func heads(_ x: Tensor) -> Tensor { x.reshaped([batch, steps, headCount, -1]).permuted([0, 2, 1, 3]) }
    let scale = 1 / Float(features / headCount).squareRoot()
    var scores = heads(query(x, pass) * scale).matrixProduct(
      heads(key(x, pass)), transposeOther: true, precision: pass.precision)
    if let positions, let gate { scores = scores + gate(x, pass) * positions }
    if let mask { scores = scores + mask.scores }
    let weights = pass.observed(scores.softmax(), as: "\(name).weights", .tokenAttention(tokens))
    let attended = pass.attending(by: weights).dropout(dropout, pass).matrixProduct(
      heads(value(x, pass)), precision: pass.precision)
    // An observer may have made a batch of one clip's weights.
    return output(attended.permuted([0, 2, 1, 3]).reshaped([-1, steps, features]), pass)
  }
}
