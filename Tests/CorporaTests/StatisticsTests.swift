import AudioFiles
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
    #expect(statistics.durations.shortest == 1 && statistics.durations.longest == 4)
    // JSON with the emotions as keys.
    let json = try JSONEncoder().encode(statistics)
    #expect(String(decoding: json, as: UTF8.self).contains("\"fear\":{\"a\":1}"))
    #expect(try JSONDecoder().decode(CorpusStatistics.self, from: json) == statistics)
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
