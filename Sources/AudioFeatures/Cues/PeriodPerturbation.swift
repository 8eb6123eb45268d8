import Foundation

/// How unlike its neighbours each period of a voice is, in length (jitter) and in size (shimmer). The periods are found
/// one after another: each ends where the sound that follows is most like the period's own, within a tenth of the
/// frame's fundamental.
struct PeriodPerturbation {
  /// For each frame, the mean difference of successive periods over the mean period; nil without a voice, and until two
  /// periods of a voice are known.
  private(set) var jitter: [Double?]
  /// For each frame, 20 log₁₀(1 + mean difference of successive sizes/mean size); nil without a voice, and until two
  /// are known.
  private(set) var shimmer: [Double?]

  private static let searchRange = 0.1
  /// The least correlation of two periods of one voice.
  private static let leastCorrelation = 0.5

  /// - Parameters:
  ///   - fundamentals: In Hz, of frames that start at multiples of the hop.
  ///   - window: Samples of a frame.
  init(_ samples: [Float], sampleRate: Int, fundamentals: [Double?], hop: Int, window: Int) {
    jitter = Array(repeating: nil, count: fundamentals.count)
    shimmer = jitter
    // Where the next period starts, and how far that lies before the frame. Frames overlap, and periods do not.
    var (next, behind) = (0, 0)
    var lastPeriod: Double?
    var (jitterSoFar, shimmerSoFar): (Double?, Double?)
    for (frame, fundamental) in fundamentals.enumerated() {
      let needed = hop + behind
      guard let fundamental else {
        next += needed
        behind = 0
        (lastPeriod, jitterSoFar, shimmerSoFar) = (nil, nil, nil)
        continue
      }
      let expected = Double(sampleRate) / fundamental
      let lengths =
        Int((1 - Self.searchRange) * expected)...Int(((1 + Self.searchRange) * expected).rounded(.up))
      let read = min(max(needed, 2 * lengths.upperBound + 2), behind + window, max(0, samples.count - next))
      var (start, kept) = (0, 0)
      var (count, total, changes, change) = (0, 0.0, 0, 0.0)
      var (size, sizeChange) = (0.0, 0.0)
      while start < read - 2 * lengths.upperBound - 1 {
        guard let found = Self.period(of: samples, at: next + start, lengths: lengths) else {
          start += Int(expected.rounded())
          if start < needed - 1 { kept = start }
          continue
        }
        if found.correlation > Self.leastCorrelation {
          let period = found.length / Double(sampleRate)
          count += 1
          total += period
          if let lastPeriod {
            changes += 1
            change += abs(lastPeriod - period)
          }
          lastPeriod = period
          let sizes = [start, start + found.samples].map { start in
            Self.size(of: samples, from: next + start, length: found.samples)
          }
          size += (sizes[0] + sizes[1]) / 2
          sizeChange += abs(sizes[0] - sizes[1])
        }
        start += found.samples
        if start < needed - 1 { kept = start }
      }
      behind = needed - kept
      next += kept
      if changes > 0 { jitterSoFar = min(1, change / Double(changes) / (total / Double(count))) }
      if count > 0 { shimmerSoFar = size > 0 ? min(1, sizeChange / size) : 0 }
      // A frame in which no period starts keeps what was; one in which the first does has nothing to compare with.
      if changes > 0 || count == 0 { jitter[frame] = jitterSoFar }
      shimmer[frame] = shimmerSoFar.map { 20 * log10(1 + $0) }
    }
  }

  /// The length at which two neighbours of that length correlate best, in samples and between them; nil where no length
  /// stands out.
  private static func period(
    of samples: [Float], at start: Int, lengths: ClosedRange<Int>
  ) -> (samples: Int, length: Double, correlation: Double)? {
    let correlations = lengths.map { correlation(of: samples, at: start, length: $0) }
    var best: Int?
    // The last but one is no candidate either, as in openSMILE.
    for index in correlations.indices.dropFirst().dropLast(2)
    where correlations[index - 1] < correlations[index] && correlations[index] > correlations[index + 1] {
      if best.map({ correlations[index] > correlations[$0] }) ?? true { best = index }
    }
    guard let best else { return nil }
    let peak = Parabola(correlations[best - 1], correlations[best], correlations[best + 1])
    let length = lengths.lowerBound + best
    return (length, Double(length) + peak.place, peak.height)
  }

  /// Pearson's correlation of the samples from a place on with those a length later; 0 where either is constant.
  private static func correlation(of samples: [Float], at start: Int, length: Int) -> Double {
    samples.withUnsafeBufferPointer { samples in
      var (first, second, firstSquares, secondSquares, products) = (0.0, 0.0, 0.0, 0.0, 0.0)
      for index in start..<(start + length) {
        let (a, b) = (Double(samples[index]), Double(samples[index + length]))
        first += a
        second += b
        firstSquares += a * a
        secondSquares += b * b
        products += a * b
      }
      let count = Double(length)
      let (own, other) = (firstSquares - first * first / count, secondSquares - second * second / count)
      guard own > 1e-12 * firstSquares, other > 1e-12 * secondSquares else { return 0 }
      return (products - first * second / count) / (own.squareRoot() * other.squareRoot())
    }
  }

  /// The largest less the smallest sample of a period, whose first and last do not count.
  private static func size(of samples: [Float], from start: Int, length: Int) -> Double {
    let inner = samples[(start + 1)..<(start + length - 1)]
    return Double(inner.max() ?? 0) - Double(inner.min() ?? 0)
  }
}
