import AudioFeatures
import AudioFiles
import Basics
import Foundation
import Models
import TestSupport
import Testing

@testable import Attributions

@Suite("The smallest edit that makes a model say something else")
struct CounterfactualTests {
  private static let kinds: [SoundEdits.Kind] = [.pitch, .tilt, .tempo, .formants, .breathiness]

  /// Speech with so much noise that the model is not sure of it, and edits of one kind can flip what it says.
  private func clip(seed: UInt64 = 3) throws -> EditedClip {
    var generator = SeededGenerator(seed: seed)
    let sound = zip(makeSpeech(24_000, seed: seed), generator.normals(24_000, deviation: 0.08)).map { $0 + $1 }
    return try EditedClip(sound, path: "a.wav", model: .builtIn(), seed: 1)
  }

  private func says(_ clip: EditedClip, _ steps: [SoundEdits.Kind: Double]) throws -> Int? {
    try clip.answers([SoundEdits(steps: steps)])[0]?.predicted
  }

  @Test("An answer is the model's own to the edited sound, and is not asked for twice")
  func answers() throws {
    let clip = try clip()
    let edits = [SoundEdits(steps: [.pitch: 2]), SoundEdits(), SoundEdits(steps: [.tilt: -1])]
    let found = try clip.answers(edits + edits)
    #expect(clip.asked == 2 && found[1] == clip.own && Array(found[3...]) == Array(found[..<3]))
    let sound = clip.sound(edits[0])
    #expect(found[0] == (try clip.answer(to: sound)))
    #expect(abs((found[0]?.probabilities.reduce(0, +) ?? 0) - 1) < 1e-5)
    #expect(found[0] != clip.own)
  }

  /// Slow and obvious: every edit of one kind.
  @Test("Of one kind the search finds the smallest of all that there are", arguments: [3, 4, 5] as [UInt64])
  func single(seed: UInt64) throws {
    let clip = try clip(seed: seed)
    let own = try #require(clip.own.predicted)
    var flips: [(size: Int, to: Int)] = []
    for kind in Self.kinds {
      for steps in kind.steps where steps != 0 {
        if let said = try says(clip, [kind: Double(steps)]), said != own { flips.append((abs(steps), said)) }
      }
    }
    let search = CounterfactualSearch(kinds: Self.kinds, most: 1, budget: 1000)
    for target in clip.model.classes.indices where target != own {
      let found = try search.run(clip, to: target)
      let sizes = flips.filter { $0.to == target }.map(\.size)
      #expect(found.isFound == !sizes.isEmpty && found.from == own)
      guard let smallest = sizes.min() else { continue }
      // Then smaller by quarters of a step.
      #expect(found.to == target && found.size <= Double(smallest) && found.size > Double(smallest) - 1)
    }
    let any = try search.run(clip, to: nil)
    let smallest = try #require(flips.map(\.size).min(), "a clip that nothing flips shows nothing")
    #expect(any.isFound && any.to != own && any.size <= Double(smallest))
  }

