import Foundation

/// 26 overlapping bands of a spectrum, triangles on the mel scale from 20 Hz to 8 kHz or half the sample rate: for the
/// loudness and for the first four MFCC.
struct AuditoryBands {
  static let count = 26
  static let range = 20.0...8000.0

  /// The exponent that makes loudness of power (Hermansky 1990, "Perceptual linear predictive analysis of speech").
  private static let compression = 0.33
  /// The least energy of a band for the loudness, about one unit of a 16-bit sample.
  private static let leastEnergy = 9.3e-10
  /// HTK's samples are 16-bit numbers, and the logarithm of less than 1 is not taken.
  private static let fullScale = 32_767.0
  /// HTK's lifter of MFCC: coefficient n times 1 + 22/2 sin(πn/22).
  private static let lifter = 22.0

  /// The first bin that counts, and of it and each that follows the band that rises there and its weight in that band;
  /// what remains is in the band before.
  private let first: Int
  private let rising: [(band: Int, weight: Double)]
  private let loudnessWeights: [Double]
  /// [coefficients, bands].
  private let cosines: [[Double]]

  init(bins: Int, hertzPerBin: Double) {
    let top = min(Self.range.upperBound, Double(bins - 1) * hertzPerBin)
    let lowest = Self.mel(Self.range.lowerBound)
    let step = (Self.mel(top) - lowest) / Double(Self.count + 1)
    first = Int((Self.range.lowerBound / hertzPerBin).rounded()) + 1
    let end = max(first, min(Int((top / hertzPerBin).rounded()), bins - 1))
    rising = (first..<end).map { bin in
      let place = (Self.mel(Double(bin) * hertzPerBin) - lowest) / step
      let band = Int(place)
      return (band, place - Double(band))
    }
    loudnessWeights = (1...Self.count).map { band in
      Self.equalLoudness(hertz: 700 * (exp((lowest + Double(band) * step) / 1127) - 1))
    }
    cosines = (1...4).map { order in
      let lift = 1 + Self.lifter / 2 * sin(.pi * Double(order) / Self.lifter)
      let scale = (2 / Double(Self.count)).squareRoot() * lift
      return (0..<Self.count).map { scale * cos(.pi * Double(order) * (Double($0) + 0.5) / Double(Self.count)) }
    }
  }

  /// 1127 ln(1 + f/700), HTK's mel.
  private static func mel(_ hertz: Double) -> Double { 1127 * log(1 + hertz / 700) }

  /// The ear's sensitivity to power at a frequency (Hermansky 1990, equation 7), which above 5 kHz falls by
  /// ω⁷ + 1.7·10³¹, scaled as openSMILE does.
  private static func equalLoudness(hertz: Double) -> Double {
    let omega = 2 * Double.pi * hertz
    let square = omega * omega
    let low = square + 6.3e6
    let high = square * square * square * omega + 1.7e31
    return 1e32 * (square + 56.8e6) * square * square / (low * low * (square + 0.38e9) * high)
  }

  /// The energies of the bands, of a frame's power.
  func energies(_ power: UnsafeBufferPointer<Float>) -> [Double] {
    var energies = [Double](repeating: 0, count: Self.count)
    for (index, place) in rising.enumerated() {
      let own = Double(power[first + index])
      if place.band < Self.count { energies[place.band] += own * place.weight }
      if place.band > 0 { energies[place.band - 1] += own * (1 - place.weight) }
    }
    return energies
  }

  /// The mean of (E · sensitivity)^0.33 over the bands.
  func loudness(_ energies: [Double]) -> Double {
    let sum = zip(energies, loudnessWeights).reduce(0.0) { sum, band in
      sum + pow(max(band.0, Self.leastEnergy) * band.1, Self.compression)
    }
    return sum / Double(Self.count)
  }

  /// MFCC 1 to 4, as HTK has them.
  func coefficients(_ energies: [Double]) -> [Double] {
    let logarithms = energies.map { log(max($0 * Self.fullScale * Self.fullScale, 1)) }
    return cosines.map { row in zip(row, logarithms).reduce(0) { $0 + $1.0 * $1.1 } }
  }
}
