import Foundation
import Layers
import Models
import TestSupport
import Tensors
import Testing

@testable import Attributions

/// What CNNATT's attention computes for a clip and a target, written out from its parameters.
private struct WrittenOutAttention {
  let heads = 3
  let outputs = 128
  let rows, columns: Int
  /// [head][output][channel]: softmax(K Qᵀ/√d).
  private(set) var weights: [[[Double]]] = []
  /// [head][channel][place]: V.
  private(set) var values: [[[Double]]] = []
  /// [head][output][channel]: ∂ target / ∂ weights.
  private(set) var gradient: [[[Double]]] = []

  init(_ clip: Clip, target: Int) {
    let stored = Dictionary(
      uniqueKeysWithValues: clip.model.network.namedParameters.map { ($0.name, $0.parameter.value) })
    func parameter(_ name: String) -> [Double] { stored[name]!.floats.map(Double.init) }
    let maps = clip.outputs(of: ["blocks.3"], target: Target(target)).values[0]
    let (inputs, x) = (maps.shape[1], maps.floats.map(Double.init))
    (rows, columns) = (maps.shape[2], maps.shape[3])
    let places = rows * columns
    /// W X of one head, [output][place].
    func product(_ name: String, _ head: Int) -> [[Double]] {
      let w = parameter("attention.\(name)")
      return (0..<outputs).map { output in
        var sums = [Double](repeating: 0, count: places)
        for input in 0..<inputs {
          let weight = w[(head * outputs + output) * inputs + input]
          for place in 0..<places { sums[place] += weight * x[input * places + place] }
        }
        return sums
      }
    }
    for head in 0..<heads {
      let (q, k) = (product("query", head), product("key", head))
      weights.append(
        k.map { key in
          let scores = q.map { query in
            zip(key, query).reduce(0) { $0 + $1.0 * $1.1 } / Double(inputs).squareRoot()
          }
          let powers = scores.map { exp($0 - scores.max()!) }
          return powers.map { $0 / powers.reduce(0, +) }
        })
      values.append(product("value", head))
    }

    // The logit is w · LayerNorm(o) + b, with o the mean over heads of A v̄, v̄ the mean of V over places.
    let means = values.map { $0.map { $0.reduce(0, +) / Double(places) } }
    let o = (0..<outputs).map { output in
      (0..<heads).reduce(0) { sum, head in
        sum + zip(weights[head][output], means[head]).reduce(0) { $0 + $1.0 * $1.1 }
      } / Double(heads)
    }
    let (scale, w) = (parameter("norm.weight"), parameter("head.weight")[(target * outputs)..<((target + 1) * outputs)])
    let mean = o.reduce(0, +) / Double(outputs)
    let deviation = (o.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(outputs) + 1e-5).squareRoot()
    let normalised = o.map { ($0 - mean) / deviation }
    let u = zip(scale, w).map { $0 * $1 }
    let meanU = u.reduce(0, +) / Double(outputs)
    let meanUN = zip(u, normalised).reduce(0) { $0 + $1.0 * $1.1 } / Double(outputs)
    let slope = zip(u, normalised).map { ($0 - meanU - $1 * meanUN) / deviation }
    gradient = means.map { mean in slope.map { slope in mean.map { slope * $0 / Double(heads) } } }
  }

  /// (A + I)/2 of the one layer, A the mean over heads.
  var rollout: [[Double]] {
    var rollout = [[Double]](repeating: [Double](repeating: 0, count: outputs), count: outputs)
    for output in 0..<outputs {
      rollout[output][output] = 0.5
      for head in 0..<heads {
        for channel in 0..<outputs { rollout[output][channel] += weights[head][output][channel] / Double(2 * heads) }
      }
    }
    return rollout
  }

  /// max(0, A · ∂ target / ∂ A).
  var speaking: [[[Double]]] {
    var speaking = weights
    for head in 0..<heads {
      for output in 0..<outputs {
        for channel in 0..<outputs {
          speaking[head][output][channel] = max(0, weights[head][output][channel] * gradient[head][output][channel])
        }
      }
    }
    return speaking
  }

  /// [row][column]: the mean over heads of Σ received share · |V|, for the attention of each head or one of all.
  func places(_ attention: [[[Double]]]) -> [[Double]] {
    var map = [[Double]](repeating: [Double](repeating: 0, count: columns), count: rows)
    for head in 0..<heads {
      let own = attention[attention.count == 1 ? 0 : head]
      for channel in 0..<outputs {
        let received = own.reduce(0) { $0 + $1[channel] } / Double(outputs)
        for row in 0..<rows {
          for column in 0..<columns {
            map[row][column] += received * abs(values[head][channel][row * columns + column]) / Double(heads)
          }
        }
      }
    }
    return map
  }
}

@Suite("Attention methods beside their formulas")
struct AttentionMethodsTests {
  @Test(
    "Each is its definition, written out from the layer's parameters",
    arguments: ["attention", "attention-rollout", "attention-gradient"])
  func values(_ name: String) throws {
    let clip = makeSampledClip(.cnnatt)
    let written = WrittenOutAttention(clip, target: 2)
    let attention =
      switch name {
      case "attention": written.weights
      case "attention-rollout": [written.rollout]
      default: written.speaking
      }
    let map = written.places(attention)
    for space in [InputSpace.mfcc, .mel, .waveform] {
      let found = try AttributionMethods.make(name).attribute(clip, at: space, target: Target(2)).values
      #expect(relativeDistance(found, laid(map, over: clip, at: space)) < 1e-5, "\(space)")
    }
  }

  @Test("A model states that it has attention if one of its layers has", arguments: Architecture.allCases)
  func statement(_ architecture: Architecture) {
    let clip = Clip(makeSpeech(9_000), model: makeModel(architecture))
    #expect(architecture.kind.hasAttention == clip.layers.contains { $0.geometry == .channelAttention })
  }
}
