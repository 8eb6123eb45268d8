import Foundation

/// How a frame's power is spread over the frequencies, and how fast that changes. A band that lies above half the
/// sample rate is cut there.
struct SpectralBalance {
  /// A straight line fitted to the decibels of a band's bins: its slope is Σ weight · dB.
  private struct Line {
    let first: Int
    let weights: [Double]

    /// The least squares of n ordinates, n the bins' distance from first to last; the bins in which the band ends count
    /// by the part that is in it (openSMILE's way, which makes the slope a little flatter than n + 1 would).
    init(_ band: ClosedRange<Double>, bins: Int, hertzPerBin: Double) {
      let start = Int(band.lowerBound / hertzPerBin)
      let end = min(Int(band.upperBound / hertzPerBin), bins - 1)
      let (before, after) = (
        Double(start + 1) - band.lowerBound / hertzPerBin, band.upperBound / hertzPerBin - Double(end)
      )
      let count = Double(end - start)
      let shares = (start...end).map { bin in
        bin == start ? before : bin == end && after > 0 && after < 1 ? after : 1
      }
      let hertz = zip(start...end, shares).map { Double($0) * hertzPerBin * $1 }
      let sum = hertz.reduce(0, +)
      let squares = hertz.reduce(0) { $0 + $1 * $1 }
      let determinant = count * squares - sum * sum
      first = start
      weights = zip(hertz, shares).map { (count * $0 - sum * $1) / determinant }
    }

    func slope(_ power: UnsafeBufferPointer<Float>) -> Double {
      var slope = 0.0
      for (index, weight) in weights.enumerated() {
        slope += weight * 10 * log10(max(Double(power[first + index]), SpectralBalance.leastPower))
      }
      return slope
    }
  }

  /// The least power whose logarithm is taken.
  private static let leastPower = 1e-14

  private let lines: (low: Line, high: Line)
  /// The first bins at or above 1, 2 and 5 kHz, and the first above 5 kHz.
  private let oneKilohertz, twoKilohertz, fiveKilohertz, above: Int

  init(bins: Int, hertzPerBin: Double) {
    func bin(at hertz: Double) -> Int { min(bins, Int((hertz / hertzPerBin).rounded(.up))) }
    (oneKilohertz, twoKilohertz, fiveKilohertz) = (bin(at: 1000), bin(at: 2000), bin(at: 5000))
    above = min(bins, Int(5000 / hertzPerBin) + 1)
    lines = (
      Line(0...500, bins: bins, hertzPerBin: hertzPerBin), Line(500...1500, bins: bins, hertzPerBin: hertzPerBin)
    )
  }

  /// The power from 1 to 5 kHz over that below 1 kHz, in dB; 0 of silence.
  func alphaRatio(_ power: UnsafeBufferPointer<Float>) -> Double {
    let low = power[..<oneKilohertz].reduce(0) { $0 + Double($1) }
    let high = power[oneKilohertz..<above].reduce(0) { $0 + Double($1) }
    return low > 0 ? 10 * log10(max(high, Self.leastPower) / low) : 0
  }

  /// The strongest bin below 2 kHz over the strongest from 2 to 5 kHz, in dB; 0 of silence.
  func hammarbergIndex(_ power: UnsafeBufferPointer<Float>) -> Double {
    let low = power[..<twoKilohertz].reduce(0) { max($0, Double($1)) }
    let high = power[twoKilohertz..<above].reduce(0) { max($0, Double($1)) }
    return high > 0 ? 10 * log10(max(low, Self.leastPower) / high) : 0
  }

  /// Of the decibels from 0 to 500 Hz and from 500 to 1500 Hz, in dB/Hz.
  func slopes(_ power: UnsafeBufferPointer<Float>) -> (low: Double, high: Double) {
    (lines.low.slope(power), lines.high.slope(power))
  }

  /// √(mean (|X| − |X before|)²) over the bins below 5 kHz.
  func flux(_ power: UnsafeBufferPointer<Float>, after before: UnsafeBufferPointer<Float>) -> Double {
    var sum = 0.0
    for bin in 0..<fiveKilohertz {
      let change = Double(power[bin]).squareRoot() - Double(before[bin]).squareRoot()
      sum += change * change
    }
    return (sum / Double(fiveKilohertz)).squareRoot()
  }
}
