import Basics
import Foundation
import TestSupport
import Testing

@testable import AudioFiles

@Suite("Resampling")
struct ResamplingTests {
  private func resampled(_ signal: [Float], by resampler: any Resampler) -> [Float] {
    var samples: [Float] = []
    for start in stride(from: 0, to: signal.count, by: 4_096) {
      resampler.feed(signal[start..<min(signal.count, start + 4_096)], into: &samples)
    }
    resampler.finish(into: &samples)
    return samples
  }

  /// Each output as the sum of all inputs under the continuous filter: slow and obvious.
  private func summed(_ signal: [Float], from rate: Int) -> [Float] {
    let ratio = min(1, 16_000 / Double(rate))
    return (0..<(signal.count * 16_000 + rate - 1) / rate).map { output in
      let place = Double(output) * Double(rate) / 16_000
      let sum = signal.enumerated().reduce(0.0) { sum, input in
        sum + Double(input.element) * ratio * PolyphaseFilter.response(ratio * (Double(input.offset) - place))
      }
      return Float(sum)
    }
  }

  @Test(
    "Precomputed weights give the filter's sums to the ends, and what libsamplerate's best converter does between them",
    arguments: [48_000, 44_100, 8_000, 11_025, 22_050, 24_000, 32_000, 96_000, 15_000])
  func polyphase(rate: Int) throws {
    var generator = SeededGenerator(seed: 1)
    let filter = try #require(PolyphaseFilter.between(rate, 16_000))
    func noise(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -1...1, using: &generator) } }
    for count in [1, 700, 3_000] {
      let signal = noise(count)
      let (fast, slow) = (resampled(signal, by: PolyphaseResampler(filter)), summed(signal, from: rate))
      #expect(fast.count == slow.count && relativeDistance(fast, slow) < 1e-5, "\(rate) Hz, \(count) samples")
    }
    let signal = noise(rate / 2 + 1)
    let fast = resampled(signal, by: PolyphaseResampler(filter))
    let slow = resampled(signal, by: StepwiseResampler(from: rate, to: 16_000))
    #expect(fast.count == slow.count)
    // libsamplerate takes only two samples of silence after the end.
    let inside = ..<(fast.count - 400)
    #expect(relativeDistance(Array(fast[inside]), Array(slow[inside])) < 2e-5, "\(rate) Hz")
  }

  @Test("A ratio of large numbers is left to libsamplerate")
  func oddRatio() {
    #expect(PolyphaseFilter.between(44_101, 16_000) == nil)
    #expect(resampler(from: 44_101, to: 16_000) is StepwiseResampler)
    #expect(resampler(from: 48_000, to: 16_000) is PolyphaseResampler)
  }

  @Test("The weights of each place sum to one within the filter's ripple")
  func unity() throws {
    let filter = try #require(PolyphaseFilter.between(44_100, 16_000))
    for phase in 0..<filter.phases {
      let sum = filter.weights[phase * filter.taps..<(phase + 1) * filter.taps].reduce(0, +)
      #expect(abs(sum - 1) < 1e-5)
    }
  }
}
