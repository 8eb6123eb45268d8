import AudioFeatures
import Basics
import Foundation
import Testing

@Suite("The steady noise of a recording")
struct SteadyNoiseTests {
  private static let rate = 16_000
  /// Where nobody speaks in the clips here: 0.3 s at each end of 1.6 s.
  private static let pauses = [0..<4800, 20_800..<25_600]

  /// White noise, and between the pauses a tone of 1 kHz.
  private static func clip(noise decibels: Double, tone: Double = 0.1, seed: UInt64 = 1) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return generator.normals(25_600, deviation: pow(10, decibels / 20)).enumerated().map { index, value in
      guard (4800..<20_800).contains(index) else { return value }
      let edge = min(1, Double(min(index - 4800, 20_799 - index)) / 800)
      return value + Float(tone * edge * sin(2 * .pi * 1000 * Double(index) / Double(rate)))
    }
  }

  private static func level(_ samples: ArraySlice<Float>) -> Double { 10 * log10(samples.power) }

  /// The amplitude of the tone in the middle of a clip, by the definition of Fourier's sum.
  private static func tone(_ samples: [Float]) -> Double {
    var (real, imaginary) = (0.0, 0.0)
    for index in 8000..<16_000 {
      let angle = 2 * .pi * 1000 * Double(index) / Double(rate)
      real += Double(samples[index]) * cos(angle)
      imaginary += Double(samples[index]) * sin(angle)
    }
    return (real * real + imaginary * imaginary).squareRoot() * 2 / 8000
  }

  private static func noise(_ samples: [Float], pauses: [Range<Int>] = pauses) throws -> SteadyNoise {
    try #require(SteadyNoise(samples, pauses: pauses, sampleRate: rate))
  }

  @Test("The level of white noise is found, a breath in it changes little", arguments: [-70.0, -50, -30])
  func level(decibels: Double) throws {
    var clip = Self.clip(noise: decibels)
    // A median of some thirty frames, of which a quarter is new in each, has an error of tenths of a decibel over all bins.
    #expect(abs(try #require(Self.noise(clip).level) - decibels) < 0.5)
    for index in 1000..<1500 { clip[index] += 0.1 * Float(sin(Double(index))) }
    #expect(abs(try #require(Self.noise(clip).level) - decibels) < 1.5)
  }

  @Test("Cleaned, pauses are softer by 20 dB, and a tone is as loud as before", arguments: [-60.0, -50, -40])
  func cleaned(decibels: Double) throws {
    let clip = Self.clip(noise: decibels)
    let cleaned = try Self.noise(clip).removed(from: clip)
    #expect(cleaned.count == clip.count)
    for pause in Self.pauses {
      // A mean of 3 × 3 cells is hardly ever above 4 N: nearly all bins have the floor's −30.5 dB.
      let fall = Self.level(clip[pause]) - Self.level(cleaned[pause])
      #expect((20...31).contains(fall), "\(fall)")
    }
    #expect(abs(20 * log10(Self.tone(cleaned) / Self.tone(clip))) < 0.1)
  }

  @Test("Noise that is made has the spectrum and level of the noise that it is made of, octave by octave")
  func made() throws {
    // 20 dB louder below 500 Hz than above.
    var generator = SeededGenerator(seed: 4)
    let white = generator.normals(64_000, deviation: 0.01)
    let low = white.lowPassed(500, sampleRate: Self.rate)
    let source = zip(white, low).map { 0.1 * $0 + $1 }
    let noise = try Self.noise(source, pauses: [0..<64_000])
    let made = noise.samples(64_000, using: &generator)
    #expect(abs(Self.level(made[...]) - Self.level(source[...])) < 0.5)
    for hertz in [125.0, 250, 500, 1000, 2000, 4000] {
      func band(_ samples: [Float]) -> Double {
        let above = samples.highPassed(hertz, sampleRate: Self.rate)
        return Self.level(above.lowPassed(min(2 * hertz, 7900), sampleRate: Self.rate)[...])
      }
      #expect(abs(band(made) - band(source)) < 1, "\(hertz) Hz: \(band(made)) of \(band(source))")
    }
    // The same generator, the same noise.
    var (first, second) = (SeededGenerator(seed: 9), SeededGenerator(seed: 9))
    #expect(noise.samples(1000, using: &first) == noise.samples(1000, using: &second))
  }

  @Test("Digital silence is no noise; beside frames that sound it does not count")
  func silence() throws {
    let silent =
      [Float](repeating: 0, count: 4800) + Self.clip(noise: -50)[4800..<20_800]
      + [Float](repeating: 0, count: 4800)
    let none = try Self.noise(silent)
    #expect(none.power.allSatisfy { $0 == 0 } && none.level == nil && none.removed(from: silent) == silent)
    var generator = SeededGenerator(seed: 1)
    #expect(none.samples(5000, using: &generator).allSatisfy { $0 == 0 })
    // Half a file of zeros in front of its own noise.
    let padded = [Float](repeating: 0, count: 16_000) + Self.clip(noise: -50)
    let found = try Self.noise(padded, pauses: [0..<20_800, 36_800..<41_600])
    #expect(abs(try #require(found.level) + 50) < 1)
    // 8 bits: the steps of 1 / 128 are larger than the noise, of which a sample in some passes one.
    let coarse = Self.clip(noise: -46).map { ($0 * 128).rounded() / 128 }
    #expect(abs(try #require(Self.noise(coarse).level) - Self.level(coarse[0..<4800])) < 1.5)
  }

  @Test("Without a pause as long as a window there is nothing to find; what overflows is refused")
  func refusals() {
    let clip = Self.clip(noise: -50)
    for pauses in [[], [0..<400], [100..<600, 3000..<3511], [25_000..<90_000].map { $0.clamped(to: 0..<25_300) }] {
      #expect(SteadyNoise(clip, pauses: pauses, sampleRate: Self.rate) == nil, "\(pauses)")
    }
    #expect(SteadyNoise([], pauses: [0..<10], sampleRate: Self.rate) == nil)
    let huge = clip.map { $0 * 1e25 }
    #expect(SteadyNoise(huge, pauses: Self.pauses, sampleRate: Self.rate) == nil)
    // Far beyond the samples: only what is there is read.
    #expect(SteadyNoise(clip, pauses: [20_000..<900_000], sampleRate: Self.rate) != nil)
  }
}
