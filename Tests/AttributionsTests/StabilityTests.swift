import AudioFeatures
import AudioFiles
import Basics
import Foundation
import Models
import TestSupport
import Testing

@testable import Attributions

@Suite("Stability")
struct StabilityTests {
  private func clip(_ samples: [Float]) -> AudioClip { AudioClip(samples: samples, sampleRate: 16_000) }

  /// A voice with equally strong harmonics up to 4 kHz, so that no filter that turns the phase of some moves the whole.
  private var evenVoice: AudioClip {
    var generator = SeededGenerator(seed: 1)
    var phase = 0.0
    return clip(
      (0..<24_000).map { place in
        let time = Double(place) / 16_000
        phase += 2 * .pi * 150 * (1 + 0.25 * sin(2 * .pi * 1.3 * time) + 0.2 * time) / 16_000
        let voice = (1...24).reduce(0.0) { $0 + cos(Double($1) * phase + Double($1 * $1)) }
        return Float(0.03 * abs(sin(5.3 * time + time * time)) * voice + 0.002 * generator.normal())
      })
  }

  @Test(
    "A disturbance changes a sound, and leaves it as long as it was and where it was", arguments: Disturbance.allCases)
  func alignment(_ disturbance: Disturbance) {
    let sound = evenVoice
    var generator = SeededGenerator(seed: 2)
    let found = disturbance.applied(to: sound, using: &generator)
    #expect(found.samples.count == sound.samples.count && found.sampleRate == 16_000)
    #expect(found.samples != sound.samples)
    // Where, in samples, the one lies in the other: the largest of Σ a[i] b[i + lag].
    let products = (-200...200).map { lag in
      (lag, (2_000..<22_000).reduce(0.0) { $0 + Double(sound.samples[$1] * found.samples[$1 + lag]) })
    }
    let lag = products.max { $0.1 < $1.1 }!.0
    #expect(abs(lag) <= 4, "\(disturbance): \(lag)")
  }

  @Test("Of an unchanged sound all stays", arguments: [InputSpace.mel, .waveform])
  func unchanged(_ space: InputSpace) throws {
    let examiner = StabilityExaminer(model: makeModel(.cnnatt), methods: [Saliency(), InputXGradient()], space: space)
    let sound = clip(makeSpeech(16_000))
    let found = try examiner.examine(sound, disturbed: [sound], path: "a.wav") { _ in nil }
    #expect(found.another == nil && found.disturbed.count == 1)
    let own = found.disturbed[0]
    #expect(own.predicted == found.predicted && own.change == 0 && own.methods.count == 4)
    for method in own.methods {
      let method = try #require(method)
      #expect(abs(method.correlation - 1) < 1e-9 && method.overlap == 1)
    }
  }

  @Test("A disturbed sound is cut where the sound is, whatever has become loud beside it")
  func cut() throws {
    let model = makeModel(.cnnatt)
    let quiet = [Float](repeating: 0, count: 8_192)
    let samples = quiet + makeSpeech(16_000) + quiet
    let cut = model.configuration.trimming.range(of: samples)
    let noisy = samples.enumerated().map { place, sample in
      cut.contains(place) ? sample : Float(0.3 * sin(Double(place)))
    }
    #expect(cut.count < 20_000 && model.configuration.trimming.range(of: noisy) != cut)
    let examiner = StabilityExaminer(model: model, methods: [Saliency()], space: .mel)
    let found = try examiner.examine(clip(samples), disturbed: [clip(noisy)], path: "a.wav") { _ in nil }
    #expect(found.disturbed[0].change == 0)
    #expect(found.disturbed[0].methods.allSatisfy { abs(($0?.correlation ?? 0) - 1) < 1e-9 })
  }

  @Test("A gain changes nothing of a model that normalises the waveform")
  func gain() throws {
    let fixture = SpeechFixture.hubertLarge
    let examiner = StabilityExaminer(model: try fixture.model(), methods: [Saliency()], space: .waveform)
    let sound = clip(makeSpeech(fixture.samples))
    var generator = SeededGenerator(seed: 1)
    let quiet = Disturbance.gain.applied(to: sound, using: &generator)
    #expect(abs(10 * log10(quiet.samples.power / sound.samples.power) + 12) < 1e-3)
    let found = try examiner.examine(sound, disturbed: [quiet], path: "a.wav") { _ in nil }.disturbed[0]
    #expect(abs(found.change) < 1e-3)
    // Saliency, then loudness; random numbers follow the bits of the logits.
    #expect(found.methods[..<2].allSatisfy { ($0?.correlation ?? 0) > 0.99 }, "\(found.methods)")
  }

