import Foundation

/// The partials of a voiced frame: the peaks of its spectrum nearest to the multiples of its fundamental.
struct Harmonics {
  private struct Partial {
    var bin: Int
    /// In Hz and as |X|, between the bins; 0 of a partial without a peak, or with the peak of the partial before.
    var frequency, height: Double
    /// |X| of the bin.
    var magnitude: Double
  }

  /// The first is the fundamental.
  private let partials: [Partial]

  private static let most = 100
  /// How far a formant's partial may lie from the formant, relative to its frequency.
  private static let reach = 0.2

  /// - Parameters:
  ///   - magnitudes: |X| of the frame, [bins].
  ///   - fundamental: In Hz.
  init(_ magnitudes: [Double], hertzPerBin: Double, fundamental: Double) {
    let last = magnitudes.count - 1
    func nearest(_ hertz: Double) -> Int {
      hertz < Double(last) * hertzPerBin ? Int((hertz / hertzPerBin).rounded()) : 0
    }
    let lowest = nearest(0.5 * fundamental)
    var partials: [Partial] = []
    for number in 1...Self.most where Double(number) * fundamental < Double(last) * hertzPerBin {
      let expected = nearest(Double(number) * fundamental)
      // Half a fundamental to both sides; above the highest frequency there is nothing to find.
      let range = (
        nearest((Double(number) - 0.5) * fundamental), nearest((Double(number) + 0.5) * fundamental)
      )
      guard let peak = Self.peak(of: magnitudes, near: expected, from: range.0, to: range.1), peak >= lowest else {
        partials.append(Partial(bin: expected, frequency: 0, height: 0, magnitude: 0))
        continue
      }
      let top = Parabola(magnitudes[peak - 1], magnitudes[peak], magnitudes[peak + 1])
      partials.append(
        Partial(
          bin: peak, frequency: (Double(peak) + top.place) * hertzPerBin, height: top.height,
          magnitude: magnitudes[peak]))
    }
    // One peak cannot be two partials.
    for index in partials.indices.dropFirst().reversed() where partials[index].bin == partials[index - 1].bin {
      partials[index] = Partial(bin: partials[index].bin, frequency: 0, height: 0, magnitude: 0)
    }
    self.partials = partials
  }

  /// The peak at a bin, or else the first to its sides, the higher first.
  private static func peak(of values: [Double], near bin: Int, from lowest: Int, to highest: Int) -> Int? {
    if isPeak(values, bin) { return bin }
    var (left, right) = (bin - 1, bin + 1)
    while left >= lowest || right <= highest {
      if right <= highest {
        if isPeak(values, right) { return right }
        right += 1
      }
      if left >= lowest {
        if isPeak(values, left) { return left }
        left -= 1
      }
    }
    return nil
  }

  private static func isPeak(_ values: [Double], _ index: Int) -> Bool {
    index > 0 && index < values.count - 1 && values[index] > values[index - 1] && values[index] > values[index + 1]
  }

  /// 20 log₁₀ of a partial's height over the fundamental's magnitude; nil where either has no peak.
  private func level(_ index: Int) -> Double? {
    guard index < partials.count, partials[0].magnitude > 0 else { return nil }
    guard index > 0 else { return 0 }
    return partials[index].height > 0 ? 20 * log10(partials[index].height / partials[0].magnitude) : nil
  }

  /// H1–H2 in dB. openSMILE counts the fundamental as H0, so these are the partials at two and three times the
  /// fundamental; in phonetics H1 is the fundamental itself.
  var difference: Double? { difference(to: level(2)) }

  /// H1 less another level, in dB.
  func difference(to other: Double?) -> Double? {
    guard let first = level(1), let other else { return nil }
    return first - other
  }

  /// The level of the strongest partial within a fifth of a formant's frequency, relative to the fundamental's, in dB.
  func level(nearFormant formant: Double) -> Double? {
    let range = (formant * (1 - Self.reach))...(formant * (1 + Self.reach))
    let near = partials.indices.filter { partials[$0].magnitude > 0 && range.contains(partials[$0].frequency) }
    guard let strongest = near.max(by: { partials[$0].magnitude < partials[$1].magnitude }) else { return nil }
    return level(strongest)
  }

  /// The harmonics to noise ratio in dB, 10 log₁₀(r(T)/(r(0) − r(T))) with T the peak of the autocorrelation next to
  /// the period, between −90 and 110 dB.
  ///
  /// - Parameters:
  ///   - autocorrelation: |r| at the lags 0, 1, …, in samples.
  ///   - period: In samples.
  static func toNoise(_ autocorrelation: ArraySlice<Float>, period: Double) -> Double {
    let values = autocorrelation.map(Double.init)
    let start = min(Int(period), values.count - 1)
    var lag = start
    if !isPeak(values, start) {
      for distance in 1..<values.count {
        if isPeak(values, start - distance) {
          lag = start - distance
          break
        }
        if isPeak(values, start + distance) {
          lag = start + distance
          break
        }
      }
    }
    let noise = values[0] - values[lag]
    let ratio = noise == 0 ? 1e11 : values[lag] / noise
    return 10 * log10(min(1e11, max(1e-9, ratio)))
  }
}
