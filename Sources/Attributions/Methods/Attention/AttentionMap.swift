import Layers
import Models
import Tensors

/// The positions that a model's attention uses, in one of two kinds.
///
/// - A transformer's tokens attend to tokens: the share of attention that a token receives, as the mean over those that
///   give it, is its value. Tokens have times, along which they are laid on the clip.
/// - CNNATT's attention weighs how much each output channel takes from each value channel, and a value channel is a map
///   over time and coefficients. So the share of attention that a channel receives weighs the size of its values at each
///   position.
///
/// Attention alone shows which values were used, not whether they raised or lowered the score.
struct AttentionMap {
  /// One layer's attention.
  struct Layer {
    /// [heads, outputs, inputs], rows summing to one; inputs are as many as outputs.
    let weights: Tensor
    /// ∂ target / ∂ weights.
    let gradient: Tensor
  }

  /// The layers with attention among what they attend to, first to last.
  let layers: [Layer]
  private let positions: Positions

  private enum Positions {
    /// The maps [heads, channels, rows, columns] of the values.
    case channels(values: Tensor)
    case tokens([TokenGroup])
  }

  /// The layers by name that a model's attention stands in.
  enum Names: Equatable {
    case channels(attention: String, values: String, rows: Int, columns: Int)
    case tokens([String], [TokenGroup])
  }

  /// - Parameter method: The method's name, for errors.
  init(_ clip: Clip, target: Target, for method: String) throws(MethodError) {
    switch try Self.names(of: clip, for: method) {
    case .channels(let attention, let values, let rows, let columns):
      let (found, gradients) = clip.outputs(of: [attention, values], target: target)
      let layer = Self.layer(found[0], gradients[0])
      layers = [layer]
      positions = .channels(
        values: found[1].reshaped([layer.weights.shape[0], layer.weights.shape[1], rows, columns]))
    case .tokens(let names, let groups):
      let (found, gradients) = clip.outputs(of: names, target: target)
      layers = zip(found, gradients).map(Self.layer)
      positions = .tokens(groups)
    }
  }

  private static func layer(_ weights: Tensor, _ gradient: Tensor) -> Layer {
    let shape = Array(weights.shape.dropFirst())
    return Layer(weights: weights.reshaped(shape), gradient: gradient.reshaped(shape))
  }

  /// A model with both kinds is explained by its tokens, and one with several sequences by the last.
  static func names(of clip: Clip, for method: String) throws(MethodError) -> Names {
    var sequences: [(name: String, groups: [TokenGroup])] = []
    var (attention, values): (String?, (name: String, rows: Int, columns: Int)?)
    for layer in clip.layers {
      switch layer.geometry {
      case .tokenAttention(let groups): sequences.append((layer.name, groups))
      case .channelAttention: attention = layer.name
      case .channelValues(let rows, let columns): values = (layer.name, rows, columns)
      case .map, .steps, .tokens: break
      }
    }
    if let last = sequences.last?.groups {
      return .tokens(sequences.filter { $0.groups == last }.map(\.name), last)
    }
    guard let attention, let values else {
      throw .inapplicable(
        method: method, model: clip.model.name,
        reason: "\(clip.model.kind.title) has no attention; \(AttributionMethods.others(than: .attention))")
    }
    return .channels(attention: attention, values: values.name, rows: values.rows, columns: values.columns)
  }

  /// The attention [heads, outputs, inputs], or one for all heads [1, outputs, inputs], at the positions of what it
  /// attends to: of tokens the mean that each receives; of channels the mean over heads of Σ received share · |values|.
  func places(attention: Tensor) -> PlacedMap {
    let received = attention.mean(axes: [1])  // [heads, 1, inputs]
    switch positions {
    case .tokens(let groups): return PlacedMap(tokens: received.mean(axes: [0]).floats, groups)
    case .channels(let values):
      let shares = received.reshaped([received.shape[0], received.shape[2], 1, 1])
      return PlacedMap(parts: [LayerMap((values.absolute() * shares).sum(axes: [1]).mean(axes: [0]))])
    }
  }
}
