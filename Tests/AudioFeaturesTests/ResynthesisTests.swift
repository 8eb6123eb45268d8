import Basics
import Foundation
import TestSupport
import Testing

@testable import AudioFeatures

@Suite("A voice put together anew, and what it is heard through")
struct ResynthesisTests {
  private static let rate = 16_000

  /// A voice whose pitch glides from 120 to 160 Hz, with a formant near 700 Hz and one near 1,800 Hz; a breath without voice
  /// before and after it.
  private static let voice: [Float] = {
    var generator = SeededGenerator(seed: 4)
    var phase = 0.0
    return (0..<24_000).map { index in
      let time = Double(index) / 16_000
      let breath = 0.01 * generator.normal()
      guard (0.2..<1.3).contains(time) else { return Float(breath) }
      let pitch = 120 + 40 * (time - 0.2) / 1.1
      phase += 2 * .pi * pitch / 16_000
      let sum = (1...40).reduce(0.0) { sum, harmonic in
        let hertz = Double(harmonic) * pitch
        let level = exp(-pow((hertz - 700) / 150, 2)) + 0.5 * exp(-pow((hertz - 1800) / 200, 2)) + 0.02
        return hertz < 7000 ? sum + level * sin(Double(harmonic) * phase) : sum
      }
      return Float(0.1 * sum * min(1, 20 * (time - 0.2), 20 * (1.3 - time)) + 0.1 * breath)
    }
  }()