  @Test("What is found flips the prediction, needs each of its edits, and each of its steps to a quarter")
  func several() throws {
    let clip = try clip()
    let own = try #require(clip.own.predicted)
    let search = CounterfactualSearch(kinds: Self.kinds, most: 3, budget: 400)
    let one = CounterfactualSearch(kinds: Self.kinds, most: 1, budget: 400)
    var count = 0
    for target in clip.model.classes.indices where target != own {
      let found = try search.run(clip, to: target)
      let alone = try one.run(clip, to: target)
      #expect(found.isFound || !alone.isFound)
      if alone.isFound { #expect(found.size <= alone.size.rounded(.up)) }
      guard found.isFound else { continue }
      count += 1
      #expect(try says(clip, found.steps) == target && found.answer.predicted == target)
      for (kind, steps) in found.steps {
        var less = found.steps
        less[kind] = nil
        if !less.isEmpty { #expect(try says(clip, less) != target) }
        guard abs(steps) > 0.25 else { continue }
        less[kind] = steps < 0 ? steps + 0.25 : steps - 0.25
        #expect(try says(clip, less) != target)
      }
      // The same search finds the same.
      let again = try search.run(try self.clip(), to: target)
      #expect(again.steps == found.steps && again.answer == found.answer)
    }
    #expect(count > 0)
  }

  @Test("Random edits are as large, of as many kinds, and others; where there is no other there is none")
  func random() throws {
    let clip = try clip()
    let search = CounterfactualSearch(kinds: Self.kinds)
    var generator = SeededGenerator(seed: 4)
    let found: [[SoundEdits.Kind: Double]] = [
      [.pitch: -0.5], [.pitch: 1, .tilt: -1], [.tempo: 4, .tilt: 2, .pitch: -0.25], [.tempo: -7.5],
    ]
    for steps in found {
      for _ in 0..<20 {
        let edits = try #require(search.random(like: steps, in: clip, using: &generator))
        #expect(edits.amounts.count == steps.count && edits.amounts.allSatisfy { $0.key.limits.contains($0.value) })
        #expect(edits != SoundEdits(steps: steps))
      }
    }
    // Of 7.5 steps only tempo can be made: faster instead of slower.
    #expect(search.random(like: [.tempo: -7.5], in: clip, using: &generator) == SoundEdits(steps: [.tempo: 7.5]))
    let one = CounterfactualSearch(kinds: [.noise])
    #expect(one.random(like: [.noise: 3], in: clip, using: &generator) == nil)
  }

  @Test("Where there is no voice, what needs one is not tried")
  func noise() throws {
    var generator = SeededGenerator(seed: 2)
    let noise = generator.normals(24_000, deviation: 0.1)
    let clip = try EditedClip(noise, path: "noise.wav", model: .builtIn(), seed: 0)
    let search = CounterfactualSearch(kinds: Self.kinds)
    #expect(!clip.hasVoice && search.possible(in: clip) == [.tilt, .tempo])
    let found = try search.run(clip, to: nil)
    #expect(Set(found.steps.keys).isSubset(of: [.tilt, .tempo]))
    #expect(throws: EditError.silent(path: "s.wav")) {
      try EditedClip([Float](repeating: 0, count: 16_000), path: "s.wav", model: .builtIn(), seed: 0)
    }
  }

  @Test("The sounds of an edit are those whose answers a clip has, and can be ended between two")
  func sounds() throws {
    struct Ended: Error {}
    let clip = try clip()
    let sound = AudioClip(samples: clip.samples, sampleRate: 16_000)
    let trimming = clip.model.configuration.trimming
    func made(_ edits: SoundEdits, of sound: AudioClip, progress: () throws -> Void = {}) throws -> EditedSounds {
      try EditedSounds(sound, path: "a.wav", edits: edits, trimming: trimming, seed: 1, progress: progress)
    }
    let edits = SoundEdits([.pitch: 2, .roughness: 1, .noise: 20])
    let found = try made(edits, of: sound)
    #expect(found.clip.samples == clip.samples && found.edited.samples == clip.sound(edits) && found.all.count == 3)
    let back = try #require(found.back)
    #expect(try clip.answer(to: found.edited.samples) == clip.answers([edits])[0])
    #expect(try clip.answer(to: back.samples) == clip.thereAndBack(edits))
    #expect(try made(SoundEdits([.tilt: 2]), of: sound).back == nil)
    for most in 0..<2 {
      var count = 0
      #expect(throws: Ended.self) {
        try made(edits, of: sound) {
          guard count < most else { throw Ended() }
          count += 1
        }
      }
    }
    let silence = AudioClip(samples: [Float](repeating: 0, count: 16_000), sampleRate: 16_000)
    #expect(throws: EditError.silent(path: "a.wav")) { try made(edits, of: silence) }
    var generator = SeededGenerator(seed: 2)
    let noise = AudioClip(samples: generator.normals(24_000, deviation: 0.1), sampleRate: 16_000)
    #expect(throws: EditError.noVoice(path: "a.wav", edits: SoundEdits([.pitch: 2, .roughness: 1]))) {
      try made(edits, of: noise)
    }
    let region = try RegionEdit(from: 0.2, to: 0.6, edits: SoundEdits([.tilt: 4]))
    let part = try EditedSounds(sound, path: "a.wav", region: region, trimming: trimming, seed: 1)
    generator = SeededGenerator(seed: 1)
    let expected = try region.applied(to: clip.samples, sampleRate: 16_000, using: &generator)
    #expect(part.edited.samples == expected && part.back == nil)
  }

  @Test("A curve has the answers at its steps, and slopes from the steps beside the clip")
  func response() throws {
    let clip = try clip()
    let curve = try clip.response(.tilt, hasControl: true)
    #expect(curve.steps == (-6...6).map(Double.init) && curve.isPossible(.tilt, outputs: 7))
    #expect(curve.outputs[6] == clip.own.outputs && curve.back.allSatisfy { $0 == nil })
    let sides = try clip.answers([SoundEdits([.tilt: 1]), SoundEdits([.tilt: -1])])
    let slopes = try #require(curve.slopes)
    for output in slopes.indices {
      let expected = try #require(sides[0]).outputs[output] - #require(sides[1]).outputs[output]
      #expect(abs(slopes[output] - expected / 2) < 1e-9)
    }
    let pitch = try clip.response(.pitch, hasControl: true)
    #expect(pitch.back[4] == nil && pitch.back[3] != nil && !curve.isPossible(.pitch, outputs: 7))
    #expect(pitch.back[5] == (try clip.thereAndBack(SoundEdits([.pitch: 2]))?.outputs))
    #expect(ResponseCurve.steps(of: .loudness) == [-12, -10, -8, -6, -4, -2, -1, 0, 1, 2, 4, 6, 8, 10, 12])
  }

  @Test("Directions are those of the review; verdicts are of the interval")
  func known() throws {
    #expect(
      KnownDirection(of: .pitch, in: "Anger") == .higher && KnownDirection(of: .pitch, in: "hap") == .higher
        && KnownDirection(of: .tempo, in: "sad") == .lower)
    #expect(KnownDirection(of: .range, in: "fear") == .lower && KnownDirection(of: .tilt, in: "happy") == nil)
    #expect(KnownDirection(of: .formants, in: "angry") == nil && KnownDirection(of: .pitch, in: "disgust") == nil)
    func effect(_ values: [Double]) throws -> Estimate {
      try #require(Estimate(values: values, speakers: values.map { _ in nil }, seed: 1))
    }
    func many(_ values: [Double]) -> [Double] { Array(repeatElement(values, count: 6).joined()) }
    let (up, down) = (try effect(many([1, 1.1, 0.9, 1])), try effect(many([-1, -1.1, -0.9, -1])))
    #expect(KnownDirection.higher.verdict(up, least: 0.1) == "holds")
    #expect(KnownDirection.lower.verdict(up, least: 0.1) == "does not hold")
    #expect(KnownDirection.lower.verdict(down, least: 0.1) == "holds")
    #expect(KnownDirection.higher.verdict(try effect(many([1, -1, 1, -1])), least: 0.1) == "undecided")
    #expect(KnownDirection.higher.verdict(up, least: 2) == "no effect")
    // Of few clips nothing is decided, nor is it sure.
    let few = try effect([1, 1.1, 0.9, 1])
    #expect(KnownDirection.higher.verdict(few, least: 0.1) == "undecided" && !few.isBesideZero && up.isBesideZero)
    #expect(KnownDirection.higher.verdict(up, least: 0.95) == "holds")
    let small = try effect(many([0.2, 0.3, 0.05, 0.2]))
    #expect(KnownDirection.higher.verdict(small, least: 0.21) == "undecided")
  }
}
