import AudioFeatures
import Basics
import Foundation
import TestSupport
import Testing

@Suite("Edits in just-noticeable steps")
struct EditStepsTests {
  @Test(
    "Steps are those of the literature: semitones, factors, decibels",
    arguments: [
      (SoundEdits.Kind.pitch, 1.0, 2.0), (.pitch, -3, -6), (.tempo, 1, 1.05), (.tempo, -2, 1 / 1.1025),
      (.formants, 1, 1.10509), (.range, 2, 1.5625), (.loudness, -5, -5), (.tilt, 1.5, 1.5), (.breathiness, 1, 20),
      (.breathiness, 3, 14), (.roughness, 2, 2), (.reverberation, 3, 0.3), (.lowPass, 1, 7000), (.lowPass, 4, 3500),
      (.noise, 1, 40), (.noise, 11, 10),
    ])
  func amounts(kind: SoundEdits.Kind, steps: Double, amount: Double) throws {
    #expect(abs(try #require(kind.amount(steps: steps)) - amount) < 1e-5)
    #expect(kind.amount(steps: 0) == nil)
  }

  @Test("All steps of a search can be made, and no step leaves the clip as it is", arguments: SoundEdits.Kind.allCases)
  func limits(kind: SoundEdits.Kind) {
    for steps in kind.steps where steps != 0 {
      let amount = kind.amount(steps: Double(steps))!
      #expect(kind.limits.contains(amount), "\(steps): \(amount)")
      #expect(amount != kind.neutral)
    }
    #expect(SoundEdits(steps: [kind: 0]).isEmpty)
    // More steps lead further from the clip as it is, in one direction.
    let amounts = kind.steps.filter { $0 != 0 }.map { kind.amount(steps: Double($0))! }
    #expect(amounts == amounts.sorted() || amounts == amounts.sorted(by: >))
  }

  @Test("Labels of axes have a real minus and the kind's digits")
  func labels() {
    #expect(SoundEdits.Kind.pitch.label(steps: -2) == "−4.0" && SoundEdits.Kind.tempo.label(steps: 0) == "1.00")
    #expect(SoundEdits.Kind.breathiness.label(steps: 0) == "none" && SoundEdits.Kind.noise.label(steps: 2) == "37")
  }

  @Test("Periods found once are as good as found each time")
  func voice() {
    let sound = voiced(seconds: 0.6)
    let edits = SoundEdits([.pitch: 3, .tempo: 1.1, .tilt: 2])
    var (one, two) = (SeededGenerator(seed: 1), SeededGenerator(seed: 1))
    let found = edits.applied(
      to: sound, voice: Resynthesis(sound, sampleRate: 16_000), sampleRate: 16_000, using: &one)
    #expect(found == edits.applied(to: sound, sampleRate: 16_000, using: &two))
  }

  /// Pulses through a resonance: a voice of 120 to 150 Hz.
  private func voiced(seconds: Double) -> [Float] {
    (0..<Int(16_000 * seconds)).map { index in
      let time = Double(index) / 16_000
      let phase = 2 * .pi * (120 * time + 25 * time * time)
      return Float(0.1 * (1...8).reduce(0) { $0 + sin(Double($1) * phase) / Double($1) })
    }
  }
}
