import AudioFeatures
import AudioFiles
import Basics
import Foundation
import Models
import Tensors
import TestSupport
import Testing

@testable import Attributions

@Suite("Models beside each other")
struct ComparisonTests {
  private struct Fixture: Decodable {
    let rows, columns: Int
    let first, second: [Float]
    let signed, unsigned: [Agreement.Measure: Double]
  }

  @Test("Agreement is SciPy's and scikit-image's", arguments: [true, false])
  func agreement(isSigned: Bool) throws {
    let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: Checkout.fixture("agreement.json")))
    let found = Agreement(
      fixture.first, fixture.second, rows: fixture.rows, columns: fixture.columns, isSigned: isSigned)
    for (measure, expected) in isSigned ? fixture.signed : fixture.unsigned {
      #expect(abs(try #require(found.values[measure]) - expected) < 1e-6, "\(measure)")
    }
  }

  @Test("A map agrees with itself wholly, and what is zero agrees with nothing")
  func extremes() {
    let map = (0..<200).map { Float(sin(Double($0) * 0.7)) }
    let same = Agreement(map, map, rows: 10, columns: 20, isSigned: true)
    #expect(Agreement.Measure.allCases.allSatisfy { abs((same.values[$0] ?? 0) - 1) < 1e-9 })
    let opposite = Agreement(map, map.map { -$0 }, rows: 10, columns: 20, isSigned: true)
    #expect(abs((opposite.values[.cosine] ?? 0) + 1) < 1e-9)
    let none = Agreement(map, [Float](repeating: 0, count: 200), rows: 10, columns: 20, isSigned: true)
    #expect(none.values.isEmpty)
    // A grid that is smaller than a window.
    let small = Agreement([1, 2, 3], [1, 2, 4], rows: 1, columns: 3, isSigned: false)
    #expect((small.values[.similarity] ?? 0) > 0.9)
  }

  @Test("Models of other input lengths are laid on one grid, as long as what one of them uses", arguments: [2.0, 6.5])
  func lengths(seconds: Double) throws {
    let models = [makeModel(.cnnatt), makeModel(.fcmfcc)]
    let comparer = try ModelComparer(models, method: Saliency(), space: .mel)
    let samples = makeSpeech(Int(seconds * 16_000))
    let clip = try comparer.compare(comparer.clips(of: AudioClip(samples: samples, sampleRate: 16_000)), path: "clip")
    #expect(clip.duration == seconds && clip.sharedDuration == min(seconds, 5))
    #expect(clip.place.stretch.upperBound == seconds)
    #expect(clip.frames == Int(seconds / 0.016 + 0.5) + 1 && clip.mels == 128)
    #expect(clip.seen == [0..<clip.frames, 0..<min(313, clip.frames)])
    for (index, model) in models.enumerated() {
      let alone = try Explainer(model: model, method: Saliency(), spaces: [.mel]).explain(samples, path: "clip")
      let own = alone.inputs[0].attribution.slice(axis: 1, clip.seen[index]).floats
      #expect(clip.maps[index] == own)
      #expect(clip.relativeMap(index).allSatisfy { (0...1).contains($0) } && clip.relativeMap(index).contains(1))
    }
    let agreement = clip.agreement(0, 1).values
    #expect(agreement.count == 4 && (agreement[.spearman] ?? 1) < 0.9)
  }

  @Test("Models that trim differently lie on the file's seconds, and agree over what both use")
  func trimmings() throws {
    var configuration = ModelConfiguration(architecture: .cnnatt)
    configuration.trimming = .off
    let models = [makeModel(.cnnatt), TrainedModel(untrained: configuration, seed: 2)]
    let silence = [Float](repeating: 0, count: 8_192)
    let file = AudioClip(samples: silence + makeSpeech(16_000) + silence, sampleRate: 16_000)
    let speech = Trimming.standard.range(of: file.samples)
    let comparer = try ModelComparer(models, method: Saliency(), space: .mel)
    let clip = try comparer.compare(comparer.clips(of: file), path: "clip")
    #expect(clip.place.speech == 0..<file.duration && abs(clip.sharedDuration - Double(speech.count) / 16_000) < 1e-9)
    #expect(clip.seen[1] == 0..<clip.frames)
    #expect(speech.lowerBound > 4_000 && clip.seen[0].lowerBound == speech.lowerBound / 256)
    for (index, samples) in [Array(file.samples[speech]), file.samples].enumerated() {
      let alone = try Explainer(model: models[index], method: Saliency(), spaces: [.mel]).explain(samples, path: "clip")
      let own = alone.inputs[0].attribution.slice(axis: 1, 0..<clip.seen[index].count)
      #expect(clip.maps[index] == own.floats)
      // On the grid it is where it was, and nothing beside it.
      let grid = Tensor(clip.relativeMap(index), shape: [128, clip.frames])
      let parts = [0..<clip.seen[index].lowerBound, clip.seen[index], clip.seen[index].upperBound..<clip.frames]
        .map { grid.slice(axis: 1, $0).absolute().sum().scalar }
      #expect(parts[0] == 0 && parts[1] > 0 && parts[2] == 0)
    }
    let whole = Tensor(clip.maps[1], shape: [128, clip.frames]).slice(axis: 1, clip.seen[0]).floats
    let expected = Agreement(clip.maps[0], whole, rows: 128, columns: clip.seen[0].count, isSigned: false)
    #expect(clip.agreement(0, 1).values == expected.values && expected.values.count == 4)
  }

  @Test("Models that use nothing in common agree in nothing")
  func apart() throws {
    var configuration = ModelConfiguration(architecture: .fcmfcc)
    configuration.trimming = .off
    // Five seconds of the file, and what is loud of it, which comes later.
    let models = [TrainedModel(untrained: configuration, seed: 2), makeModel(.cnnatt)]
    let quiet = makeSpeech(96_000).map { $0 / 1_000 }
    let file = AudioClip(samples: quiet + makeSpeech(16_000), sampleRate: 16_000)
    let comparer = try ModelComparer(models, method: Saliency(), space: .mel)
    let clip = try comparer.compare(comparer.clips(of: file), path: "clip")
    #expect(clip.sharedDuration == 0 && clip.agreement(0, 1).values.isEmpty && clip.agreement(1, 0).values.isEmpty)
    #expect(clip.seen[0].upperBound <= clip.seen[1].lowerBound)
  }

  @Test("What is found on the waveform is laid on the mel's grid too")
  func waveform() throws {
    let comparer = try ModelComparer(
      [makeModel(.cnnatt), makeModel(.cnnatt, seed: 2)], method: InputXGradient(), space: .waveform)
    let clip = try comparer.compare(
      comparer.clips(of: AudioClip(samples: makeSpeech(16_000), sampleRate: 16_000)), path: "clip"
    ) { _ in 3 }
    #expect(clip.maps.allSatisfy { $0.count == 128 * clip.frames } && clip.explanations[1].target == Target(3))
    #expect(clip.maps.count == 2 && clip.explanations.count == 2)
    for (map, explanation) in zip(clip.maps, clip.explanations) {
      let (sum, expected) = (Double(map.reduce(0, +)), Double(explanation.inputs[0].attribution.sum().scalar))
      let size = Double(explanation.inputs[0].attribution.absolute().sum().scalar)
      #expect(abs(sum - expected) < 1e-3 * size)
    }
  }

  @Test("One model, and models of other front-ends, are refused")
  func refusals() {
    let model = makeModel(.cnnatt)
    #expect(throws: ComparisonError.oneModel) { try ModelComparer([model], method: Saliency(), space: .mel) }
    var other = ModelConfiguration(architecture: .cnnatt)
    other.frontEnd.mels = 64
    let different = TrainedModel(untrained: other, seed: 1)
    #expect(throws: ComparisonError.frontEnds("cnnatt", "cnnatt")) {
      try ModelComparer([model, different], method: Saliency(), space: .mel)
    }
  }

  @Test("Each pair has its mean over clips in both places of the matrix, and none with itself")
  func summary() throws {
    let maps: [[Float]] = [[1, 2, 3, 4], [1, 2, 3, 4], [4, 3, 2, 1]]
    let clip = AgreementSummary.pairs(3).map { first, second in
      Agreement(maps[first], maps[second], rows: 2, columns: 2, isSigned: false)
    }
    let summary = AgreementSummary(
      models: ["a", "b", "c"], clips: [clip, clip], speakers: [nil, nil], disagreements: 1, seed: 0)
    let matrix = try #require(summary.estimates[.spearman])
    for (first, second, expected) in [(0, 1, 1.0), (1, 0, 1), (0, 2, -1), (2, 1, -1)] {
      #expect(abs(try #require(matrix[first][second]).mean - expected) < 1e-9)
    }
    #expect(matrix[2][2] == nil)
    #expect(matrix[1][2]?.clips == 2 && summary.clips == 2)

    // Of two speakers, one always agrees and the other never: clips alone would make it look certain.
    let pairs = [0, 2].map { [Agreement(maps[0], maps[$0], rows: 2, columns: 2, isSigned: false)] }
    let clips = (0..<20).map { pairs[$0 % 2] }
    func estimate(_ speakers: [String?]) throws -> Estimate {
      let summary = AgreementSummary(
        models: ["a", "b"], clips: clips, speakers: speakers, disagreements: 0, seed: 0)
      return try #require(summary.estimates[.spearman]?[0][1])
    }
    let (byClip, bySpeaker) = (
      try estimate(Array(repeating: nil, count: 20)), try estimate((0..<20).map { "\($0 % 2)" })
    )
    #expect(try bySpeaker.speakers == 2 && #require(bySpeaker.low) < -0.99 && #require(bySpeaker.high) > 0.99)
    #expect(try byClip.speakers == nil && #require(byClip.low) > -0.7 && #require(byClip.high) < 0.7)
  }
}
