import Basics
import Tensors

/// Layers of LSTM, one direction or both, with PyTorch's parameters: [batch, steps, features] → [batch, steps, hidden],
/// twice that wide where bidirectional.
public final class LSTM: Layer {
  private struct Direction {
    let inputWeight, hiddenWeight, inputBias, hiddenBias: Parameter
    let reversed: Bool

    init(
      from inputs: Int, to hidden: Int, suffix: String, reversed: Bool, from source: ParameterSource
    ) throws(ParameterError) {
      // All of PyTorch's LSTM weights have this bound.
      let bound = InitialValue.uniform(bound: 1 / Float(hidden).squareRoot())
      inputWeight = try source.parameter("weight_ih_\(suffix)", [4 * hidden, inputs], bound)
      hiddenWeight = try source.parameter("weight_hh_\(suffix)", [4 * hidden, hidden], bound)
      inputBias = try source.parameter("bias_ih_\(suffix)", [4 * hidden], bound)
      hiddenBias = try source.parameter("bias_hh_\(suffix)", [4 * hidden], bound)
      self.reversed = reversed
    }

    func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
      x.lstm(
        inputWeight: pass(inputWeight), hiddenWeight: pass(hiddenWeight),
        bias: pass(inputBias) + pass(hiddenBias), reversed: reversed)
    }
  }

  private let layers: [[Direction]]
  private let dropout: Float
  public let parameters: [Parameter]

  /// - Parameter dropout: Probability between one layer and the next.
  public init(
    from features: Int, to hidden: Int, layers: Int = 1, bidirectional: Bool = false, dropout: Float = 0,
    from source: ParameterSource
  ) throws(ParameterError) {
    self.dropout = dropout
    let directions = bidirectional ? [false, true] : [false]
    self.layers = try (0..<layers).map { (layer) throws(ParameterError) in
      let inputs = layer == 0 ? features : hidden * directions.count
      return try directions.map { (reversed) throws(ParameterError) in
        try Direction(
          from: inputs, to: hidden, suffix: "l\(layer)\(reversed ? "_reverse" : "")", reversed: reversed, from: source)
      }
    }
    parameters = source.taken
  }

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
