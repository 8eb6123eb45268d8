import Foundation
import Layers
import Models
import TestSupport
import Tensors
import Testing

@testable import Attributions

/// Attention methods on encoders of speech, beside their formulas, on the attention that transformers answers for the
/// fixtures' waveforms.
@Suite("Attention among frames beside its formulas")
struct TokenAttentionMethodsTests {
  private static let hop = 0.02, start = 0.0125

  /// The fixture's clip, and transformers' attention of each layer as [head][row][column].
  private static func stored(_ fixture: SpeechFixture) throws -> (clip: Clip, layers: [[[[Double]]]]) {
    let numbers = ReferenceNumbers("encoders/\(fixture.rawValue)/expected.safetensors")
    let waveform = try numbers.array("waveform").slice(axis: 0, 0..<1)
    let clip = Clip(waveform.floats, model: try fixture.model())
    var layers: [[[[Double]]]] = []
    while try numbers.contains("attentions.\(layers.count)") {
      let layer = try numbers.array("attentions.\(layers.count)")
      layers.append(
        (0..<layer.shape[1]).map { head in
          layer.slice(axis: 0, 0..<1).slice(axis: 1, head..<(head + 1)).rows
        })
    }
    return (clip, layers)
  }

  private static func overHeads(_ layer: [[[Double]]]) -> [[Double]] {
    layer[0].indices.map { row in
      layer[0].indices.map { column in layer.reduce(0) { $0 + $1[row][column] } / Double(layer.count) }
    }
  }

  /// Compares a method's values with a value a frame, at three inputs.
  private static func check(_ name: String, _ clip: Clip, _ expected: [Double], rule: String? = nil) throws {
    var options = MethodOptions()
    options[.rule] = rule
    for space in [InputSpace.waveform, .spectrogram, .mel] {
      let found = try AttributionMethods.make(name, options).attribute(clip, at: space, target: Target(1)).values
      let placed = laid(expected, hop: hop, start: start, over: clip, at: space)
      #expect(relativeDistance(found, placed) < 1e-4, "\(name) at \(space)")
    }
  }

  static let fixtures: [SpeechFixture] = [.hubertBase, .data2vec, .dense]

  @Test("Attention is the mean that a frame receives, over layers, heads and frames", arguments: fixtures)
  func received(_ fixture: SpeechFixture) throws {
    let (clip, layers) = try Self.stored(fixture)
    let means = layers.map { columnMeans(Self.overHeads($0)) }
    let expected = columnMeans(means)
    try Self.check("attention", clip, expected)
  }

  @Test("Rollout is the product through all layers, the first on the right", arguments: fixtures)
  func rollout(_ fixture: SpeechFixture) throws {
    let (clip, layers) = try Self.stored(fixture)
    let count = layers[0][0].count
    var rolled = (0..<count).map { row in (0..<count).map { row == $0 ? 1.0 : 0 } }
    for layer in layers {
      let mean = Self.overHeads(layer)
      let half = mean.indices.map { row in mean.indices.map { (mean[row][$0] + (row == $0 ? 1 : 0)) / 2 } }
      rolled = product(half, rolled)
    }
    try Self.check("attention-rollout", clip, columnMeans(rolled))
    let attention = try #require(TokenAttention(clip))
    #expect(attention.layers.count == layers.count && attention.modalities.map(\.columns) == [count])
    #expect(relativeDistance(attention.rollout, rolled.flatMap { $0 }) < 1e-4)
  }

  @Test("Attention times its gradient is added up through the layers", arguments: fixtures)
  func gradient(_ fixture: SpeechFixture) throws {
    let (clip, layers) = try Self.stored(fixture)
    let names = layers.indices.map { "encoder.layers.\($0).attention.weights" }
    let gradients = clip.outputs(of: names, target: Target(1)).gradients
    let count = layers[0][0].count
    // R ← R + Ā R from R = I on, and at the end without it.
    var rolled = (0..<count).map { row in (0..<count).map { row == $0 ? 1.0 : 0 } }
    for (layer, gradient) in zip(layers, gradients) {
      let raising = layer.indices.map { head in
        let slopes = gradient.slice(axis: 1, head..<(head + 1)).rows
        return layer[head].indices.map { row in
          layer[head].indices.map { max(0, layer[head][row][$0] * slopes[row][$0]) }
        }
      }
      let added = product(Self.overHeads(raising), rolled)
      rolled = rolled.indices.map { row in rolled.indices.map { rolled[row][$0] + added[row][$0] } }
    }
    let own = rolled.indices.map { row in rolled.indices.map { rolled[row][$0] - (row == $0 ? 1 : 0) } }
    try Self.check("attention-gradient", clip, columnMeans(own))
  }

