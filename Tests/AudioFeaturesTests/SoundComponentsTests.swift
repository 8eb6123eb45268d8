import Basics
import Foundation
import Tensors
import TestSupport
import Testing

@testable import AudioFeatures

@Suite("A sound's components")
struct SoundComponentsTests {
  private func components(
    _ samples: [Float], _ count: Int, _ frontEnd: FrontEnd = FrontEnd(),
    _ divergence: NonnegativeFactorization.Divergence = .kullbackLeibler
  ) -> SoundComponents {
    var generator = SeededGenerator(seed: 1)
    return SoundComponents(
      of: samples, through: FeatureExtractor(frontEnd), components: count, divergence: divergence, steps: 60,
      using: &generator)
  }

  /// 400 Hz, louder in the first half, and 3 kHz at half its level in the second.
  private let tones: [Float] = (0..<16_000).map { index in
    let time = Double(index) / 16_000
    return Float(time < 0.5 ? 0.4 * sin(2 * .pi * 400 * time) : 0.2 * sin(2 * .pi * 3000 * time))
  }

  @Test(
    "The sounds sum to the whole, the energies' shares to 1, the first has most",
    arguments: NonnegativeFactorization.Divergence.allCases)
  func sum(_ divergence: NonnegativeFactorization.Divergence) {
    var other = FrontEnd()
    (other.windowSamples, other.hopSamples, other.mels) = (400, 160, 64)
    for frontEnd in [FrontEnd(), other] {
      let signal = Signals.noise(9_000, seed: 3) + [Float](repeating: 0, count: 3_000)
      let found = components(signal, 5, frontEnd, divergence)
      #expect(found.sounds.shape == [5, 12_000])
      let sum = found.sounds.sum(axes: [0]).floats
      #expect(largestDifference(sum, signal) < 1e-5)
      #expect(abs(found.shares.reduce(0, +) - 1) < 1e-6 && found.shares == found.shares.sorted(by: >))
      #expect(found.sounds.isFinite && found.centres.allSatisfy { (0...8000).contains($0) })
    }
  }

  @Test("Two tones one after the other become two components of their frequencies, each a sound in its half")
  func tonesApart() {
    let found = components(tones, 2)
    #expect(abs(found.centres[0] - 400) < 60 && abs(found.centres[1] - 3000) < 120, "\(found.centres)")
    // 0.4² against 0.2².
    #expect(abs(found.shares[0] - 0.8) < 0.02, "\(found.shares)")
    func energy(_ component: Int, _ range: Range<Int>) -> Float {
      found.sounds.slice(axis: 0, component..<(component + 1)).floats[range].reduce(0) { $0 + $1 * $1 }
    }
    // A window around the middle has both.
    #expect(energy(0, 8_600..<16_000) < 1e-3 * energy(0, 0..<7_400))
    #expect(energy(1, 0..<7_400) < 1e-3 * energy(1, 8_600..<16_000))
  }

  @Test("One component is the whole sound; one frame has one component")
  func single() {
    #expect(largestDifference(components(tones, 1).sounds.floats, tones) < 1e-5)
    let short = Array(tones.prefix(100))
    #expect(largestDifference(components(short, 1).sounds.floats, short) < 1e-5)
  }
}