  private func edited(_ amounts: [SoundEdits.Kind: Double], _ sound: [Float] = voice, seed: UInt64 = 1) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return SoundEdits(amounts).applied(to: sound, sampleRate: Self.rate, using: &generator)
  }

  private func pitch(_ sound: [Float]) -> [Double?] {
    PitchTracker(sampleRate: Self.rate, hopSamples: 160).track(sound)
  }

  private func level(_ sound: some Collection<Float>) -> Double {
    10 * log10(sound.reduce(0) { $0 + Double($1) * Double($1) } / Double(sound.count))
  }

  /// Σ f |X|² / Σ |X|² from 300 to 4,000 Hz, in Hz.
  private func centroid(_ sound: [Float]) -> Double {
    let features = FeatureExtractor()
    let magnitude = features.spectrogram(.init(sound, shape: [1, sound.count])).magnitude
    let (bins, frames) = (magnitude.shape[2], magnitude.shape[3])
    let (values, hertz) = (magnitude.floats, features.frontEnd.binFrequencies)
    var (sum, weight) = (0.0, 0.0)
    for bin in 0..<bins where (300...4000).contains(hertz[bin]) {
      let power = (0..<frames).reduce(0) { $0 + Double(values[bin * frames + $1]) * Double(values[bin * frames + $1]) }
      sum += hertz[bin] * power
      weight += power
    }
    return sum / weight
  }

  @Test("Marks stand a period apart in a voice, and reach from the start to the end")
  func marks() {
    let marks = PitchMarks(Self.voice, sampleRate: Self.rate)
    #expect(marks.places.first == 0 && marks.places.last == Self.voice.count)
    #expect(zip(marks.places, marks.places.dropFirst()).allSatisfy { $0 < $1 })
    let periods = marks.places.indices.dropFirst().filter { marks.isVoiced[$0] && marks.isVoiced[$0 - 1] }
      .map { Double(marks.places[$0] - marks.places[$0 - 1]) }
    // 120 to 160 Hz, and a sample's rounding.
    #expect(periods.count > 130 && periods.allSatisfy { (98...136).contains($0) }, "\(periods)")
    let median = marks.medianPeriod ?? 0
    #expect(abs(median - 16_000 / 140) < 3, "\(median)")
  }

  @Test("Without a change it is the sound itself; every change keeps the level", arguments: SoundEdits.Kind.allCases)
  func levels(kind: SoundEdits.Kind) {
    let resynthesis = Resynthesis(Self.voice, sampleRate: Self.rate)
    var generator = SeededGenerator(seed: 1)
    #expect(resynthesis.samples(.init(), using: &generator) == Self.voice)
    for end in [kind.limits.lowerBound, kind.limits.upperBound] {
      let found = edited([kind: end])
      #expect(found.allSatisfy(\.isFinite) && !found.isEmpty)
      if ![.loudness, .lowPass, .noise].contains(kind) { #expect(abs(level(found) - level(Self.voice)) < 0.1) }
      // The same seed, the same bits.
      #expect(edited([kind: end]) == found)
    }
  }

  @Test("Pitch rises by as much as is asked for, and length and formants stay", arguments: [-5.0, -2, 3, 7])
  func semitones(amount: Double) {
    let found = edited([.pitch: amount])
    #expect(found.count == Self.voice.count)
    let both = zip(pitch(Self.voice), pitch(found)).compactMap { a, b in a.flatMap { a in b.map { 12 * log2($0 / a) } }
    }
    let sorted = both.sorted()
    #expect(both.count > 80 && abs(sorted[sorted.count / 2] - amount) < 0.1, "\(sorted)")
    // Harmonics sample the formants at other places.
    #expect(abs(centroid(found) / centroid(Self.voice) - 1) < 0.06)
  }

  @Test("Tempo changes the length and not the pitch; the range spreads the glide; formants move and the pitch stays")
  func others() throws {
    for tempo in [0.7, 1.3] {
      let found = edited([.tempo: tempo])
      #expect(found.count == Int((24_000 / tempo).rounded()))
      let (own, other) = (pitch(Self.voice).compactMap(\.self).sorted(), pitch(found).compactMap(\.self).sorted())
      #expect(abs(own[own.count / 2] / other[other.count / 2] - 1) < 0.02)
      #expect(abs(Double(other.count) * tempo / Double(own.count) - 1) < 0.08)
    }
    func spread(_ sound: [Float]) -> Double {
      let sorted = pitch(sound).compactMap(\.self).sorted()
      return 12 * log2(sorted[sorted.count * 9 / 10] / sorted[sorted.count / 10])
    }
    #expect(abs(spread(edited([.range: 2])) / spread(Self.voice) - 2) < 0.15)
    #expect(spread(edited([.range: 0])) < 0.2)
    let higher = edited([.formants: 1.2])
    #expect(abs(centroid(higher) / centroid(Self.voice) - 1.2) < 0.06, "\(centroid(higher)), \(centroid(Self.voice))")
    let (own, other) = (pitch(Self.voice).compactMap(\.self).sorted(), pitch(higher).compactMap(\.self).sorted())
    #expect(abs(own[own.count / 2] / other[other.count / 2] - 1) < 0.02)
  }

  @Test("Roughness makes periods differ; three per cent and none are told apart")
  func roughness() {
    func jitter(_ sound: [Float]) -> Double {
      let marks = PitchMarks(sound, sampleRate: Self.rate)
      let periods = marks.places.indices.dropFirst().filter { marks.isVoiced[$0] && marks.isVoiced[$0 - 1] }
        .map { Double(marks.places[$0] - marks.places[$0 - 1]) }
      let steps = zip(periods, periods.dropFirst()).map { abs($0 - $1) }
      return steps.reduce(0, +) / Double(steps.count) / (periods.reduce(0, +) / Double(periods.count))
    }
    #expect(jitter(Self.voice) < 0.01 && jitter(edited([.roughness: 3])) > 0.02)
  }

  @Test(
    "Noise beside the voice keeps its level under it",
    arguments: [
      (SoundEdits.Kind.pitch, 4.0), (.pitch, -4), (.pitch, 12), (.pitch, -12), (.formants, 1.4), (.formants, 0.7),
      (.tempo, 0.5), (.tempo, 2), (.tempo, 0.9),
    ])
  func balance(kind: SoundEdits.Kind, amount: Double) {
    var generator = SeededGenerator(seed: 6)
    let voice = (0..<16_000).map { index -> Float in
      let phase = 2 * Double.pi * 150 * Double(index) / 16_000
      return Float((1...20).reduce(0.0) { $0 + 0.1 * sin(Double($1) * phase) / Double($1) })
    }
    let sound = voice + generator.normals(16_000, deviation: 0.03)
    let found = edited([kind: amount], sound)
    func balance(_ sound: [Float]) -> Double {
      let tenth = sound.count / 10
      return level(sound[(6 * tenth)..<(9 * tenth)]) - level(sound[tenth..<(4 * tenth)])
    }
    #expect(abs(balance(found) - balance(sound)) < 1.5, "\(balance(sound)) → \(balance(found))")
  }

  @Test("There and back is near the voice itself")
  func thereAndBack() {
    for change in [[.pitch: 3], [.tempo: 1.15], [.formants: 1.1]] as [[SoundEdits.Kind: Double]] {
      let edits = SoundEdits(change)
      var generator = SeededGenerator(seed: 1)
      let once = edits.applied(to: Self.voice, sampleRate: Self.rate, using: &generator)
      let back = Resynthesis(once, sampleRate: Self.rate).samples(edits.resynthesis!.inverse, using: &generator)
      #expect(abs(back.count - Self.voice.count) <= 1)
      let (own, other) = (FeatureExtractor().logMel(.init(Self.voice, shape: [1, 24_000])), back)
      let found = FeatureExtractor().logMel(
        .init(Array((other + [0, 0]).prefix(24_000)), shape: [1, 24_000]))
      let apart = zip(own.floats, found.floats).map { Double(abs($0 - $1)) }
      #expect(apart.reduce(0, +) / Double(apart.count) < 4, "\(change)")
    }
  }

  @Test(
    "Tilt is decibels an octave; breath is as far under the voice as asked; a room's sound falls by 60 dB in its time")
  func timbre() {
    let tones = (0..<16_000).map { index in
      let time = Double(index) / 16_000
      return Float(0.2 * sin(2 * .pi * 500 * time) + 0.2 * sin(2 * .pi * 2000 * time))
    }
    let tilted = tones.tilted(3, sampleRate: Self.rate)
    func amplitude(_ sound: [Float], _ hertz: Double) -> Double {
      var (cosine, sine) = (0.0, 0.0)
      for index in 4_000..<12_000 {
        let angle = 2 * .pi * hertz * Double(index) / 16_000
        cosine += Double(sound[index]) * cos(angle)
        sine += Double(sound[index]) * sin(angle)
      }
      return (cosine * cosine + sine * sine).squareRoot()
    }
    // Two octaves.
    #expect(abs(20 * log10(amplitude(tilted, 2000) / amplitude(tilted, 500)) - 6) < 0.1)

    var generator = SeededGenerator(seed: 2)
    let breathed = Self.voice.breathed(10, sampleRate: Self.rate, using: &generator)
    let (voiced, count) = (3_600..<20_400, Double(16_800))
    let scale =
      voiced.reduce(0) { $0 + Double(breathed[$1]) * Double(Self.voice[$1]) }
      / voiced.reduce(0) { $0 + Double(Self.voice[$1]) * Double(Self.voice[$1]) }
    let noise = voiced.reduce(0) { $0 + pow(Double(breathed[$1]) - scale * Double(Self.voice[$1]), 2) } / count
    let own = voiced.reduce(0) { $0 + pow(scale * Double(Self.voice[$1]), 2) } / count
    #expect(abs(10 * log10(own / noise) - 10) < 1, "\(10 * log10(own / noise))")

    let click = (0..<16_000).map { $0 == 100 ? Float(1) : 0 }
    let room = click.reverberated(0.5, sampleRate: Self.rate, using: &generator)
    #expect(room[..<100].allSatisfy { $0 == 0 })
    let direct = Double(room[100]) * Double(room[100])
    func energy(_ range: Range<Int>) -> Double { range.reduce(0) { $0 + Double(room[$1]) * Double(room[$1]) } }
    #expect(abs(energy(101..<16_000) / direct - 1) < 0.01)
    // By Schroeder's backward sum: 30 dB in half of the time.
    #expect(abs(10 * log10(energy(4_101..<8_101) / energy(101..<8_101)) + 30) < 1.5)
  }

  @Test("Silence, noise, clicks and a few samples are edited without a crash; without a voice the pitch cannot change")
  func extremes() {
    var generator = SeededGenerator(seed: 8)
    for count in [1, 2, 40, 511, 512, 600, 5_000] {
      for sound in [
        [Float](repeating: 0, count: count), generator.normals(count, deviation: 0.1),
        (0..<count).map { $0 == count / 2 ? 1 : 0 },
      ] {
        for kind in SoundEdits.Kind.allCases {
          for amount in [kind.limits.lowerBound, kind.limits.upperBound] {
            let found = edited([kind: amount], sound)
            #expect(found.allSatisfy(\.isFinite) && !found.isEmpty)
          }
        }
      }
    }
    let noise = generator.normals(8_000, deviation: 0.1)
    #expect(!Resynthesis(noise, sampleRate: Self.rate).hasVoice)
  }
}
