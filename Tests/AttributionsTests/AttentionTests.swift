import Basics
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Attributions

@Suite("Attention as it is")
struct AttentionTests {
  @Test("CNNATT's heads: rows sum to one, and the places are derivatives of what a head passes on")
  func channelHeads() throws {
    let clip = Clip(makeSpeech(16_000), model: makeModel(.cnnatt))
    let heads = try #require(ChannelHeads(clip))
    #expect(heads.weights.shape == [3, 128, 128] && heads.places.count == 3)
    #expect(heads.weights.sum(axes: [2]).floats.allSatisfy { abs($0 - 1) < 1e-5 })

    /// Σₒ |what the head says on output o|, by the report's formula, of the clip with another mel.
    func strength(_ head: Int, _ mel: Tensor) -> Double {
      let (found, _) = clip.outputs(of: ["attention.weights", "attention.values"], mel, at: .mel, target: Target(0))
      let (weights, values) = (found[0].floats.map(Double.init), found[1].floats.map(Double.init))
      let (outputs, positions) = (128, found[1].shape[3])
      let means = (0..<outputs).map { channel in
        let start = (head * outputs + channel) * positions
        return values[start..<(start + positions)].reduce(0, +) / Double(positions)
      }
      return (0..<outputs).reduce(0) { sum, output in
        let start = (head * outputs + output) * outputs
        return sum + abs((0..<outputs).reduce(0) { $0 + weights[start + $1] * means[$1] })
      }
    }
    for head in 0..<3 {
      let places = heads.places[head].floats
      let strongest = try #require(places.indices.max { places[$0] < places[$1] })
      func moved(_ step: Float) -> Tensor {
        var floats = clip.mel.floats
        floats[strongest] += step
        return Tensor(floats, shape: clip.mel.shape)
      }
      let slope = (strength(head, moved(0.05)) - strength(head, moved(-0.05))) / 0.1
      #expect(abs(abs(slope) - Double(places[strongest])) < 0.03 * abs(slope), "head \(head)")
    }
    #expect(ChannelHeads(Clip(makeSpeech(16_000), model: makeModel(.fcmfcc))) == nil)
  }

  /// Rows that sum to one, by a seed.
  static func made(heads: Int, tokens: Int, seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    let logits = Tensor(
      (0..<heads * tokens * tokens).map { _ in Float(generator.normal()) }, shape: [heads, tokens, tokens])
    return logits.softmax()
  }

  @Test("Rollout through HuBERT's 12 layers of 12 heads on 249 frames is the product written out")
  func rollout() throws {
    let layers = (0..<12).map { Self.made(heads: 12, tokens: 249, seed: UInt64($0)) }
    let attention = try TokenAttention(
      layers, modalities: [.init("frames", columns: 249, hop: 0.02, start: 0.0125)])
    let rolled = attention.rollout
    #expect(rolled.shape == [249, 249] && rolled.sum(axes: [1]).floats.allSatisfy { abs($0 - 1) < 1e-4 })
    // One output token by hand: a row vector through the layers from the last to the first.
    var row = [Double](repeating: 0, count: 249)
    row[100] = 1
    for layer in layers.reversed() {
      let mean = layer.mean(axes: [0]).floats
      row = row.indices.map { to in
        0.5 * row[to] + 0.5 * row.indices.reduce(0) { $0 + row[$1] * Double(mean[$1 * 249 + to]) }
      }
    }
    let found = rolled.floats[(100 * 249)..<(101 * 249)]
    #expect(largestDifference(found.map(Double.init), row) < 1e-6)
  }

  /// MMFUSION's 598 positions: a 4 × 9 spectrogram, the MFCC's 313 frames, HuBERT's 249.
  static let fusion: [TokenAttention.Modality] = [
    .init("spectrogram", rows: 4, columns: 9, hop: 5.0 / 9, start: 2.5 / 9),
    .init("MFCC", columns: 313, hop: 0.016, start: 0),
    .init("waveform", columns: 249, hop: 0.02, start: 0.0125),
  ]

  @Test("In MMFUSION's sequence each modality's share is what its positions get of those that give")
  func modalities() throws {
    // Positions of the spectrogram give 0.7 to one MFCC frame and the rest to themselves evenly; MFCC frames give all to the
    // waveform's frame 100; the waveform's give evenly to all.
    var values = [Float](repeating: 0, count: 598 * 598)
    for row in 0..<36 {
      for column in 0..<36 { values[row * 598 + column] = 0.3 / 36 }
      values[row * 598 + 36 + 50] = 0.7
    }
    for row in 36..<349 { values[row * 598 + 349 + 100] = 1 }
    for row in 349..<598 { for column in 0..<598 { values[row * 598 + column] = 1 / 598 } }
    let layer = Tensor(values + values + values, shape: [3, 598, 598])
    let attention = try TokenAttention([layer, layer], modalities: Self.fusion)
    let shares = attention.shares
    #expect(shares.count == 2 && shares[0].count == 3)
    let expected: [Double] = [0.3, 0.7, 0, 0, 0, 1, 36.0 / 598, 313.0 / 598, 249.0 / 598]
    #expect(largestDifference(shares[1][2].flatMap { $0 }, expected) < 1e-5)

    // On the clip's axis: the MFCC frame at 0.8 s, the waveform's frame at 2.0125 s.
    let head = TokenAttention.head(0, of: layer)
    let mfcc = attention.received(head, by: 1, frames: 313, hop: 0.016)
    #expect(mfcc.indices.max { mfcc[$0] < mfcc[$1] } == 50)
    let waveform = attention.received(head, by: 2, frames: 313, hop: 0.016)
    #expect(waveform.indices.max { waveform[$0] < waveform[$1] } == 126)  // 2.016 s
    let spectrogram = attention.received(head, by: 0, frames: 313, hop: 0.016)
    #expect(spectrogram.count == 4 * 313)
  }

  @Test("Attention of another shape, that is not finite, whose rows do not sum to one, or of nothing is refused")
  func refusals() {
    let frames = [TokenAttention.Modality("frames", columns: 4, hop: 0.02, start: 0)]
    #expect(throws: AttentionError.empty) { try TokenAttention([], modalities: frames) }
    #expect(throws: AttentionError.shape(layer: 1, tokens: 4, found: [2, 5, 5])) {
      try TokenAttention([Self.made(heads: 2, tokens: 5, seed: 1)], modalities: frames)
    }
    let good = Self.made(heads: 2, tokens: 4, seed: 1)
    #expect(throws: AttentionError.rows(layer: 2)) { try TokenAttention([good, good * 2], modalities: frames) }
    #expect(throws: AttentionError.rows(layer: 1)) { try TokenAttention([good * .nan], modalities: frames) }
  }
}
