import Tensors

/// The report's unified attention block over the positions of all views together: gated self-attention, then two linear
/// maps with ReLU between, each added to its input and normalised over positions and features together, which fixes the
/// number of positions.
public final class UnifiedAttention: Layer {
  private let attention: GatedSelfAttention
  private let attentionNorm, norm: LayerNormalization
  private let widening, narrowing: Linear
  private let dropout: Float
  public let parameters: [Parameter]

  /// - Parameter dropout: Probability between the two linear maps.
  public init(
    positions: Int, width: Int, headCount: Int, gate: Int, dropout: Float, from source: ParameterSource
  ) throws(ParameterError) {
    self.dropout = dropout
    attention = try GatedSelfAttention(width: width, headCount: headCount, gate: gate, from: source.part("attention"))
    attentionNorm = try LayerNormalization(shape: [positions, width], from: source.part("norm1"))
    widening = try Linear(from: width, to: 4 * width, from: source.part("expand"))
    narrowing = try Linear(from: 4 * width, to: width, from: source.part("reduce"))
    norm = try LayerNormalization(shape: [positions, width], from: source.part("norm2"))
    parameters = source.taken
  }

  /// [batch, positions, width] → the same shape, which an observer receives as `name`; see ``GatedSelfAttention``.
  public func callAsFunction(_ x: Tensor, groups: [TokenGroup], name: String, _ pass: ForwardPass) -> Tensor {
    let attended = attention(x, groups: groups, name: "\(name).attention", pass)
    let normed = attentionNorm(x + attended, pass)
    let wide = widening(normed, pass).relu().dropout(dropout, pass)
    return pass.observed(norm(normed + narrowing(wide, pass), pass), as: name, .tokens(groups))
  }
}
