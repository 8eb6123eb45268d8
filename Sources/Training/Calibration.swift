import Basics
import Foundation

/// The agreement of confidence, the probability of the predicted class, with the share of clips predicted correctly.
public struct Calibration: Equatable, Sendable, Codable {
  /// The clips with a confidence above `lower` and up to `upper`.
  public struct Bin: Equatable, Sendable, Codable {
    public let lower, upper: Double
    public let clips: Int
    /// The clips' mean confidence.
    public let confidence: Double
    /// The share of the clips that are predicted correctly.
    public let accuracy: Double
    /// Wilson's interval of 95 % around the accuracy.
    public let low, high: Double
  }

  /// The bins that have clips, of ten even bins of the confidence, the least confident first.
  public let bins: [Bin]
  /// Σ clips / all · |accuracy − confidence| over the bins (Guo et al. 2017, eq. 3); 0 without clips.
  public let expectedCalibrationError: Double
  /// The mean of Σ (probability − 1 for the true class, 0 for another)² over the classes (Brier 1950): 0…2, the less
  /// the better; 0 without clips.
  public let brierScore: Double
  /// The mean of −log of the true class's probability, in nats; 0 without clips. One that is 0 in float32 counts as the
  /// least above 0.
  public let negativeLogLikelihood: Double

  private static let binCount = 10

  /// - Parameter probabilities: [clip][class].
  public init(probabilities: [[Float]], labels: [Int]) {
    demand(
      probabilities.count == labels.count, "probabilities of \(probabilities.count) clips for \(labels.count) labels")
    var found = [(clips: Int, hits: Int, confidence: Double)](repeating: (0, 0, 0), count: Self.binCount)
    var (squares, surprise) = (0.0, 0.0)
    for (row, label) in zip(probabilities, labels) {
      let predicted = row.likeliestClass
      let confidence = Double(row[predicted])
      let bin = (1..<Self.binCount).count { confidence > Double($0) / Double(Self.binCount) }
      found[bin].clips += 1
      found[bin].hits += predicted == label ? 1 : 0
      found[bin].confidence += confidence
      for (index, probability) in row.enumerated() {
        let miss = Double(probability) - (index == label ? 1 : 0)
        squares += miss * miss
      }
      surprise -= log(Double(max(row[label], .leastNonzeroMagnitude)))
    }
    let count = Double(max(1, labels.count))
    bins = found.enumerated().filter { $0.element.clips > 0 }.map { index, bin in
      let interval = Self.interval(hits: bin.hits, of: bin.clips)
      return Bin(
        lower: Double(index) / Double(Self.binCount), upper: Double(index + 1) / Double(Self.binCount),
        clips: bin.clips, confidence: bin.confidence / Double(bin.clips),
        accuracy: Double(bin.hits) / Double(bin.clips), low: interval.low, high: interval.high)
    }
    expectedCalibrationError = bins.reduce(0) { $0 + Double($1.clips) / count * abs($1.accuracy - $1.confidence) }
    (brierScore, negativeLogLikelihood) = (squares / count, surprise / count)
  }

  /// (p + z²/2n ± z √(p (1 − p)/n + z²/4n²)) / (1 + z²/n) (Wilson 1927), p being `hits` / n.
  private static func interval(hits: Int, of clips: Int) -> (low: Double, high: Double) {
    let z = 1.959963984540054  // the normal distribution's 97.5th percentile
    let (n, p) = (Double(clips), Double(hits) / Double(clips))
    let middle = p + z * z / (2 * n)
    let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    return (max(0, (middle - half) / (1 + z * z / n)), min(1, (middle + half) / (1 + z * z / n)))
  }
}
