import Models
import Tensors

/// The positions that attention over channels uses: CNNATT's attention weighs how much each output channel takes from
/// each value channel, and a value channel is a map over time and coefficients. So the share of attention that a
/// channel receives weighs the size of its values at each position.
///
/// Attention alone shows which values were used, not whether they raised or lowered the score.
struct AttentionMap {
  /// [heads, outputs, outputs], rows summing to one.
  let weights: Tensor
  /// ∂ target / ∂ weights.
  let gradient: Tensor
  /// [heads, outputs, rows, columns].
  private let values: Tensor

  /// - Parameter method: The method's name, for errors.
  init(_ clip: Clip, target: Target, for method: String) throws(MethodError) {
    let layers = try Self.layers(of: clip, for: method)
    let (found, gradients) = clip.outputs(of: [layers.attention, layers.values], target: target)
    weights = found[0].reshaped(Array(found[0].shape[1...]))
    gradient = gradients[0].reshaped(weights.shape)
    values = found[1].reshaped([weights.shape[0], weights.shape[1], layers.rows, layers.columns])
  }

  /// The names of the layers whose outputs are the attention and the values, and the size of a value's map.
  static func layers(
    of clip: Clip, for method: String
  ) throws(MethodError) -> (attention: String, values: String, rows: Int, columns: Int) {
    let attention = clip.layers.first { $0.geometry == .channelAttention }
    let weighed = clip.layers.compactMap { layer in
      if case .channelValues(let rows, let columns) = layer.geometry { (layer.name, rows, columns) } else { nil }
    }.first
    guard let attention, let (name, rows, columns) = weighed else {
      throw .inapplicable(
        method: method, model: clip.model.name,
        reason: "\(clip.model.kind.title) has no attention; \(AttributionMethods.others(than: .attention))")
    }
    return (attention.name, name, rows, columns)
  }

  /// The mean over heads of Σ received share · |values|, for attention [heads, outputs, outputs] or one for all heads
  /// [1, outputs, outputs].
  func places(attention: Tensor) -> LayerMap {
    let received = attention.mean(axes: [1])  // [heads, 1, outputs]
    let shares = received.reshaped([received.shape[0], received.shape[2], 1, 1])
    return LayerMap((values.absolute() * shares).sum(axes: [1]).mean(axes: [0]))
  }
}
