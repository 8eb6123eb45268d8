import Foundation

/// The fundamentals that a frame may have, by the sum of a spectrum with itself moved down to its subharmonics (Hermes
/// 1988, "Measurement of pitch by subharmonic summation"), with openSMILE's numbers.
struct SubharmonicSummation {
  struct Candidate {
    /// In Hz.
    let frequency: Double
    /// 1 − mean/height of the peak in the sum, 0 to 1.
    let voicing: Double
  }

  static let mostCandidates = 6
  static let range = 55.0...1000.0

  private static let lowest = 25.0
  private static let harmonics = 15
  /// The weight of each harmonic, relative to that of the one before.
  private static let decline = 0.85

  private let bins: Int
  private let spline: NaturalSpline
  /// Of the octave scale: its first point in log₂ Hz, the distance of two, and the ear's weight of each.
  private let start, step: Double
  private let weights: [Double]
  /// How far each harmonic but the first is moved, in points, and its weight.
  private let shifts: [(points: Int, weight: Double)]

  init(bins: Int, hertzPerBin: Double) {
    self.bins = bins
    var places = (0..<bins).map { log2(Double($0) * hertzPerBin) }
    // 0 Hz, which the octave scale does not have.
    places[0] = 2 * places[1] - places[2]
    let (first, last) = (log2(Self.lowest), places[bins - 1])
    let step = (last - first) / Double(bins - 1)
    (start, self.step) = (first, step)
    spline = NaturalSpline(through: places, at: (0..<bins).map { first + Double($0) * step })
    let pointsPerOctave = Double(bins) / (last - first)
    // Low frequencies count less: the weight is a half at about 65 Hz (Hermes 1988, with an arc tangent).
    let middle = pointsPerOctave * log2(65.0 / 50)
    weights = (0..<bins).map { 0.5 + atan(3 * (Double($0) + 2 - middle) / pointsPerOctave) / .pi }
    shifts = (2...Self.harmonics).map { harmonic in
      (Int(pointsPerOctave * log2(Double(harmonic))), pow(Self.decline, Double(harmonic - 1)))
    }
  }

  /// The candidates of a frame's magnitudes, the strongest first.
  func candidates(_ magnitudes: [Double]) -> [Candidate] {
    let octaves = zip(spline.values(smoothed(peaks(of: magnitudes))), weights).map { max(0, $0) * $1 }
    var sum = octaves
    octaves.withUnsafeBufferPointer { octaves in
      sum.withUnsafeMutableBufferPointer { sum in
        for shift in shifts where shift.points < bins {
          for point in 0..<(bins - shift.points) { sum[point] += octaves[point + shift.points] * shift.weight }
        }
      }
    }
    let mean = sum.reduce(0, +) / Double(bins)
    var found: [Int] = []
    for point in 1..<(bins - 1) where sum[point - 1] < sum[point] && sum[point] > sum[point + 1] {
      let place = found.firstIndex { sum[$0] < sum[point] } ?? found.count
      if place < Self.mostCandidates {
        found.insert(point, at: place)
        if found.count > Self.mostCandidates { found.removeLast() }
      }
    }
    var candidates = found.compactMap { point -> (candidate: Candidate, height: Double)? in
      let peak = Parabola(sum[point - 1], sum[point], sum[point + 1])
      let frequency = exp2(start + (Double(point) + peak.place) * step)
      guard Self.range.contains(frequency) else { return nil }
      let voicing = peak.height > mean ? 1 - mean / peak.height : 0
      return (Candidate(frequency: frequency, voicing: voicing), peak.height)
    }
    // Between the points another may be the highest.
    if let best = candidates.indices.max(by: { candidates[$0].height < candidates[$1].height }) {
      candidates.swapAt(0, best)
    }
    return candidates.map(\.candidate)
  }

  /// A spectrum of which only what lies within two bins of a peak is left between the peaks.
  private func peaks(of magnitudes: [Double]) -> [Double] {
    var left = magnitudes
    var last: Int?
    for bin in 0..<bins {
      let rises = bin == 0 || magnitudes[bin] > magnitudes[bin - 1]
      let falls = bin == bins - 1 || (bin == 0 ? magnitudes[0] > magnitudes[1] : magnitudes[bin] >= magnitudes[bin + 1])
      guard rises, falls else { continue }
      if let last, bin - last > 5 { for between in (last + 3)...(bin - 3) { left[between] = 0 } }
      last = bin
    }
    return left
  }

  /// (before + 2 · here + after)/4.
  private func smoothed(_ values: [Double]) -> [Double] {
    var smoothed = values
    for bin in 0..<(bins - 1) {
      smoothed[bin] = ((bin > 0 ? values[bin - 1] : 0) + 2 * values[bin] + values[bin + 1]) / 4
    }
    return smoothed
  }
}
