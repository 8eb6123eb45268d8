import Foundation

extension [Float] {
  /// The sound without what lies above a frequency: Butterworth's low-pass of the fourth order, as two sections of the
  /// second (bilinear transform, prewarped).
  /// - Parameter hertz: Where 3 dB are lost: above 0, below half the sample rate.
  public func lowPassed(_ hertz: Double, sampleRate: Int) -> [Float] {
    Section.butterworth.reduce(self) { Section(hertz, sampleRate, quality: $1, isHighPass: false).filtered($0) }
  }

  /// The sound without what lies below a frequency; see ``lowPassed(_:sampleRate:)``.
  public func highPassed(_ hertz: Double, sampleRate: Int) -> [Float] {
    Section.butterworth.reduce(self) { Section(hertz, sampleRate, quality: $1, isHighPass: true).filtered($0) }
  }
}

/// A filter of the second order, y[n] = b₀x[n] + b₁x[n−1] + b₂x[n−2] − a₁y[n−1] − a₂y[n−2].
private struct Section {
  private let b: (Double, Double, Double)
  private let a: (Double, Double)

  /// The qualities 1 / (2 cos π/8) and 1 / (2 cos 3π/8) of Butterworth's filter of the fourth order.
  static let butterworth = [1.0, 3.0].map { 1 / (2 * cos($0 * Double.pi / 8)) }

  init(_ hertz: Double, _ sampleRate: Int, quality: Double, isHighPass: Bool) {
    let angle = 2 * .pi * hertz / Double(sampleRate)
    let alpha = sin(angle) / (2 * quality)
    let scale = 1 / (1 + alpha)
    let outer = (isHighPass ? 1 + cos(angle) : 1 - cos(angle)) / 2 * scale
    b = (outer, isHighPass ? -2 * outer : 2 * outer, outer)
    a = (-2 * cos(angle) * scale, (1 - alpha) * scale)
  }

  func filtered(_ samples: [Float]) -> [Float] {
    var (first, second) = (0.0, 0.0)
    return samples.map { sample in
      let x = Double(sample)
      let y = b.0 * x + first
      first = b.1 * x - a.0 * y + second
      second = b.2 * x - a.1 * y
      return Float(y)
    }
  }
}
