import Foundation

/// The response of a low-pass filter, a sinc under a window of Kaiser (1974): c sinc(c t) · I₀(β √(1 − (t / T)²)) / I₀(β).
public struct WindowedSinc: Sendable {
  /// T: the response is 0 from this far from its middle on, in samples.
  public let halfLength: Double
  /// c: the cut-off as a part of half the sample rate.
  private let cutoff: Double
  private let beta, peak: Double

  public init(cutoff: Double, halfLength: Double, beta: Double) {
    (self.cutoff, self.halfLength, self.beta, peak) = (cutoff, halfLength, beta, Self.bessel(beta))
  }

  /// The response `time` samples from its middle.
  public func callAsFunction(_ time: Double) -> Double {
    let place = time / halfLength
    guard abs(place) < 1 else { return 0 }
    let angle = Double.pi * cutoff * time
    let window = Self.bessel(beta * (1 - place * place).squareRoot()) / peak
    return cutoff * (angle == 0 ? 1 : sin(angle) / angle) * window
  }

  /// I₀(x) = Σₖ ((x / 2)ᵏ / k!)², the modified Bessel function of the first kind.
  private static func bessel(_ x: Double) -> Double {
    let quarter = x * x / 4
    var (sum, term, k) = (1.0, 1.0, 1.0)
    while term > 1e-12 * sum {
      term *= quarter / (k * k)
      sum += term
      k += 1
    }
    return sum
  }
}
