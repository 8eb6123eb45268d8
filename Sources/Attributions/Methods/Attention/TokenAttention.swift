import Layers
import Tensors

/// The attention of a transformer's layers among tokens that represent parts of a clip: HuBERT's frames, or the
/// positions of several modalities in one sequence.
public struct TokenAttention {
  public typealias Modality = TokenGroup

  /// Attention weights of each layer, first to last, [heads, tokens, tokens]: each token (row) over all tokens; rows
  /// sum to one.
  public let layers: [Tensor]
  public let modalities: [Modality]

  public init(_ layers: [Tensor], modalities: [Modality]) throws(AttentionError) {
    let tokens = modalities.reduce(0) { $0 + $1.count }
    guard tokens > 0, !layers.isEmpty else { throw .empty }
    for (number, layer) in layers.enumerated() {
      guard layer.rank == 3, layer.shape[0] > 0, layer.shape[1] == tokens, layer.shape[2] == tokens else {
        throw .shape(layer: number + 1, tokens: tokens, found: layer.shape)
      }
      let sums = layer.sum(axes: [2]).floats
      guard sums.allSatisfy({ abs($0 - 1) < 1e-3 }) else { throw .rows(layer: number + 1) }
    }
    (self.layers, self.modalities) = (layers, modalities)
  }

  /// The attention of a clip's model; nil of a model without tokens that attend to each other.
  public init?(_ clip: Clip) {
    guard case .tokens(let names, let groups)? = try? AttentionMap.names(of: clip, for: RawAttention.name) else {
      return nil
    }
    var found: [Tensor] = []
    _ = clip.logits(
      pass: clip.model.pass { observed in
        if names.contains(observed.layer) {
          found.append(observed.output.reshaped(Array(observed.output.shape.dropFirst())))
        }
        return observed.output
      })
    (layers, modalities) = (found, groups)
  }

  /// The product of (A + I)/2 over the layers, heads averaged: the share of each input token in each output token,
  /// [tokens, tokens] (Abnar and Zuidema 2020).
  public var rollout: Tensor {
    let rolled = AttentionRollout.rollout(layers)
    return rolled.reshaped(Array(rolled.shape.dropFirst()))
  }

  /// The shares of attention [tokens, tokens] between modalities: [attending][attended]; rows sum to one.
  public func shares(of attention: Tensor) -> [[Double]] {
    let (floats, tokens) = (attention.floats, attention.shape[1])
    return places.map { givers in
      places.map { takers in
        givers.reduce(0.0) { sum, row in
          sum + takers.reduce(0.0) { $0 + Double(floats[row * tokens + $1]) }
        } / Double(givers.count)
      }
    }
  }

  /// The shares of each layer and head: [layer][head][attending][attended].
  public var shares: [[[[Double]]]] {
    layers.map { layer in (0..<layer.shape[0]).map { shares(of: Self.head($0, of: layer)) } }
  }

  /// The attention [tokens, tokens] that each token of a modality receives, as the mean over all tokens, [rows,
  /// columns].
  public func received(_ attention: Tensor, by modality: Int) -> Tensor {
    let mean = attention.mean(axes: [0]).reshaped([attention.shape[1]])
    let range = places[modality]
    return mean.slice(axis: 0, range).reshaped([modalities[modality].rows, modalities[modality].columns])
  }

  /// The received attention on the clip's time axis, [rows, frames]: for each of `frames` frames, `hop` seconds apart,
  /// the value of the column whose middle is nearest.
  public func received(_ attention: Tensor, by modality: Int, frames: Int, hop: Double) -> [Float] {
    let own = modalities[modality]
    let values = received(attention, by: modality).floats
    return (0..<own.rows).flatMap { row in
      (0..<frames).map { frame in
        let column = ((Double(frame) * hop - own.start) / own.hop).rounded()
        return values[row * own.columns + max(0, min(own.columns - 1, Int(column)))]
      }
    }
  }

  /// One head's attention, [tokens, tokens].
  public static func head(_ head: Int, of layer: Tensor) -> Tensor {
    layer.slice(axis: 0, head..<(head + 1)).reshaped(Array(layer.shape.dropFirst()))
  }

  /// The range of each modality's tokens in the sequence.
  private var places: [Range<Int>] {
    var end = 0
    return modalities.map { modality in
      defer { end += modality.count }
      return end..<(end + modality.count)
    }
  }
}

public enum AttentionError: Error, CustomStringConvertible, Equatable {
  case empty
  case shape(layer: Int, tokens: Int, found: [Int])
  case rows(layer: Int)

  public var description: String {
    switch self {
    case .empty: "attention: there is no layer, or no token"
    case .shape(let layer, let tokens, let found):
      "attention of layer \(layer): expected [heads, \(tokens), \(tokens)], found \(found)"
    case .rows(let layer): "attention of layer \(layer): not every row is finite and sums to one"
    }
  }
}
