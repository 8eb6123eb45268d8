import Foundation
import Layers
import Models
import Tensors

/// How much each token's output of a transformer's layer turns when one token's value is set to zero there: the cosine
/// distance of the outputs, with the layer's input and its attention unchanged, the rows of a layer divided by their sums
/// (Mohebbi et al. 2023, §3). Beside attention it counts the values' sizes, the residual path, the norms and the
/// feed-forward. The value of a token is the mean over those whose output it turns.
public struct ValueZeroing: AttributionMethod {
  public static let description = MethodDescription(
    "value-zeroing", .attention, source: "Mohebbi et al. 2023, arXiv:2301.12971",
    summary: "how far a frame's value turns all frames' outputs, layer by layer",
    cost: "a pass through each layer a frame", isSigned: false, quantity: .weight,
    defaults: [.rule: defaultRule.rawValue])

  private static let defaultRule = Rule.rollout

  /// The way from the layers' matrices to one.
  enum Rule: String, CaseIterable {
    /// Their product, the last on the left: the residual path is in each already, so no identity is added.
    case rollout
    case mean, last
  }

  private let rule: Rule

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) {
    rule = try options.rule(default: Self.defaultRule)
  }

  public var parameters: [String: String] { ["rule": rule.rawValue] }

  public func checkApplies(to clip: Clip, at space: InputSpace) throws(MethodError) {
    _ = try Self.groups(of: clip)
  }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let groups = try Self.groups(of: clip)
    let layers = try Self.distances(clip, among: groups).map { layer in
      // A row of zeros, where a token alone would be, stays zero.
      layer / layer.sum(axes: [1]).maximum(Tensor(.leastNormalMagnitude))
    }
    let whole =
      switch rule {
      case .rollout: layers.dropFirst().reduce(layers[0]) { $1.matrixProduct($0) }
      case .mean: layers.dropFirst().reduce(layers[0]) { $0 + $1 } / Float(layers.count)
      case .last: layers.last!
      }
    return AttributionResult(
      PlacedMap(tokens: whole.mean(axes: [0]).floats, groups).enlarged(over: clip, at: space))
  }

  private static func groups(of clip: Clip) throws(MethodError) -> [TokenGroup] {
    guard case .tokens(_, let groups) = try AttentionMap.names(of: clip, for: name) else {
      throw .inapplicable(
        method: name, model: clip.model.name,
        reason: "\(clip.model.kind.title) attends to channels, which have no values in time to zero;"
          + " there is attention, attention-rollout, attention-gradient")
    }
    return groups
  }

  /// 1 − cos of each token's output (row) without one token's value (column), of each layer, [tokens, tokens].
  ///
  /// A value of zero is a column of zeros in the attention of all heads. So one pass does all layers for several tokens:
  /// each layer's attention becomes a batch, the whole one first, and behind the layer only the first goes on.
  static func distances(_ clip: Clip, among groups: [TokenGroup]) throws(MethodError) -> [Tensor] {
    let tokens = groups.reduce(0) { $0 + $1.count }
    let heads = clip.layers.compactMap { layer in
      if case .tokenAttention(groups) = layer.geometry { layer.shape[1] } else { nil }
    }
    let features = clip.layers.compactMap { layer in
      if case .tokens(groups) = layer.geometry { layer.shape[2] } else { nil }
    }
    // At most 48 million floats of attention or of a feed-forward, which is four times as wide as the features.
    let size = tokens * max(heads.max()! * tokens, 4 * features.max()!)
    let atOnce = max(1, min(tokens, 48_000_000 / size - 1))
    var columns = [[[Float]]](repeating: [], count: heads.count)
    for first in stride(from: 0, to: tokens, by: atOnce) {
      try clip.progress?(first, tokens)
      let zeroed = first..<min(first + atOnce, tokens)
      var layer = 0
      var isInLayer = false
      let pass = clip.model.pass { observed in
        switch observed.geometry {
        case .tokenAttention(groups):
          isInLayer = true
          return observed.output * Self.kept(zeroed, of: tokens)
        case .tokens(groups) where isInLayer:
          columns[layer] += Self.distances(observed.output)
          (layer, isInLayer) = (layer + 1, false)
          return observed.output.slice(axis: 0, 0..<1)
        default: return observed.output
        }
      }
      _ = clip.logits(pass: pass)
    }
    return columns.map { Tensor($0.flatMap { $0 }, shape: [tokens, tokens]).transposed() }
  }

  /// Ones for the whole attention, then ones with a column of zeros for each token, [1 + zeroed, 1, 1, tokens].
  private static func kept(_ zeroed: Range<Int>, of tokens: Int) -> Tensor {
    var kept = [Float](repeating: 1, count: (1 + zeroed.count) * tokens)
    for (number, token) in zeroed.enumerated() { kept[(1 + number) * tokens + token] = 0 }
    return Tensor(kept, shape: [1 + zeroed.count, 1, 1, tokens])
  }

  /// For outputs [1 + zeroed, tokens, features], 1 − cos of each token's to the first's, in double: [zeroed][tokens].
  private static func distances(_ outputs: Tensor) -> [[Float]] {
    let (batch, tokens, features) = (outputs.shape[0], outputs.shape[1], outputs.shape[2])
    return outputs.withFloats { values in
      (1..<batch).map { number in
        (0..<tokens).map { token in
          let (own, other) = (token * features, (number * tokens + token) * features)
          var (product, ownSquare, otherSquare) = (0.0, 0.0, 0.0)
          for feature in 0..<features {
            let (a, b) = (Double(values[own + feature]), Double(values[other + feature]))
            product += a * b
            ownSquare += a * a
            otherSquare += b * b
          }
          let norms = (ownSquare * otherSquare).squareRoot()
          return norms > 0 ? Float(max(0, 1 - product / norms)) : 0
        }
      }
    }
  }
}
