import Basics
import Foundation
import Layers
import Ranks
import Tensors
import TestSupport
import Testing

@testable import Encoders

/// What encoders do in training only, against transformers: Tests/Fixtures/encoder-training.py writes the numbers.
@Suite("Encoders in training")
struct TrainingTests {
  private struct Numbers: Decodable {
    struct Masks: Decodable {
      let clips: [Int]
      let size, length, least: Int
      let share: Float
      let mean, deviation: [Double]
      let counts, starts: [[Double]]
      let countsAgree: Double
    }
    struct Positions: Decodable {
      let output, gradient: [Double]
      let weights, statistics: [String: [Double]]
    }
    let masks: [Masks]
    let layerDrop: [String: [Double]]
    let positions: Positions

    static func read() throws -> Numbers {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(
        Numbers.self, from: Data(contentsOf: Checkout.fixture("encoder-training.json")))
    }
  }

  private static let draws = 2000

  /// Whether two shares, of so many each, differ by less than 4.5 standard errors: chance exceeds that once in 150,000.
  private func agree(_ found: Double, _ expected: Double, of counts: Double...) -> Bool {
    let mean = (found + expected) / 2
    let error = (mean * (1 - mean) * counts.reduce(0) { $0 + 1 / $1 }).squareRoot()
    return abs(found - expected) <= 4.5 * error + 1e-9
  }

  @Test("Masked shares, numbers of spans and where they start are distributed as in transformers", arguments: 0..<4)
  func masks(row: Int) throws {
    let expected = try Numbers.read().masks[row]
    let spans = MaskSpans(share: expected.share, length: expected.length, least: expected.least)
    var generator = SeededGenerator(seed: 7)
    var alike = 0
    var (shares, counts) = (expected.clips.map { _ in [Double]() }, expected.clips.map { _ in [Int]() })
    var starts = expected.clips.map { _ in [Int](repeating: 0, count: 8) }
    for _ in 0..<Self.draws {
      // The mask is that of the starts: the generator's copy draws the same ones.
      var copy = generator
      let mask = spans.mask(expected.clips, of: expected.size, using: &copy).floats
      let drawn = spans.starts(in: expected.clips, of: expected.size, using: &generator)
      for (clip, own) in drawn.enumerated() {
        let row = mask[(clip * expected.size)..<((clip + 1) * expected.size)]
        let hidden = Set(own.flatMap { $0..<($0 + expected.length) })
        #expect(row.enumerated().allSatisfy { ($1 == 1) == hidden.contains($0) })
        #expect(Set(own).count == own.count && hidden.allSatisfy { $0 < expected.clips[clip] })
        shares[clip].append(Double(hidden.count) / Double(expected.clips[clip]))
        counts[clip].append(own.count)
        for start in own { starts[clip][start * 8 / (expected.clips[clip] - expected.length + 1)] += 1 }
      }
      let numbers = zip(expected.clips, drawn).filter { $0.0 == expected.clips[0] }.map(\.1.count)
      alike += Set(numbers).count == 1 ? 1 : 0
    }
    for clip in expected.clips.indices {
      let mean = shares[clip].reduce(0, +) / Double(Self.draws)
      let error = expected.deviation[clip] * (2 / Double(Self.draws)).squareRoot()
      #expect(abs(mean - expected.mean[clip]) <= 4.5 * error + 1e-9, "clip \(clip): \(mean)")
      let total = Double(starts[clip].reduce(0, +))
      for eighth in 0..<8 where total > 0 {
        let found = Double(starts[clip][eighth]) / total
        #expect(agree(found, expected.starts[clip][eighth], of: total, total), "clip \(clip), eighth \(eighth)")
      }
      for (number, share) in expected.counts[clip].enumerated() {
        let found = Double(counts[clip].count { $0 == number }) / Double(Self.draws)
        #expect(agree(found, share, of: Double(Self.draws), Double(Self.draws)), "clip \(clip), \(number) spans")
      }
    }
    #expect(Double(alike) / Double(Self.draws) == expected.countsAgree)
  }

  @Test("HuBERT's masks lie in the filling too, the others' in the clips only")
  func filling() throws {
    for family in SpeechEncoderConfiguration.Family.allCases {
      var sizes = SpeechEncoderConfiguration(family)
      (sizes.hiddenSize, sizes.masking.timeShare) = (4, 0.5)
      let masking = try #require(try SpecAugment(sizes, from: .drawn(seed: 1)))
      let (x, mask) = (Tensor.zeros([1, 200, 4]), StepMask(lengths: [60], steps: 200))
      let hidden = masking(x, mask, ForwardPass(.training, seed: 2)).squared().sum(axes: [2]).floats.map { $0 > 0 }
      #expect(hidden.prefix(60).contains(true))
      #expect(hidden.dropFirst(60).contains(true) == (family == .hubert), "\(family)")
    }
  }

