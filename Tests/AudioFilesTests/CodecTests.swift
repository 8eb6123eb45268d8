import Basics
import Foundation
import Testing

@testable import AudioFiles

@Suite("Codecs")
struct CodecTests {
  /// Three seconds of a voice-like sound that repeats itself nowhere.
  private func sound(_ rate: Int) -> AudioClip {
    var generator = SeededGenerator(seed: 1)
    var phase = 0.0
    let samples = (0..<(3 * rate)).map { place -> Float in
      let time = Double(place) / Double(rate)
      phase += 2 * .pi * (180 + 60 * sin(3 * time) + 20 * time) / Double(rate)
      let syllable = abs(sin(5.3 * time + time * time))
      return Float(0.2 * syllable * (sin(phase) + 0.6 * sin(2 * phase) + 0.4 * sin(5 * phase)))
        + 0.001 * Float(generator.uniform(in: -1..<1))
    }
    return AudioClip(samples: samples, sampleRate: rate)
  }

  /// Where, in samples, one sound lies in another: the largest of Σ a[i] b[i + lag].
  private func lag(_ a: [Float], _ b: [Float]) -> Int {
    (-1500...1500).map { lag -> (Int, Double) in
      (lag, (2000..<(a.count - 2000)).reduce(0.0) { $0 + Double(a[$1] * b[$1 + lag]) })
    }.max { $0.1 < $1.1 }!.0
  }

  @Test(
    "A codec leaves a sound as long as it was, where it was, and changed",
    arguments: [(AudioCodec.opus, 16.0), (.opus, 6), (.mp3, 32), (.mp3, 8), (.vorbis, 32)], [8_000, 16_000, 22_050])
  func roundTrip(_ codec: (AudioCodec, kilobits: Double), rate: Int) {
    let clip = sound(rate)
    let coded = clip.coded(by: codec.0, kilobits: codec.kilobits)
    #expect(coded.samples.count == clip.samples.count && coded.sampleRate == rate)
    #expect(abs(lag(clip.samples, coded.samples)) <= 2)
    let (signal, noise) = zip(clip.samples, coded.samples).reduce(into: (0.0, 0.0)) { sums, pair in
      sums.0 += Double(pair.0 * pair.0)
      sums.1 += Double((pair.0 - pair.1) * (pair.0 - pair.1))
    }
    let ratio = 10 * log10(signal / noise)
    #expect(ratio > 0 && ratio < 60, "\(ratio) dB")
  }

  @Test("More kilobits change a sound less")
  func kilobits() {
    let clip = sound(16_000)
    func error(_ codec: AudioCodec, _ kilobits: Double) -> Double {
      zip(clip.samples, clip.coded(by: codec, kilobits: kilobits).samples).reduce(0) { sum, pair in
        sum + Double((pair.0 - pair.1) * (pair.0 - pair.1))
      }
    }
    #expect(error(.mp3, 96) < 0.8 * error(.mp3, 24))
    #expect(error(.opus, 96) < 0.5 * error(.opus, 14))
    #expect(error(.vorbis, 25) < error(.vorbis, 17))
  }
}
