import Layers
import Tensors

/// A transformer's layer: attention and feed-forward, each beside a residual path, the norms after their sums or before
/// what they feed.
final class EncoderLayer: Layer {
  private let attention: SelfAttention
  private let attentionNorm, norm: LayerNormalization
  private let widening, narrowing: Linear
  private let sizes: SpeechEncoderConfiguration
  let parameters: [Parameter]

  init(_ sizes: SpeechEncoderConfiguration, from source: ParameterSource) throws(ParameterError) {
    func norm(_ name: String) throws(ParameterError) -> LayerNormalization {
      try LayerNormalization(shape: [sizes.hiddenSize], epsilon: sizes.normEpsilon, from: source.part(name))
    }
    self.sizes = sizes
    attention = try SelfAttention(sizes, from: source.part("attention"))
    attentionNorm = try norm("layer_norm")
    let forward = source.part("feed_forward")
    widening = try Linear(from: sizes.hiddenSize, to: sizes.intermediateSize, from: forward.part("intermediate_dense"))
    narrowing = try Linear(from: sizes.intermediateSize, to: sizes.hiddenSize, from: forward.part("output_dense"))
    self.norm = try norm("final_layer_norm")
    parameters = source.taken
  }

  /// See ``SelfAttention``; the same shape out.
  func callAsFunction(
    _ x: Tensor, positions: Tensor?, mask: StepMask?, name: String, tokens: [TokenGroup], _ pass: ForwardPass
  ) -> Tensor {
    func attended(_ x: Tensor) -> Tensor {
      attention(x, positions: positions, mask: mask, name: "\(name).attention", tokens: tokens, pass)
        .dropout(sizes.hiddenDropout, pass)
    }
    func forward(_ x: Tensor) -> Tensor {
      let wide = sizes.activation(widening(x, pass)).dropout(sizes.activationDropout, pass)
      return narrowing(wide, pass).dropout(sizes.hiddenDropout, pass)
    }
    if sizes.isPreNorm {
      let x = x + attended(attentionNorm(x, pass))
      return x + forward(norm(x, pass))
    }
    let normed = attentionNorm(x + attended(x), pass)
    return norm(normed + forward(normed), pass)
  }
}