  @Test("The more noise, the less of a smooth explanation stays")
  func noise() throws {
    let examiner = StabilityExaminer(model: CueModel.model(), methods: [Gradient()], space: .spectrogram)
    let sound = clip(makeSpeech(24_000))
    let noisy = [30.0, 10, -10].map { decibels in
      var generator = SeededGenerator(seed: 5)
      return clip(SoundEdits([.noise: decibels]).applied(to: sound.samples, sampleRate: 16_000, using: &generator))
    }
    let found = try examiner.examine(sound, disturbed: noisy, path: "a.wav") { _ in nil }
    let correlations = try found.disturbed.map { try #require($0.methods[0]).correlation }
    #expect(correlations[0] > correlations[1] && correlations[1] > correlations[2], "\(correlations)")
    #expect(correlations[0] > 0.8)
  }

  @Test("Whole: each disturbance in its order, another clip over the frames of both, twice the same")
  func whole() throws {
    let model = makeModel(.cnnatt)
    var examiner = StabilityExaminer(
      model: model, methods: [Saliency(), try ValueZeroing(MethodOptions())], space: .mel, seed: 3)
    #expect(examiner.leaveOutInapplicable().count == 1 && examiner.examinedCount == 1)
    let sound = clip(makeSpeech(16_000))
    var asked: [Int] = []
    func examine() throws -> ClipStability {
      try examiner.examine(sound, path: "a.wav") {
        asked.append($0)
        return Clip(makeSpeech(9_000, seed: 8), model: model)
      }
    }
    let (found, again) = (try examine(), try examine())
    #expect(found.isPossible(by: examiner) && asked == [found.predicted, found.predicted])
    #expect(found.disturbed.map(\.change) == again.disturbed.map(\.change))
    #expect(found.disturbed.count == Disturbance.allCases.count && found.another?.count == 3)
    // A gain leaves the ranks of loudness, random numbers have none in common, and one clip is not another.
    let gain = found.disturbed[try #require(Disturbance.allCases.firstIndex(of: .gain))]
    #expect(try #require(gain.methods[1]).correlation > 0.99)
    #expect(abs(try #require(gain.methods[2]).correlation) < 0.1)
    let another = try #require(found.another)
    #expect(try #require(another[0]).correlation < 0.99 && abs(#require(another[2]).correlation) < 0.1)
    #expect(throws: ExplanationError.silent(path: "b.wav")) {
      try examiner.examine(clip([Float](repeating: 0, count: 9_000)), path: "b.wav") { _ in nil }
    }
    examiner = StabilityExaminer(model: model, methods: [], space: .mel)
    #expect(!found.isPossible(by: examiner))
  }

  @Test("Another clip is the next that is predicted the same, and none where there is none")
  func alike() throws {
    try inFreshFolder { folder in
      func write(_ name: String, _ hertz: Double, _ count: Int) throws -> String {
        let path = folder.appendingPathComponent(name).path
        let tone = (0..<count).map { Float(0.3 * sin(2 * .pi * hertz * Double($0) / 16_000)) }
        try clip(tone).write(to: path)
        return path
      }
      let low = try write("low.wav", 300, 16_000)
      let paths = [
        try write("other.wav", 310, 9_216), try write("high.wav", 2_500, 16_000), low,
        try write("silent.wav", 0, 9_000),
        folder.appendingPathComponent("missing.wav").path,
      ]
      let alike = AlikeClips(paths, model: CueModel.model())
      for _ in 1...2 {
        #expect(alike.another(than: low, predicted: 0)?.sampleCount == 9_216)
        #expect(alike.another(than: paths[0], predicted: 0)?.sampleCount == 16_000)
        #expect(alike.another(than: paths[1], predicted: 2) == nil)
        // The only one that is predicted otherwise is the high one.
        let otherwise = try #require(alike.another(than: low) { $0 != 0 })
        #expect(otherwise.sampleCount == 16_000 && otherwise.logits.floats.likeliestClass == 2)
      }
    }
  }

  /// Clips of twelve speakers, whose correlations with what was before and with another clip are given.
  /// - Parameter spread: By how much the correlations of every second speaker are higher, and of the others lower.
  private func summary(
    _ count: Int, correlation: Double, another: Double, loudness: Double? = 0.3, moved: Int = 0, spread: Double = 0
  ) -> StabilitySummary {
    let clips = (0..<count).map { index -> ClipStability in
      let less = 0.01 * Double(index % 5) + (index % 2 == 0 ? spread : -spread)
      let own = ClipStability.Similarity(correlation: correlation - less, overlap: 0.5)
      let (isMoved, other) = (index < moved, ClipStability.Similarity(correlation: another, overlap: 0.1))
      return ClipStability(
        predicted: 1, probability: 0.8,
        disturbed: Disturbance.allCases.map { _ in
          .init(
            predicted: isMoved ? 2 : 1, change: isMoved ? -0.5 : 0,
            methods: [isMoved ? other : own, loudness.map { .init(correlation: $0, overlap: 0.2) }, own])
        }, another: [other, nil, nil], resemblance: nil)
    }
    let examiner = StabilityExaminer(model: makeModel(.cnnatt), methods: [Saliency()], space: .mel)
    return StabilitySummary(clips, speakers: (0..<count).map { "\($0 % 12)" }, by: examiner)
  }

  @Test("An explanation holds where it stays more than any two are alike, and by half; few clips have no verdict")
  func verdicts() throws {
    func verdicts(_ summary: StabilitySummary) -> Set<StabilitySummary.Verdict?> {
      Set(summary.methods[0].disturbed.map(\.verdict))
    }
    let holds = summary(24, correlation: 0.9, another: 0.2)
    #expect(verdicts(holds) == [.holds] && holds.verdicts == ["saliency: holds through all."])
    #expect(holds.criterion.contains("99.72 %") && holds.criterion.contains("all 18 comparisons"))
    // (0 + 1 + 2 + 3 + 4) hundredths less four times, and 0 to 3 once more.
    let mean = 0.9 - 0.01 * Double(4 * 10 + 6) / 24
    let first = holds.methods[0].disturbed[0]
    #expect(abs(try #require(first.all).correlation.mean - mean) < 1e-9)
    #expect(abs(try #require(first.beyond).mean - (mean - 0.2)) < 1e-9)
    #expect(abs(try #require(first.beyondLoudness).mean - (mean - 0.3)) < 1e-9)
    #expect(first.beyond?.level == 1 - 0.05 / 18 && first.beyondLoudness?.level == 1 - 0.05 / 18)
    #expect(first.all?.overlap.mean == 0.5)
    #expect(abs(try #require(holds.methods[0].another).correlation.mean - 0.2) < 1e-9)
    // What holds, and loudness stays as much or has no ranks: that is said beside the verdict.
    for loudness in [0.95, 0.88, nil] {
      let beside = summary(24, correlation: 0.9, another: 0.2, loudness: loudness)
      #expect(verdicts(beside) == [.holds])
      #expect(
        beside.verdicts == ["saliency: holds through all; not shown to stay more than loudness does through all."])
      #expect((beside.methods[1].disturbed[0].all == nil) == (loudness == nil))
    }
    // Controls have no rank beside another clip here, and no verdict.
    #expect(holds.methods[2].another == nil)
    #expect(holds.methods[1...].allSatisfy { $0.isControl && $0.disturbed.allSatisfy { $0.verdict == nil } })

    #expect(verdicts(summary(24, correlation: 0.5, another: 0.2)) == [.notShown])
    // By chance alone the mean is above a half, as the interval reaches below.
    let chance = summary(24, correlation: 0.62, another: 0.1, spread: 0.25)
    let uncertain = chance.methods[0].disturbed[0]
    #expect((uncertain.all?.correlation.mean ?? 0) > 0.59 && (uncertain.beyond?.low ?? 0) > 0)
    #expect(verdicts(chance) == [.notShown] && verdicts(summary(24, correlation: 0.62, another: 0.1)) == [.holds])
    let alike = summary(24, correlation: 0.9, another: 0.89)
    #expect(verdicts(alike) == [.notShown])
    #expect(alike.verdicts == ["saliency: not shown to hold through all."])
    let few = summary(23, correlation: 0.9, another: 0.2)
    #expect(verdicts(few) == [.tooFew])
    #expect(
      few.verdicts == ["No verdicts: too few clips (23 of 12 speakers); a verdict needs 24 clips of 10 speakers."])
  }

  @Test("Clips whose prediction stays have numbers of their own")
  func held() throws {
    let half = summary(24, correlation: 0.9, another: 0.2, moved: 12)
    #expect(half.predictions.allSatisfy { $0.stays.mean == 0.5 && $0.change.mean == -0.25 })
    let found = half.methods[0].disturbed[0]
    let (all, held) = (try #require(found.all), try #require(found.held))
    #expect(held.correlation.clips == 12 && all.correlation.clips == 24)
    #expect(held.correlation.mean > 0.85 && held.overlap.mean == 0.5)
    #expect(abs(all.correlation.mean - (held.correlation.mean + 0.2) / 2) < 1e-9)
    #expect(summary(24, correlation: 0.9, another: 0.2, moved: 24).methods[0].disturbed[0].held == nil)
  }
}
