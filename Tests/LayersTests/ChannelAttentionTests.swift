import Basics
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Channel attention")
struct ChannelAttentionTests {
  /// softmax(K Qᵀ/√d) V averaged over heads and positions, as the report writes it: every product at its full size.
  private func literal(_ x: Tensor, _ attention: ChannelAttention, _ pass: ForwardPass) -> Tensor {
    func map(_ name: String) -> Tensor {
      pass(attention.namedParameters.first { $0.name == name }!.parameter)
    }
    let x4 = x.reshaped([x.shape[0], 1, x.shape[1], x.shape[2]])
    let q = map("query").matrixProduct(x4)  // [batch, heads, outputs, positions]
    let k = map("key").matrixProduct(x4)
    let v = map("value").matrixProduct(x4)
    let scores = k.matrixProduct(q, transposeOther: true) / Float(x.shape[1]).squareRoot()
    let attended = scores.softmax().matrixProduct(v)
    return attended.mean(axes: [1, 3]).reshaped([x.shape[0], -1])
  }

  @Test(
    "Sums in another order, same values and gradients",
    arguments: [[1, 5, 4], [3, 80, 10], [2, 80, 780], [1, 80, 1]])
  func reassociated(_ shape: [Int]) throws {
    var generator = SeededGenerator(seed: 4)
    let attention = try ChannelAttention(from: shape[1], to: 128, heads: 3, from: .drawn(seed: 4))
    // Large enough that the softmax is far from even, small enough that it is not one-hot.
    let input = Tensor.uniform(shape, bound: 2 / Float(shape[2]).squareRoot(), using: &generator)
    let weight = Tensor.uniform([shape[0], 128], bound: 1, using: &generator)
    func run(_ apply: (Tensor, ForwardPass) -> Tensor) -> [Tensor] {
      let (x, pass) = (input.variable(), ForwardPass(.inference, learning: attention.weights))
      let y = apply(x, pass)
      return [y] + gradients(of: y, weight: weight, at: [x] + attention.weights.map { pass($0) })
    }
    let expected = run { literal($0, attention, $1) }
    let found = run { attention($0, $1) }
    #expect(found.count == 5 && expected.count == 5)
    for (name, (a, b)) in zip(["y", "x", "query", "key", "value"], zip(found, expected)) {
      #expect(a.shape == b.shape)
      #expect(relativeDistance(a, b) < 2e-5, "\(name)")
    }
  }

  @Test("Each row of the attention sums to one")
  func rows() throws {
    var generator = SeededGenerator(seed: 5)
    let attention = try ChannelAttention(from: 20, to: 12, heads: 2, from: .drawn(seed: 5))
    let rows = attention.attention(.uniform([3, 20, 30], bound: 1, using: &generator), .inference)
    #expect(rows.shape == [3, 2, 12, 12])
    #expect(rows.sum(axes: [-1]).floats.allSatisfy { abs($0 - 1) < 1e-6 })
    #expect(rows.floats.allSatisfy { $0 >= 0 })
  }
}