  /// 1 − cos of each output (row) without each token's value (column) of HuBERT's post-norm layer, written out from its
  /// parameters and its input.
  private static func zeroed(_ clip: Clip, layer: Int) throws -> [[Double]] {
    let stored = Dictionary(
      uniqueKeysWithValues: clip.model.network.parameters.map { ($0.name, $0.value) })
    func parameter(_ name: String) -> Tensor { stored["hubert.encoder.layers.\(layer).\(name)"]! }
    func linear(_ x: Tensor, _ name: String) -> Tensor {
      x.matrixProduct(parameter("\(name).weight"), transposeOther: true) + parameter("\(name).bias")
    }
    func normed(_ x: Tensor, _ name: String) -> Tensor {
      x.standardized(epsilon: 1e-5) * parameter("\(name).weight") + parameter("\(name).bias")
    }
    let found = clip.outputs(
      of: ["encoder.layers.\(layer - 1)", "encoder.layers.\(layer).attention.weights"], target: Target(0)
    ).values
    let (x, weights) = (found[0], found[1])
    let (heads, tokens, features) = (weights.shape[1], x.shape[1], x.shape[2])
    let values = linear(x, "attention.v_proj")
    func output(without token: Int?) -> [[Double]] {
      var kept = [Float](repeating: 1, count: tokens)
      if let token { kept[token] = 0 }
      let own = (values * Tensor(kept, shape: [1, tokens, 1])).reshaped([1, tokens, heads, -1]).permuted([0, 2, 1, 3])
      let attended = weights.matrixProduct(own).permuted([0, 2, 1, 3]).reshaped([1, tokens, features])
      let middle = normed(x + linear(attended, "attention.out_proj"), "layer_norm")
      let wide = linear(middle, "feed_forward.intermediate_dense").gelu()
      return normed(middle + linear(wide, "feed_forward.output_dense"), "final_layer_norm").rows
    }
    let whole = output(without: nil)
    func cosine(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / (norm(a) * norm(b))
    }
    let columns = (0..<tokens).map { token in zip(whole, output(without: token)).map { 1 - cosine($0, $1) } }
    return (0..<tokens).map { row in columns.map { $0[row] } }
  }

  @Test("Value zeroing turns the outputs as the layer written out does")
  func valueZeroing() throws {
    let (clip, _) = try Self.stored(.hubertBase)
    guard case .tokens(_, let groups) = try AttentionMap.names(of: clip, for: "value-zeroing") else {
      Issue.record("no tokens")
      return
    }
    let layers = try ValueZeroing.distances(clip, among: groups)
    #expect(layers.count == 3)
    for layer in [1, 2] {
      let expected = try Self.zeroed(clip, layer: layer)
      #expect(relativeDistance(layers[layer], expected.flatMap { $0 }) < 1e-3, "layer \(layer)")
    }
    let normed = layers.map { layer in
      layer.rows.map { row in row.map { $0 / row.reduce(0, +) } }
    }
    try Self.check("value-zeroing", clip, columnMeans(product(normed[2], product(normed[1], normed[0]))))
    try Self.check("value-zeroing", clip, columnMeans(normed[2]), rule: "last")
    try Self.check("value-zeroing", clip, columnMeans(normed.map(columnMeans)), rule: "mean")
  }

  @Test("A frame whose value is zeroed alone changes nothing of the pass behind it", arguments: SpeechFixture.allCases)
  func unchanged(_ fixture: SpeechFixture) throws {
    let clip = Clip(makeSpeech(fixture == .wavLM ? 1_000 : 12_000), model: try fixture.model())
    let found = try ValueZeroing().attribute(clip, at: .waveform, target: Target(0)).values
    #expect(found.isFinite && found.floats.allSatisfy { $0 >= 0 })
    // A rollout of rows that sum to one has means that sum to one over the frames.
    guard case .tokens(_, let groups) = try AttentionMap.names(of: clip, for: "value-zeroing") else { return }
    for layer in try ValueZeroing.distances(clip, among: groups) {
      #expect(layer.sum(axes: [1]).floats.allSatisfy { $0 > 0 })
    }
  }

  @Test("Channels have no values in time to zero")
  func channels() throws {
    let clip = Clip(makeSpeech(16_000), model: makeModel(.cnnatt))
    let error = #expect(throws: MethodError.self) {
      try ValueZeroing().attribute(clip, at: .mel, target: Target(0))
    }
    #expect("\(try #require(error))".contains("CNNATT attends to channels"))
  }
}
