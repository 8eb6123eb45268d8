import Foundation

extension [Float] {
  /// The sound as through a telephone line: 300 to 3,400 Hz, 8,000 samples a second of 8 bits by the μ-law with μ = 255
  /// (ITU-T G.711, in its continuous form), clipped to ±1.
  public func telephoned(sampleRate: Int) -> [Float] {
    let speed = Double(sampleRate) / 8000
    let band = highPassed(300, sampleRate: sampleRate).lowPassed(3400, sampleRate: sampleRate)
    let line = band.played(atSpeed: speed).map { sample in
      let size = log1p(255 * Double(Swift.min(1, abs(sample)))) / log(256)
      let level = (127 * size).rounded() / 127
      return Float(sign: sample.sign, exponent: 0, significand: Float((pow(256, level) - 1) / 255))
    }
    return line.played(atSpeed: 1 / speed, samples: count)
  }
}
