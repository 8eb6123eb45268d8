import Foundation
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Unified attention")
struct UnifiedAttentionTests {
  private static let groups = [
    TokenGroup("map", rows: 2, columns: 2, hop: 0.5, start: 0),
    TokenGroup("steps", columns: 3, hop: 0.02, start: 0),
  ]

  /// The formula, position by position and head by head, in double.
  private func slow(_ x: Tensor, _ attention: GatedSelfAttention, heads: Int, gate: Int) -> [Double] {
    let (positions, width) = (x.shape[1], x.shape[2])
    let share = width / heads
    func values(_ name: String) -> [Double] {
      attention.parameters.first { $0.name == name }!.value.floats.map(Double.init)
    }
    /// v W, W [v.count, outputs], of one head.
    func map(_ v: [Double], _ name: String, _ head: Int, _ outputs: Int) -> [Double] {
      let w = values(name)
      let start = head * v.count * outputs
      return (0..<outputs).map { j in v.indices.reduce(0) { $0 + v[$1] * w[start + $1 * outputs + j] } }
    }
    return (0..<x.shape[0]).flatMap { clip -> [Double] in
      let floats = x.slice(axis: 0, clip..<(clip + 1)).floats.map(Double.init)
      let rows = (0..<positions).map { Array(floats[($0 * width)..<(($0 + 1) * width)]) }
      var joined = [[Double]](repeating: [], count: positions)
      for head in 0..<heads {
        let (queries, keys) = (
          rows.map { map($0, "query", head, share) }, rows.map { map($0, "key", head, share) }
        )
        let open = zip(queries, keys).map { query, key in
          let mixed = zip(map(query, "gate_query", head, gate), map(key, "gate_key", head, gate)).map { $0 * $1 }
          return map(mixed, "gate", head, 2).map { 1 / (1 + exp(-$0)) }
        }
        for i in 0..<positions {
          let scores = (0..<positions).map { j in
            let product = zip(queries[i], keys[j]).reduce(0) { $0 + $1.0 * $1.1 }
            return product * open[i][0] * open[j][1] / Double(share).squareRoot()
          }
          let powers = scores.map { exp($0) }
          let sum = powers.reduce(0, +)
          var out = [Double](repeating: 0, count: share)
          for j in 0..<positions {
            let value = map(rows[j], "value", head, share)
            for k in 0..<share { out[k] += powers[j] / sum * value[k] }
          }
          joined[i] += out
        }
      }
      return joined.flatMap { map($0, "output", 0, width) }
    }
  }

  @Test("Gated self-attention is its formula, position by position")
  func formula() throws {
    let attention = try GatedSelfAttention(width: 6, headCount: 3, gate: 5, from: .drawn(seed: 1))
    let x = sampled([2, 7, 6], 1) * 3
    let found = attention(x, groups: Self.groups, name: "attention", .inference)
    #expect(found.shape == x.shape)
    #expect(relativeDistance(found, slow(x, attention, heads: 3, gate: 5)) < 1e-5)
  }

  @Test("An observer receives rows that sum to one, with the groups of tokens, and the block's output")
  func observed() throws {
    let block = try UnifiedAttention(
      positions: 7, width: 6, headCount: 3, gate: 5, dropout: 0.5, from: .drawn(seed: 2))
    var seen: [String: Geometry] = [:]
    let pass = ForwardPass(.inference) { observed in
      seen[observed.layer] = observed.geometry
      if case .tokenAttention = observed.geometry {
        #expect(observed.output.shape == [2, 3, 7, 7])
        #expect(observed.output.sum(axes: [-1]).floats.allSatisfy { abs($0 - 1) < 1e-6 })
      }
      return observed.output
    }
    let y = block(sampled([2, 7, 6], 3), groups: Self.groups, name: "fusion.0", pass)
    #expect(
      seen == ["fusion.0.attention.weights": .tokenAttention(Self.groups), "fusion.0": .tokens(Self.groups)])
    // A new norm is over positions and features together.
    let means = y.mean(axes: [1, 2]).floats + y.squared().mean(axes: [1, 2]).floats
    #expect(largestDifference(means, [0, 0, 1, 1]) < 1e-4)
  }

  @Test("Names of PyTorch's parameters")
  func names() throws {
    let block = try UnifiedAttention(
      positions: 7, width: 6, headCount: 3, gate: 5, dropout: 0.5, from: .drawn(seed: 2))
    #expect(
      block.parameters.map(\.name) == [
        "attention.query", "attention.key", "attention.value", "attention.gate_query", "attention.gate_key",
        "attention.gate", "attention.output", "norm1.weight", "norm1.bias", "expand.weight", "expand.bias",
        "reduce.weight", "reduce.bias", "norm2.weight", "norm2.bias",
      ])
  }
}
