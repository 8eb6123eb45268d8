import Basics
import Tensors

/// The report's dot self-attention: softmax(K Qᵀ/√d) V with Q, K, V = W X of [outputs, positions], heads averaged.
///
/// With that formula each output channel attends over channels, not over positions. Only the mean over positions is used
/// after it, and both sums over positions can be done first: K Qᵀ = W_k (X Xᵀ) W_qᵀ needs X Xᵀ of [d, d] once for all
/// heads, and the mean of softmax(…) V is softmax(…) W_v x̄. The result is the same with a fourteenth of the products
/// at five seconds.
public final class ChannelAttention: Layer {
  private let query, key, value: Parameter
  public let parameters: [Parameter]
  private let heads, inputs, outputs: Int

  public init(
    from inputs: Int, to outputs: Int, heads: Int, from source: ParameterSource
  ) throws(ParameterError) {
    (self.heads, self.inputs, self.outputs) = (heads, inputs, outputs)
    let (shape, initial) = ([heads, outputs, inputs], InitialValue.xavier(fanIn: inputs, fanOut: outputs))
    query = try source.parameter("query", shape, initial)
    key = try source.parameter("key", shape, initial)
    value = try source.parameter("value", shape, initial)
    parameters = [query, key, value]
  }

  /// The attention of each head, rows summing to one: x [batch, inputs, positions] → [batch, heads, outputs, outputs].
  public func attention(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let gram = x.matrixProduct(x, transposeOther: true)
    let keys = pass(key).reshaped([heads * outputs, inputs]).matrixProduct(gram)
    let scores = keys.reshaped([-1, heads, outputs, inputs]).matrixProduct(pass(query), transposeOther: true)
    return (scores / Float(inputs).squareRoot()).softmax()
  }

  /// The mean over positions and heads: maps [batch, inputs, rows, columns] → [batch, outputs].
  ///
  /// An observer of the pass receives `attention.weights` and `attention.values`, the values at every position, of
  /// which only the mean is used.
  public func callAsFunction(_ maps: Tensor, _ pass: ForwardPass) -> Tensor {
    func values(_ x: Tensor) -> Tensor {
      pass(value).reshaped([heads * outputs, inputs]).matrixProduct(x).reshaped([-1, heads, outputs, x.shape[2]])
    }
    let x = maps.flattened(from: 2)
    let weights = pass.observed(attention(x, pass), as: "attention.weights", .channelAttention)
    if pass.isObserved {
      _ = pass.observed(
        values(x), as: "attention.values", .channelValues(rows: maps.shape[2], columns: maps.shape[3]))
    }
    let attended = pass.attending(by: weights).matrixProduct(values(x.mean(axes: [2])))
    return attended.mean(axes: [1]).reshaped([-1, outputs])
  }
}
