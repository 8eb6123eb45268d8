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

  @Test(
    "Precomputed weights give what libsamplerate's best converter does, of noise up to the Nyquist frequency",
    arguments: [48_000, 44_100, 8_000, 11_025, 22_050, 24_000, 32_000, 96_000, 15_000])
  func polyphase(rate: Int) throws {
    var generator = SystemRandomNumberGenerator()
    for count in [1, 700, rate / 2 + 1] {
      let noise = (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
      let filter = try #require(PolyphaseFilter.between(rate, 16_000))
      let fast = resampled(noise, by: PolyphaseResampler(filter))
      let slow = resampled(noise, by: StepwiseResampler(from: rate, to: 16_000))
      #expect(fast.count == slow.count && fast.count == (count * 16_000 + rate - 1) / rate)
      // libsamplerate ends with two samples of silence, and its last output has half of its sum.
      let whole = max(0, fast.count - 400)
      #expect(whole == 0 || relativeDistance(Array(fast[..<whole]), Array(slow[..<whole])) < 2e-5, "\(rate) Hz")
      #expect(relativeDistance(fast, slow) < 0.5)
    }
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
