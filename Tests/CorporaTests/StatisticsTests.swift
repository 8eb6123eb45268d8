import AudioFiles
import Basics
import Foundation
import TestSupport
import Testing

@testable import Corpora

@Suite("Corpus statistics")
struct StatisticsTests {
  @Test("Tables 1 and 2, lengths and rates of a few clips, by hand and by pandas")
  func tables() throws {
    func clip(
      _ emotion: Emotion, _ origin: String, _ duration: Double, _ maximum: Float, _ minimum: Float,
      _ rate: Int
    ) -> ClipMeasurement {
      ClipMeasurement(
        emotion: emotion, origin: origin, duration: duration, maximum: maximum, minimum: minimum,
        sampleRate: rate)
    }
    let statistics = CorpusStatistics(of: [
      clip(.angry, "b", 1, 0.5, -0.25, 16_000), clip(.angry, "a", 2, 0.25, -0.5, 48_000),
      clip(.fear, "a", 4, 0.75, -0.75, 48_000),
    ])
    #expect(statistics.origins == ["a", "b"])
    #expect(statistics.counts == [.angry: ["a": 1, "b": 1], .fear: ["a": 1]])
    #expect(statistics.amplitude == .init(maximum: 0.5, minimum: -0.5))
    #expect(statistics.amplitudeByEmotion[.angry] == .init(maximum: 0.375, minimum: -0.375))
    #expect(statistics.amplitudeByOrigin["a"] == .init(maximum: 0.5, minimum: -0.625))
    #expect(statistics.sampleRates == [16_000: 1, 48_000: 2])
    // pandas.Series([1, 2, 4]): mean 2.3333, std 1.5275, quantile(0.95) 3.8.
    #expect(abs(statistics.durations.mean - 2.333333) < 1e-6)
    #expect(abs(statistics.durations.deviation - 1.527525) < 1e-6)
    #expect(abs(statistics.durations.percentile95 - 3.8) < 1e-12)
    #expect(abs(statistics.durations.percentile99 - 3.96) < 1e-12)
    #expect(statistics.voice == [.pitch: [:], .level: [:], .tilt: [:]])
    #expect(statistics.durations.shortest == 1 && statistics.durations.longest == 4)
    // JSON with the emotions as keys.
    let json = try JSONEncoder().encode(statistics)
    #expect(String(decoding: json, as: UTF8.self).contains("\"fear\":{\"a\":1}"))
    #expect(try JSONDecoder().decode(CorpusStatistics.self, from: json) == statistics)
  }

  @Test("Effects of voices are Cohen's d as NumPy computes it; of one speaker they have no interval")
  func effects() throws {
    struct Expected: Decodable {
      let effects: [Double]
      let deviation: Double
    }
    let expected = try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: Checkout.fixture("evaluation.json")))
    let emotions: [Emotion] = [.angry, .fear, .happy]
    let clips = sampled(60, seed: 31).enumerated().map { index, value in
      // Pitch is judged in semitones, level as it is: the same effects.
      ClipMeasurement(
        emotion: emotions[index % 3], origin: "a", duration: 1, maximum: 0, minimum: 0, sampleRate: 16_000,
        speaker: "\(index % 5)",
        voice: .init(values: [.level: Double(value) - 30, .pitch: 200 * pow(2, Double(value) / 12)]))
    }
    let statistics = CorpusStatistics(of: clips, seed: 2)
    for (emotion, effect) in zip(emotions, expected.effects) {
      for measure in [VoiceMeasure.level, .pitch] {
        let found = try #require(statistics.voice[measure]?[emotion])
        let estimate = try #require(found.effect)
        #expect(abs(estimate.mean - effect) < 1e-9 && found.clips == 20 && estimate.speakers == 5)
        #expect(try #require(estimate.low) < effect && effect < #require(estimate.high))
      }
    }
    #expect(try abs(#require(statistics.voice[.pitch]?[.angry]).deviation - expected.deviation) < 1e-9)
    let mean = try #require(statistics.voice[.pitch]?[.angry]).mean
    #expect((188...212).contains(mean))
    #expect(statistics.voice[.tilt] == [:])
    let one = CorpusStatistics(
      of: clips.map { clip in
        var clip = clip
        clip.speaker = "a"
        return clip
      })
    #expect(one.voice[.level]?[.fear]?.effect?.low == nil && one.voice[.level]?[.fear]?.effect != nil)
    // Two clips of one emotion have nothing to stand beside.
    #expect(CorpusStatistics(of: [clips[0], clips[3]]).voice[.level]?[.angry]?.effect == nil)
  }

  @Test("A voice: a harmonic tone's F0 and level; white noise is flat, noise of 6 dB less an octave tilts by so much")
  func voices() throws {
    let meter = VoiceMeter()
    let tone = (0..<16_000).map { sample in
      Float((1...20).reduce(0.0) { $0 + sin(2 * .pi * 150 * Double($1 * sample) / 16_000) / 40 })
    }
    let voice = try #require(meter.measure(tone))
    #expect(abs(try #require(voice.values[.pitch]) - 150) < 1)
    // Twenty sines of amplitude 1/40: 20 / (2 · 1600).
    #expect(abs(try #require(voice.values[.level]) - 10 * log10(20.0 / 3200)) < 0.1)
    var generator = SeededGenerator(seed: 1)
    let noise = generator.normals(160_000, deviation: 0.1)
    let flat = try #require(meter.measure(noise)?.values[.tilt])
    #expect(abs(flat) < 0.3, "\(flat)")
    // A leaky integrator with a corner at 25 Hz, far under the band: 20 log₁₀ 2 = 6.02 dB an octave.
    var state: Float = 0
    let red = noise.map { sample in
      state = 0.99 * state + sample
      return state / 20
    }
    let steep = try #require(meter.measure(red)?.values[.tilt])
    #expect(abs(steep + 6.02) < 0.4, "\(steep)")
    #expect(meter.measure([Float](repeating: 0, count: 4000)) == nil && meter.measure([0.5, -0.5]) == nil)
  }

  @Test("Clips are measured at their own rate, and bad files reported beside the rest")
  func measuring() throws {
    try inFreshFolder { folder in
      let clip = AudioClip(samples: [0, 0.5, -0.25, 0], sampleRate: 44_100)
      try clip.write(to: folder.appendingPathComponent("a.wav").path)
      let manifest = Manifest(
        folder: folder.path,
        entries: [
          .init(path: "absent.wav", emotion: .fear), .init(path: "a.wav", emotion: .happy, origin: "x"),
        ])
      let (measurements, failures) = manifest.measured()
      #expect(
        measurements == [
          ClipMeasurement(
            emotion: .happy, origin: "x", duration: 4 / 44_100, maximum: 0.5, minimum: -0.25,
            sampleRate: 44_100)
        ])
      #expect(failures == [.noSuchFile(path: folder.appendingPathComponent("absent.wav").path)])
    }
  }
}
