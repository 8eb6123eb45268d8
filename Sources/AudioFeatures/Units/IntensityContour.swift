import Foundation

/// The level of a sound over time, as Praat's "To Intensity" has it: the mean square of the samples, less their mean, under a
/// Kaiser window that hides the voice's own periods (Boersma and Weenink; β is 2π² + ½).
struct IntensityContour {
  /// Seconds between two levels.
  static let step = 0.008

  /// The times of the levels in seconds; none of a sound shorter than the window.
  let times: [Double]
  /// In dB re 4·10⁻¹⁰, the square of 20 µPa for samples in pascal.
  let levels: [Double]

  /// - Parameter lowestPitch: In Hz: the window is 6.4 of its periods long, of which half counts.
  init(_ samples: [Float], sampleRate: Int, lowestPitch: Double) {
    let half = 3.2 / lowestPitch
    let reach = Int(half * Double(sampleRate))
    let window = (-reach...reach).map { offset in
      let place = Double(offset) / Double(sampleRate) / half
      return Self.bessel((2 * .pi * .pi + 0.5) * max(0, 1 - place * place).squareRoot())
    }
    let duration = Double(samples.count) / Double(sampleRate)
    let count = Int((duration - 2 * half) / Self.step) + 1
    guard duration >= 2 * half else {
      (times, levels) = ([], [])
      return
    }
    let first = (duration - Double(count - 1) * Self.step) / 2
    times = (0..<count).map { first + Self.step * Double($0) }
    levels = times.map { time in
      let middle = Int((time * Double(sampleRate) - 0.5).rounded())
      let range = max(0, middle - reach)..<min(samples.count, middle + reach + 1)
      let mean = range.reduce(0) { $0 + Double(samples[$1]) } / Double(range.count)
      var (energy, weight) = (0.0, 0.0)
      for index in range {
        let own = window[index - middle + reach]
        let value = Double(samples[index]) - mean
        energy += own * value * value
        weight += own
      }
      return 10 * log10(max(energy / weight / 4e-10, 1e-30))
    }
  }

  /// The modified Bessel function of the first kind and of order 0, by its series.
  private static func bessel(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for k in 1... {
      term *= x * x / Double(4 * k * k)
      sum += term
      if term < 1e-17 * sum { break }
    }
    return sum
  }
}