  @Test("Layers are left out as often as in transformers, and WavLM's first never", arguments: ["hubert", "wavlm"])
  func layerDrop(name: String) throws {
    let expected = try #require(try Numbers.read().layerDrop[name])
    var sizes = small(try #require(SpeechEncoderConfiguration.Family(rawValue: name)))
    (sizes.layerCount, sizes.layerDrop, sizes.masking.isApplied) = (3, 0.3, false)
    let encoder = try SpeechEncoder(sizes, from: .drawn(seed: 3))
    var left = [Double](repeating: 0, count: 3)
    for seed in 0..<Self.draws {
      let states = encoder.run(.ones([1, 2, 16]), from: 0, mask: nil, ForwardPass(.training, seed: UInt64(seed))).all
      for layer in 0..<3 where states[layer].floats == states[layer + 1].floats { left[layer] += 1 }
    }
    for (found, share) in zip(left, expected) {
      #expect(agree(found / Double(Self.draws), share, of: Double(Self.draws), Double(Self.draws)), "\(left)")
    }
  }

  @Test(
    "A batch norm before the positions uses the batch's statistics and moves the running ones, as transformers does")
  func batchNorm() throws {
    let expected = try Numbers.read().positions
    var sizes = SpeechEncoderConfiguration(.hubert)
    (sizes.hiddenSize, sizes.positions, sizes.positionGroups, sizes.positionsHaveBatchNorm) = (8, 5, 2, true)
    let layer = try sizes.makePositions(from: .drawn(seed: 0))
    for (seed, parameter) in layer.weights.sorted(by: { $0.name < $1.name }).enumerated() {
      parameter.value = sampled(parameter.shape, UInt64(seed))
    }
    _ = layer(sampled([3, 6, 8], 10), ForwardPass(.training))
    let x = (2 * sampled([3, 6, 8], 11) + 1).variable()
    let pass = ForwardPass(.training, learning: layer.weights)
    let y = layer(x, pass)
    #expect(relativeDistance(y, expected.output) < 1e-5)
    let found = gradients(of: y, weight: sampled([3, 6, 8], 12), at: [x] + layer.weights.map { pass($0) })
    #expect(relativeDistance(found[0], expected.gradient) < 1e-5)
    for (parameter, gradient) in zip(layer.weights, found.dropFirst()) {
      #expect(relativeDistance(gradient, try #require(expected.weights[parameter.name])) < 1e-5, "\(parameter.name)")
    }
    for parameter in layer.parameters where parameter.role != .weight {
      #expect(
        relativeDistance(parameter.value, try #require(expected.statistics[parameter.name])) < 1e-6, "\(parameter.name)"
      )
    }
  }

  @Test("Over several ranks the batch norm is that of the whole batch", arguments: [2, 3])
  func sharedBatchNorm(ranks: Int) throws {
    /// The output, the gradient at the input, the statistics, and this rank's part of the weights' gradients.
    @Sendable func found(_ ranks: any RankGroup) throws -> (whole: [[Float]], weights: [[Float]]) {
      var sizes = SpeechEncoderConfiguration(.hubert)
      (sizes.hiddenSize, sizes.positions, sizes.positionGroups, sizes.positionsHaveBatchNorm) = (8, 5, 2, true)
      let layer = try sizes.makePositions(from: .drawn(seed: 0))
      let share = BatchShare(of: 5, among: ranks)
      let whole = 2 * sampled([5, 6, 8], 11) + 1
      let x = (share.map { whole.slice(axis: 0, $0.rows) } ?? whole).variable()
      let pass = ForwardPass(.training, learning: layer.weights, share: share)
      let y = layer(x, pass)
      let all = share.map { y.gathered($0) } ?? y
      let slopes = gradients(of: all, weight: sampled([5, 6, 8], 12), at: [x] + layer.weights.map { pass($0) })
      let slope = share.map { slopes[0].gathered($0) } ?? slopes[0]
      let statistics = layer.parameters.filter { $0.role != .weight }.map(\.value.floats)
      return ([all.floats, slope.floats] + statistics, slopes.dropFirst().map(\.floats))
    }
    let (alone, parts) = (try found(SingleRank()), try onRanks(ranks, found))
    for part in parts {
      for (own, expected) in zip(part.whole, alone.whole) { #expect(relativeDistance(own, expected) < 1e-4) }
    }
    for (index, expected) in alone.weights.enumerated() {
      let sum = expected.indices.map { place in parts.reduce(Float(0)) { $0 + $1.weights[index][place] } }
      #expect(relativeDistance(sum, expected) < 1e-4, "weight \(index)")
    }
  }

  /// An encoder of 16 features whose steps are 20 ms.
  private func small(_ family: SpeechEncoderConfiguration.Family) -> SpeechEncoderConfiguration {
    var sizes = SpeechEncoderConfiguration(family)
    (sizes.hiddenSize, sizes.layerCount, sizes.headCount, sizes.intermediateSize) = (16, 4, 2, 24)
    (sizes.convolutionWidths, sizes.positionGroups) = (Array(repeating: 8, count: 7), 4)
    if family != .data2vec { sizes.positions = 8 }
    return sizes
  }

  @Test(
    "Layers that are computed again have the same output and gradients to the bit, with dropout and layer drop",
    arguments: SpeechEncoderConfiguration.Family.allCases, [false, true])
  func recomputed(family: SpeechEncoderConfiguration.Family, isPreNorm: Bool) throws {
    var sizes = small(family)
    (sizes.isPreNorm, sizes.layerDrop) = (isPreNorm, 0.4)
    let encoder = try SpeechEncoder(sizes, from: .drawn(seed: 3))
    // Only some weights learn, and gradients at the input too.
    let learned = encoder.weights.filter { !$0.name.contains("feature_extractor") && !$0.name.hasSuffix("k_proj.bias") }
    func results(recomputes: Bool) -> [[Float]] {
      let pass = ForwardPass(.training, learning: learned, seed: 11, recomputes: recomputes)
      let waveform = sampled([2, 9000], 4).variable()
      let states = encoder(waveform, lengths: [9000, 7000], pass)
      // A score of all states, whose gradients meet those of the layers.
      let score = states.all.dropFirst().reduce(states.all[0].squared()) { $0 + $1.squared() }.sum()
      let found = gradients(of: score, at: [waveform] + learned.map { pass($0) })
      return [states.last.floats, [Float(pass.drawn { $0.uniform() })]] + found.map(\.floats)
    }
    let (kept, again) = (results(recomputes: false), results(recomputes: true))
    #expect(kept == again)
    #expect(kept.contains { $0.contains { $0 != 0 } } && kept.joined().allSatisfy(\.isFinite))
  }

  @Test("ConvNeXt's blocks likewise")
  func recomputedBlocks() throws {
    let network = try ConvNeXt(ConvNeXtConfiguration(widths: [4, 8], depths: [2, 3]), from: .drawn(seed: 3))
    func results(recomputes: Bool) -> [[Float]] {
      let pass = ForwardPass(.training, learning: network.weights, recomputes: recomputes)
      let image = sampled([2, 3, 16, 24], 4).variable()
      let last = network(image, pass).last!
      return [last.floats]
        + gradients(of: last.squared().sum(), at: [image] + network.weights.map { pass($0) }).map(\.floats)
    }
    #expect(results(recomputes: false) == results(recomputes: true))
  }

  @Test("What lies below the last layers is all but these, and the stage is the one before the first that learns")
  func frozenParts() throws {
    for (family, isPreNorm) in [(SpeechEncoderConfiguration.Family.hubert, true), (.wavLM, false)] {
      var sizes = small(family)
      sizes.isPreNorm = isPreNorm
      let encoder = try SpeechEncoder(sizes, from: .drawn(seed: 3))
      for (count, stage) in [(0, EncoderStage.pooled), (1, .layer(3)), (4, .layer(0))] {
        let frozen = Set(encoder.parameters(belowLast: count).map(\.name))
        let learned = encoder.parameters.map(\.name).filter { !frozen.contains($0) }
        let layers = (0..<4).filter { index in learned.contains { $0.hasPrefix("encoder.layers.\(index).") } }
        #expect(layers == Array((4 - count)..<4))
        #expect(learned.contains("encoder.layer_norm.weight") == (isPreNorm && count > 0))
        #expect(learned.allSatisfy { $0.hasPrefix("encoder.layers.") || $0.hasPrefix("encoder.layer_norm.") })
        #expect(encoder.frozenStage { learned.contains($0.name) } == stage)
      }
      #expect(encoder.frozenStage { $0.name == "masked_spec_embed" } == .projected)
      #expect(encoder.frozenStage { $0.name == "feature_projection.projection.bias" } == nil)
    }
    let network = try ConvNeXt(ConvNeXtConfiguration(widths: [4, 8], depths: [2, 3]), from: .drawn(seed: 3))
    func learned(_ count: Int) -> Set<String> {
      let frozen = Set(network.parameters(belowLast: count).map(\.name))
      return Set(network.parameters.map(\.name).filter { !frozen.contains($0) }.map { String($0.prefix(25)) })
    }
    #expect(learned(0).isEmpty)
    #expect(learned(1).contains("encoder.stages.1.layers.2") && !learned(1).contains("encoder.stages.1.layers.1"))
    #expect(learned(3).contains("encoder.stages.1.downsamp") && !learned(3).contains("encoder.stages.0.layers.1"))
    #expect(learned(9).contains("encoder.stages.0.layers.0") && !learned(9).contains { $0.hasPrefix("embeddings") })
  }
}
