import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite("Signals limited to a band")
struct BandLimitTests {
  /// The sum of the band's bins and their mirror images, each from its own sum over the samples.
  private func slow(_ signal: [Float], _ bins: ClosedRange<Int>) -> [Double] {
    let count = signal.count
    var found = [Double](repeating: 0, count: count)
    for bin in bins {
      var (real, imaginary) = (0.0, 0.0)
      for (place, value) in signal.enumerated() {
        let angle = 2 * .pi * Double(bin * place) / Double(count)
        real += Double(value) * cos(angle)
        imaginary += Double(value) * sin(angle)
      }
      let isOwnImage = bin == 0 || 2 * bin == count
      let weight = (isOwnImage ? 1 : 2) / Double(count)
      for place in 0..<count {
        let angle = 2 * .pi * Double(bin * place) / Double(count)
        found[place] += weight * (real * cos(angle) + imaginary * sin(angle))
      }
    }
    return found
  }

  @Test("A band of an even, an odd and a prime number of samples, and of one", arguments: [48, 45, 47, 1])
  func bands(_ samples: Int) {
    let signal = sampled(samples, seed: 7)
    for bins in [0...0, 0...(samples / 2), (samples / 5)...(samples / 3), (samples / 2)...(samples / 2)] {
      let limit = BandLimit(samples: samples, bins: bins)
      let found = limit(signal)
      #expect(largestDifference(found.map(Double.init), slow(signal, bins)) < 1e-5, "\(bins) of \(samples)")
      // A projection.
      #expect(largestDifference(limit(found), found) < 1e-6)
    }
  }
}
