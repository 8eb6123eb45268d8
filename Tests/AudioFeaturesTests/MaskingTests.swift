import Basics
import Foundation
import TestSupport
import Testing

@testable import AudioFeatures

@Suite("Masking")
struct MaskingTests {
  private static let rate = 16_000
  private static let tone = 1000.0

  private func bark(_ hertz: Double) -> Double {
    13 * atan(0.00076 * hertz) + 3.5 * atan((hertz / 7500) * (hertz / 7500))
  }

  /// A cosine that is its own mirror image at both ends, so that all frames are alike: 1 kHz is bin 128.
  private func cosine(_ amplitude: Double) -> [Float] {
    let step: Double = 2 * Double.pi * Self.tone / Double(Self.rate)
    return (0...8192).map { (place: Int) -> Float in Float(amplitude * cos(step * Double(place))) }
  }

  /// Voice that begins and ends in silence.
  private func phrase(_ count: Int) -> [Float] {
    (0..<count).map { (place: Int) -> Float in
      let position = Double(place) / Double(count)
      let level: Double = 0.3 * pow(sin(Double.pi * position), 4)
      var voice = 0.0
      for harmonic in 1...15 { voice += sin(0.055 * Double(harmonic * place)) / Double(harmonic) }
      return Float(level * voice)
    }
  }

  private struct Stored: Decodable {
    let shift: Double
    let rows: [[Double]]
  }

  /// Tests/Fixtures/masking.py writes the file.
  @Test("The threshold of tones in noise is that of the formulas in NumPy")
  func numpy() throws {
    let stored = try JSONDecoder().decode(Stored.self, from: Data(contentsOf: Checkout.fixture("masking.json")))
    let noise = sampled("masking noise", [6000]).floats
    let samples = noise.enumerated().map { (place: Int, noise: Float) -> Float in
      let time = Double(place) / 16_000
      let low: Double = 0.3 * sin(2 * Double.pi * 440 * time)
      let high: Double = 0.02 * sin(2 * Double.pi * 3100 * time)
      let fade: Double = 0.05 * (1 - time * 16_000 / 6000)
      return Float(low + high + Double(noise) * fade)
    }
    let threshold = MaskingThreshold(samples, sampleRate: Self.rate)
    #expect(abs(threshold.shift - stored.shift) < 1e-3 && threshold.frames == 12 && stored.rows.count == 4)
    #expect(threshold.decibels.shape == [MaskingThreshold.bins, 12])
    let found = threshold.decibels.transposed().floats
    for (row, expected) in stored.rows.enumerated() {
      let first = row * 3 * MaskingThreshold.bins
      let kept = stride(from: 0, to: MaskingThreshold.bins, by: 11).map { Double(found[first + $0]) }
      #expect(largestDifference(kept, expected) < 0.01)
    }
  }

  @Test("A tone masks most at its own bin, less by 27 dB a bark below it and by its level's slope above")
  func slopes() {
    let threshold = MaskingThreshold(cosine(0.5), sampleRate: Self.rate)
    let found = threshold.decibels.transposed().floats
    // Two neighbours of half the magnitude under a Hann window.
    let level: Double = 96 + 10 * log10(1.5)
    let top: Double = level - 6.025 - 0.275 * bark(Self.tone)
    let rise: Double = -27 + 0.37 * (level - 40)
    func distance(_ bin: Int) -> Double { bark(Double(bin) * 7.8125) - bark(Self.tone) }
    // Far below it only the threshold of hearing is left, at 125 Hz:
    let quiet: Double = 3.64 * pow(0.125, -0.8) - 6.5 * exp(-0.6 * 3.175 * 3.175) - 12
    for frame in [0, 8, 16] {
      let row = found[(frame * MaskingThreshold.bins)..<((frame + 1) * MaskingThreshold.bins)].map(Double.init)
      #expect(row.indices.max { row[$0] < row[$1] } == 128)
      #expect(abs(row[128] - top) < 0.01)
      for bin in [112, 120] { #expect(abs(row[bin] - top - 27 * distance(bin)) < 0.1) }
      for bin in [160, 256, 384] { #expect(abs(row[bin] - top - rise * distance(bin)) < 0.1) }
      #expect(abs(row[16] - quiet) < 0.01)
    }
  }

  @Test("A quieter tone is as far above the threshold of the tone as its level says")
  func excess() {
    let threshold = MaskingThreshold(cosine(0.5), sampleRate: Self.rate)
    // 40 dB under the tone, whose threshold is 6.025 + 0.275 b under its level of 96 + 10 log 1.5.
    let expected: Double = -40 + 6.025 + 0.275 * bark(Self.tone) - 10 * log10(1.5)
    #expect(abs(MaskedChange(threshold, below: 0).excess(of: cosine(0.005)) - expected) < 0.02)
    #expect(abs(MaskedChange(threshold, below: 12).excess(of: cosine(0.005)) - expected - 12) < 0.02)
    #expect(MaskedChange(threshold, below: 0).excess(of: [Float](repeating: 0, count: 8193)) == -.infinity)
  }

  @Test(
    "Every change becomes one that is masked, of any length; what is masked stays", arguments: [24_000, 6001, 300, 1])
  func limited(_ count: Int) {
    let sound = phrase(count).map { $0 + 1e-4 }
    let masked = MaskedChange(MaskingThreshold(sound, sampleRate: Self.rate), below: 0)
    var generator = SeededGenerator(seed: 3)
    for deviation in [1e-3, 1.0] {
      let change = generator.normals(count, deviation: deviation)
      let found = masked.limited(change)
      let excess = masked.excess(of: found)
      #expect(found.allSatisfy(\.isFinite) && excess < MaskedChange.tolerance + 0.01)
      // Of many frames the one bin that decides is at its limit.
      if count > 6000 { #expect(excess > MaskedChange.tolerance - 0.01) }
      // Far below all limits, of a frame's neighbours too.
      let quiet = found.map { $0 * 1e-5 }
      #expect(relativeDistance(masked.limited(quiet), quiet) < 1e-4)
    }
    let steepest = masked.steepest(generator.normals(count, deviation: 1))
    #expect(masked.excess(of: masked.limited(steepest)) < MaskedChange.tolerance + 0.01)
  }

  @Test("The strictest of several limits lets through only what each does")
  func strictest() {
    let (long, short) = (phrase(12_000), phrase(8000))
    let both = [long, short].map { MaskedChange(MaskingThreshold($0, sampleRate: Self.rate), below: 0) }
    let strictest = MaskedChange(strictestOf: both)
    var generator = SeededGenerator(seed: 4)
    let change = strictest.limited(generator.normals(12_000, deviation: 0.1))
    #expect(both[0].excess(of: change) < MaskedChange.tolerance + 0.01)
    let alone = MaskedChange(strictestOf: [both[1]])
    #expect(abs(alone.excess(of: short) - both[1].excess(of: short)) < 1e-6)
    #expect(strictest.excess(of: long) >= both[0].excess(of: long))
  }
}
