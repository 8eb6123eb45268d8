import Foundation
import TestSupport
import Testing

@testable import AudioFeatures

@Suite("The fundamental frequency")
struct PitchTests {
  private struct Voice: Decodable {
    let name: String
    let start, end: Double
    let harmonics: [Double]
    let pitch: [Double?]

    /// As pitch.py makes it.
    var samples: [Float] {
      let silence = [Float](repeating: 0, count: 1600)
      return silence
        + (0..<16_000).map { index in
          let time = Double(index) / 16_000
          let phase = 2 * .pi * (start * time + (end - start) * time * time / 2)
          let sum = harmonics.enumerated().reduce(0.0) { $0 + $1.element * sin(Double($1.offset + 1) * phase) }
          return Float(0.2 * sum * sin(.pi * time).squareRoot())
        } + silence
    }
  }

  private let tracker = PitchTracker(sampleRate: 16_000, hopSamples: 256)

  @Test("It is Praat's, for low, high and gliding voices and a weak fundamental", arguments: 0..<3)
  func praat(index: Int) throws {
    let voice = try JSONDecoder().decode([Voice].self, from: Data(contentsOf: Checkout.fixture("pitch.json")))[index]
    let found = tracker.track(voice.samples)
    #expect(found.count == voice.pitch.count)
    // Where one hears a voice and the other does not, at its ends, the frames' windows lie half in silence.
    #expect(zip(found, voice.pitch).count { ($0 == nil) != ($1 == nil) } <= 4, "\(voice.name)")
    let both = zip(found, voice.pitch).compactMap { own, praat in own.flatMap { own in praat.map { (own, $0) } } }
    #expect(both.count > 55)
    let cents = both.map { abs(1200 * log2($0.0 / $0.1)) }.sorted()
    #expect(cents[cents.count / 2] < 3 && cents[cents.count * 95 / 100] < 20, "\(voice.name): \(cents.suffix(5))")
  }

  @Test("Noise and silence have none, and a tone its own from the first frame to the last")
  func extremes() {
    let silence = [Float](repeating: 0, count: 16_000)
    #expect(tracker.track(silence) == [Double?](repeating: nil, count: 63))
    var state: UInt64 = 1
    let noise = (0..<16_000).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
    }
    #expect(tracker.track(noise).count { $0 != nil } < 7)
    let tone = (0..<16_000).map { Float(0.5 * sin(2 * .pi * 123.4 * Double($0) / 16_000)) }
    #expect(tracker.track(tone).dropFirst(3).dropLast(3).allSatisfy { abs(($0 ?? 0) - 123.4) < 0.2 })
  }
}
