import Layers
import Models
import Tensors

extension TrainedModel {
  /// Whether one of the layers is an attention over channels.
  public var looksByAttention: Bool {
    let samples = [Float](repeating: 0, count: configuration.frontEnd.sampleRate)
    return Clip(samples, model: self).layers.contains { $0.geometry == .channelAttention }
  }
}

/// What each head of an attention over channels takes (CNNATT's): from which channels, and from which time and band.
public struct ChannelHeads {
  /// [heads, outputs, channels]: how much each output channel takes from each value channel; rows sum to one.
  public let weights: Tensor
  /// By head [mels, frames]: |∂ Σₒ |what the head says on output o| / ∂ log-mel|, per dB: where a change of the sound changes
  /// most what the head passes on.
  public let places: [Tensor]

  /// Nil where the clip's model has no such attention.
  public init?(_ clip: Clip) {
    guard let shape = clip.layers.first(where: { $0.geometry == .channelAttention })?.shape else { return nil }
    // A clip a head: from each, one head's gradient is taken.
    let heads = shape[1]
    let mel = clip.mel.broadcast(to: [heads] + clip.mel.shape.dropFirst()).variable()
    var (weights, values): (Tensor?, Tensor?)
    _ = clip.logits(
      mel, at: .mel,
      pass: ForwardPass(.inference) { observed in
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
