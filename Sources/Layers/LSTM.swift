import Basics
import Tensors

/// Layers of LSTM, one direction or both, with PyTorch's parameters: [batch, steps, features] → [batch, steps, hidden],
/// twice that wide where bidirectional.
public final class LSTM: Layer {
  private struct Direction {
    let inputWeight, hiddenWeight, inputBias, hiddenBias: Parameter
    let suffix: String
    let reversed: Bool

    var members: [Member] {
      [
        .parameter("weight_ih_\(suffix)", inputWeight), .parameter("weight_hh_\(suffix)", hiddenWeight),
        .parameter("bias_ih_\(suffix)", inputBias), .parameter("bias_hh_\(suffix)", hiddenBias),
      ]
    }

    func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
      x.lstm(
        inputWeight: pass(inputWeight), hiddenWeight: pass(hiddenWeight),
        bias: pass(inputBias) + pass(hiddenBias), reversed: reversed)
    }
  }

  private let layers: [[Direction]]
  private let dropout: Float

  /// - Parameter dropout: Probability between one layer and the next.
  public init(
    from features: Int, to hidden: Int, layers: Int = 1, bidirectional: Bool = false, dropout: Float = 0,
    using generator: inout SeededGenerator
  ) {
    self.dropout = dropout
    let directions = bidirectional ? [false, true] : [false]
    self.layers = (0..<layers).map { layer in
      let inputs = layer == 0 ? features : hidden * directions.count
      return directions.map { reversed in
        // All of PyTorch's LSTM weights have this bound.
        let bound = 1 / Float(hidden).squareRoot()
        return Direction(
          inputWeight: Parameter(.uniform([4 * hidden, inputs], bound: bound, using: &generator)),
          hiddenWeight: Parameter(.uniform([4 * hidden, hidden], bound: bound, using: &generator)),
          inputBias: Parameter(.uniform([4 * hidden], bound: bound, using: &generator)),
          hiddenBias: Parameter(.uniform([4 * hidden], bound: bound, using: &generator)),
          suffix: "l\(layer)\(reversed ? "_reverse" : "")", reversed: reversed)
      }
    }
  }

  public var members: [Member] { layers.joined().flatMap(\.members) }

  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    var x = x
    for (index, directions) in layers.enumerated() {
      if index > 0 { x = x.dropout(dropout, pass) }
      let results = directions.map { $0(x, pass) }
      x = results.count == 1 ? results[0] : .concatenated(results, axis: 2)
    }
    return x
  }
}
