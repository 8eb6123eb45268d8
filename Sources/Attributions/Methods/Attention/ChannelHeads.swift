import Layers
import Models
import Tensors

/// The sources of each head of CNNATT's attention over channels: which channels, and which times and mel bands.
public struct ChannelHeads {
  /// Attention weights [heads, outputs, channels] of each output channel over the value channels; rows sum to one.
  public let weights: Tensor
  /// The gradient of each head's output with respect to the log-mel, [mels, frames], per dB:
  /// |∂ Σₒ |mean of output o| / ∂ log-mel|.
  public let places: [Tensor]

  /// The heads of a clip's model; nil where it has no such attention.
  public init?(_ clip: Clip) {
    guard let shape = clip.layers.first(where: { $0.geometry == .channelAttention })?.shape else { return nil }
    // The batch holds one copy of the clip per head; each copy gives the gradient of one head.
    let heads = shape[1]
    let mel = clip.mel.broadcast(to: [heads] + clip.mel.shape.dropFirst()).variable()
    var (weights, values): (Tensor?, Tensor?)
    _ = clip.logits(
      mel, at: .mel,
      pass: clip.model.pass { observed in
        switch observed.geometry {
        case .channelAttention: weights = observed.output
        case .channelValues: values = observed.output
        default: break
        }
        return observed.output
      })
    guard let attention = weights, let values else { return nil }
    // [heads, heads, outputs, 1]
    let said = attention.matrixProduct(values.mean(axes: [3])).absolute()
    let own = Tensor((0..<heads * heads).map { $0 % (heads + 1) == 0 ? 1 : 0 }, shape: [heads, heads, 1, 1])
    let slopes = gradients(of: (said * own).sum(), at: [mel])[0].absolute()
    self.weights = attention.detached.slice(axis: 0, 0..<1).reshaped(Array(shape.dropFirst()))
    places = (0..<heads).map { head in
      slopes.slice(axis: 0, head..<(head + 1)).reshaped(Array(clip.mel.shape.suffix(2)))
    }
  }
}
