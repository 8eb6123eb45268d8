import Foundation

/// The resonances of the vocal tract in a frame: the poles of the linear prediction of its sound (Markel and Gray 1976,
/// "Linear prediction of speech") below 5.5 kHz or half the sample rate, by the autocorrelation of the power spectrum.
///
/// Praat's settings: emphasis of 6 dB an octave from 50 Hz on, and two poles for each 1.1 kHz. openSMILE's own formants
/// are not followed. It takes the roots of 1 − Σ aₖ z⁻ᵏ, where its aₖ are those of 1 + Σ aₖ z⁻ᵏ, so that they are no
/// resonances.
struct Formants {
  struct Resonance {
    /// In Hz; the bandwidth is where the power falls to a half.
    let frequency, bandwidth: Double
  }

  private static let highest = 5500.0
  private static let emphasisFrom = 50.0
  /// The frequencies that are no formant, at both ends, in Hz.
  private static let margin = 50.0
  /// The bandwidth in Hz from which on a pole is no resonance: it shapes the whole spectrum. Praat's formants lose
  /// nothing by it.
  private static let widest = 3000.0
  /// The least mean square of a frame that has resonances; less is silence.
  private static let leastPower = 1e-14

  private let rate: Double
  private let order: Int
  /// The emphasis of each bin's power, twice where the spectrum has a mirror image of it.
  private let emphasis: [Double]
  /// cos(2π f lag/rate), [lags, bins].
  private let cosines: [[Double]]

  init(bins: Int, hertzPerBin: Double) {
    let top = min(Self.highest, Double(bins - 1) * hertzPerBin)
    let rate = 2 * top
    let count = Int(top / hertzPerBin) + 1
    let coefficient = exp(-2 * .pi * Self.emphasisFrom / rate)
    let angles = (0..<count).map { 2 * .pi * Double($0) * hertzPerBin / rate }
    emphasis = angles.enumerated().map { bin, angle in
      // The ends are their own mirror images.
      let isEnd = bin == 0 || Double(bin) * hertzPerBin == top
      return (isEnd ? 1 : 2) * (1 + coefficient * coefficient - 2 * coefficient * cos(angle))
    }
    let order = 2 * Int((top / 1100).rounded())
    cosines = (0...order).map { lag in angles.map { cos($0 * Double(lag)) } }
    (self.rate, self.order) = (rate, order)
  }

  /// The resonances of a frame's power, the lowest first.
  func resonances(_ power: UnsafeBufferPointer<Float>) -> [Resonance] {
    let emphasised = emphasis.indices.map { emphasis[$0] * Double(power[$0]) }
    let correlations = cosines.map { row in
      var sum = 0.0
      for bin in emphasised.indices { sum += row[bin] * emphasised[bin] }
      return sum
    }
    guard correlations[0] > Self.leastPower, let filter = prediction(correlations) else { return [] }
    let poles = PolynomialRoots.upper(of: filter)
    return poles.compactMap { pole -> Resonance? in
      let frequency = atan2(pole.imaginary, pole.real) * rate / (2 * .pi)
      guard (Self.margin...(rate / 2 - Self.margin)).contains(frequency), pole.magnitude < 1 else { return nil }
      let bandwidth = -log(pole.magnitude) * rate / .pi
      return bandwidth < Self.widest ? Resonance(frequency: frequency, bandwidth: bandwidth) : nil
    }.sorted { $0.frequency < $1.frequency }
  }

  /// 1, a₁, … of the filter 1 + Σ aₖ z⁻ᵏ that leaves the least power (Levinson 1947, Durbin 1960).
  private func prediction(_ correlations: [Double]) -> [Double]? {
    var filter = [1.0] + [Double](repeating: 0, count: order)
    var error = correlations[0]
    for index in 1...order {
      var sum = correlations[index]
      for lag in 1..<index { sum += filter[lag] * correlations[index - lag] }
      let reflection = -sum / error
      var next = filter
      for lag in 1..<index { next[lag] = filter[lag] + reflection * filter[index - lag] }
      next[index] = reflection
      filter = next
      error *= 1 - reflection * reflection
      guard error > 0 else { return nil }
    }
    return filter
  }
}
