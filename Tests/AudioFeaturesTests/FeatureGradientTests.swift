import AudioFeatures
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Gradients through the front-end")
struct FeatureGradientTests {
  private let extractor = FeatureExtractor()

  /// The log-mel once more in double, from the formula: a sum over samples for every bin. [mels][frames]
  private func slowLogMel(_ samples: [Double]) -> [[Double]] {
    let (count, length, hop) = (samples.count, 1024, 256)
    let filters = extractor.frontEnd.melFilters.floats
    let frames = (0...(count / hop)).map { frame -> [Double] in
      let windowed = (0..<length).map { i -> Double in
        // The signal goes on mirrored about its first and last sample, again and again.
        let period = max(2 * (count - 1), 1)
        let place = (((frame * hop + i - length / 2) % period) + period) % period
        return samples[min(place, period - place)] * (0.5 - 0.5 * cos(2 * .pi * Double(i) / 1024))
      }
      let power = (0...512).map { bin -> Double in
        var (real, imaginary) = (0.0, 0.0)
        for (i, value) in windowed.enumerated() {
          real += value * Self.cosine[bin * i % 1024]
          imaginary += value * Self.cosine[(bin * i + 256) % 1024]
        }
        return real * real + imaginary * imaginary
      }
      return (0..<128).map { mel in
        let sum = power.enumerated().reduce(0) { $0 + $1.element * Double(filters[mel * 513 + $1.offset]) }
        return 10 * log10(max(sum, 1e-10))
      }
    }
    let floor = frames.joined().max()! - 80
    return (0..<128).map { mel in frames.map { max($0[mel], floor) } }
  }

  private static let cosine = (0..<1024).map { cos(2 * .pi * Double($0) / 1024) }

  private func slowMFCC(_ samples: [Double]) -> [[Double]] {
    let mel = slowLogMel(samples)
    return (0..<40).map { k in
      let scale = (k == 0 ? 1.0 / 128 : 2.0 / 128).squareRoot()
      let row = (0..<128).map { scale * cos(.pi * Double(k) * (Double($0) + 0.5) / 128) }
      return mel[0].indices.map { frame in
        zip(row, mel).reduce(0) { $0 + $1.0 * $1.1[frame] }
      }
    }
  }

  enum Feature: CaseIterable { case mel, mfcc }

  @Test("waveform → mel and waveform → MFCC, beside differences of a slow twin", arguments: Feature.allCases)
  func derivatives(_ feature: Feature) {
    let signal = Signals.noise(900, seed: 11).map { $0 * 0.5 }
    let x = Tensor(signal, shape: [1, signal.count]).variable()
    let mel = extractor.logMel(x)
    let found = feature == .mel ? mel : extractor.mfcc(logMel: mel)
    let slow = { (samples: [Double]) -> [Double] in
      Array((feature == .mel ? slowLogMel(samples) : slowMFCC(samples)).joined())
    }
    let samples = signal.map(Double.init)
    let expected = slow(samples)
    #expect(largestDifference(found.floats.map(Double.init), expected) < 1e-3)

    let weight = Signals.noise(found.count, seed: 12)
    let gradient = gradients(of: found, weight: Tensor(weight, shape: found.shape), at: [x])[0].floats
    // Samples about both ends, where the reflection acts, and between.
    var (difference, size) = (0.0, 0.0)
    for place in [0, 1, 2, 255, 256, 400, 511, 512, 513, 700, 898, 899] {
      func score(_ step: Double) -> Double {
        var moved = samples
        moved[place] += step
        return zip(slow(moved), weight).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
      let quotient = (score(1e-5) - score(-1e-5)) / 2e-5
      difference += pow(quotient - Double(gradient[place]), 2)
      size += quotient * quotient
    }
    #expect((difference / size).squareRoot() < 1e-4)
  }

  @Test("Cells on the floor pull at nothing")
  func floor() {
    let signal = Signals.named("click")
    let x = Tensor(signal, shape: [1, signal.count]).variable()
    let mel = extractor.logMel(x)
    let floats = mel.floats
    let lowest = floats.min()!
    #expect(lowest == floats.max()! - 80)
    let onFloor = floats.map { Float($0 == lowest ? 1 : 0) }
    #expect(onFloor.reduce(0, +) > 1000)
    let found = gradients(of: mel, weight: Tensor(onFloor, shape: mel.shape), at: [x])[0]
    #expect(found.floats.allSatisfy { $0 == 0 })
  }

  @Test("Nor do cells under the least power that counts", arguments: ["silence", "quiet"])
  func leastPower(_ name: String) {
    let signal = Signals.named(name)
    let x = Tensor(signal, shape: [1, signal.count]).variable()
    let mel = extractor.logMel(x)
    let floats = mel.floats
    #expect(floats.min()! >= -100.0001)
    let onFloor = floats.map { Float($0 < -99.9999 ? 1 : 0) }
    #expect(onFloor.contains(1) && (name == "silence") == !onFloor.contains(0))
    let found = gradients(of: mel, weight: Tensor(onFloor, shape: mel.shape), at: [x])[0]
    #expect(found.isFinite && found.floats.allSatisfy { $0 == 0 })
    #expect(gradients(of: extractor.logMel(x), at: [x])[0].isFinite)
  }

  @Test("The MFCC's gradient at the mel is the cosines' transpose")
  func cosines() {
    let mel = Tensor(Signals.noise(2 * 128 * 7, seed: 13), shape: [2, 1, 128, 7]).variable()
    let weight = Tensor(Signals.noise(2 * 40 * 7, seed: 14), shape: [2, 1, 40, 7])
    let found = gradients(of: extractor.mfcc(logMel: mel), weight: weight, at: [mel])[0].floats
    let cosines = extractor.frontEnd.cosines.floats
    let weights = weight.floats
    for (clip, mel, frame) in [(0, 0, 0), (0, 127, 6), (1, 64, 3), (1, 5, 1)] {
      let expected = (0..<40).reduce(0.0) {
        $0 + Double(cosines[$1 * 128 + mel]) * Double(weights[(clip * 40 + $1) * 7 + frame])
      }
      #expect(abs(Double(found[(clip * 128 + mel) * 7 + frame]) - expected) < 1e-5)
    }
  }

  @Test("Deltas' gradients are their transpose: ⟨Δx, w⟩ = ⟨x, Δᵀw⟩")
  func deltas() {
    let x = Tensor(Signals.noise(3 * 20, seed: 15), shape: [3, 20]).variable()
    let weight = Tensor(Signals.noise(3 * 20, seed: 16), shape: [3, 20])
    for f in [{ (x: Tensor) in x.delta() }, { $0.deltaDelta() }] {
      let y = f(x)
      let forward = (y.detached * weight).sum().scalar
      let backward = (gradients(of: y, weight: weight, at: [x])[0] * x.detached).sum().scalar
      #expect(abs(forward - backward) < 1e-5)
    }
  }
}
