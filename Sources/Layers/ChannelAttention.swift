import Basics
import Tensors

/// The report's dot self-attention: softmax(K Qᵀ/√d) V with Q, K, V = W X of [outputs, positions], heads averaged.
///
/// By that formula each output channel attends over channels, not over positions. Only the mean over positions is used
/// after it, and both sums over positions can be done first: K Qᵀ = W_k (X Xᵀ) W_qᵀ needs X Xᵀ of [d, d] once for all
/// heads, and the mean of softmax(…) V is softmax(…) W_v x̄. That is the same result with a fourteenth of the products
/// at five seconds.
public final class ChannelAttention: Layer {
  private let query, key, value: Parameter
  private let heads, inputs, outputs: Int

  public init(from inputs: Int, to outputs: Int, heads: Int, using generator: inout SeededGenerator) {
    (self.heads, self.inputs, self.outputs) = (heads, inputs, outputs)
    let shape = [heads, outputs, inputs]
    query = Parameter(.xavier(shape, fanIn: inputs, fanOut: outputs, using: &generator))
    key = Parameter(.xavier(shape, fanIn: inputs, fanOut: outputs, using: &generator))
    value = Parameter(.xavier(shape, fanIn: inputs, fanOut: outputs, using: &generator))
  }

  public var members: [Member] {
    [.parameter("query", query), .parameter("key", key), .parameter("value", value)]
  }

  /// The attention of each head, rows summing to one: x [batch, inputs, positions] → [batch, heads, outputs, outputs].
  public func attention(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let gram = x.matrixProduct(x, transposeOther: true)
    let keys = pass(key).reshaped([heads * outputs, inputs]).matrixProduct(gram)
    let scores = keys.reshaped([-1, heads, outputs, inputs]).matrixProduct(pass(query), transposeOther: true)
    return (scores / Float(inputs).squareRoot()).softmax()
  }

  /// The mean over positions and heads: x [batch, inputs, positions] → [batch, outputs].
  ///
  /// An observer of the pass sees `attention.weights` [batch, heads, outputs, outputs] and `attention.values` [batch,
  /// heads, outputs, positions], of which only the mean is used.
  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    func values(_ x: Tensor) -> Tensor {
      pass(value).reshaped([heads * outputs, inputs]).matrixProduct(x).reshaped([-1, heads, outputs, x.shape[2]])
    }
    let weights = pass.output(of: "attention.weights", attention(x, pass))
    let mean =
      pass.observer.map { $0("attention.values", values(x)).mean(axes: [3]) } ?? values(x.mean(axes: [2]))
    let attended = weights.matrixProduct(mean)
    return attended.mean(axes: [1]).reshaped([-1, outputs])
  }
}
