import Basics
import Foundation

/// Two models beside each other on the same clips: whether the first is right more often than the second.
public struct ModelDifference: Sendable {
  /// Clips that both predict right, one of them only, neither.
  public let both, onlyFirst, onlySecond, neither: Int
  /// The probability that chance alone divides the clips that one model only predicts right as unevenly as they are, or more:
  /// McNemar's test in its exact form, two-sided, min(1, 2 Σ C(n, i) / 2ⁿ) for i up to the smaller number (McNemar 1947). It
  /// takes clips for independent, which those of one speaker are not: the interval of `difference` does not.
  public let exactP: Double
  /// The mean recall of the classes that have clips (UAR).
  public let first, second: Double
  /// The first's average recall less the second's; the same clips are drawn for both.
  public let difference: Estimate

  /// - Parameters:
  ///   - labels: The index of each clip's class, of one clip or more.
  ///   - first: Whether the first model predicts each clip right.
  ///   - speakers: Each clip's; nil where one is not known.
  ///   - seed: The seed of the bootstrap.
  public init(labels: [Int], first: [Bool], second: [Bool], speakers: [String?], seed: UInt64) {
    demand(
      !labels.isEmpty && first.count == labels.count && second.count == labels.count,
      "\(labels.count) labels, and \(first.count) and \(second.count) predictions")
    func count(_ one: Bool, _ other: Bool) -> Int { labels.indices.count { first[$0] == one && second[$0] == other } }
    (both, onlyFirst, onlySecond, neither) = (
      count(true, true), count(true, false), count(false, true), count(false, false)
    )
    exactP = Self.exactP(onlyFirst, onlySecond)
    let recall = ClassAverage(labels: labels, speakers: speakers)
    let rights = [first, second].map { $0.map { $0 ? 1.0 : 0 } }
    (self.first, self.second) = (recall.average(rights[0]), recall.average(rights[1]))
    difference = recall.estimates([zip(rights[0], rights[1]).map(-)], seed: seed)[0]
  }

  static func exactP(_ one: Int, _ other: Int) -> Double {
    let count = one + other
    // Logarithms: 2ⁿ of a thousand clips is beyond a double.
    var (logarithm, sum) = (-Double(count) * log(2), 0.0)
    for successes in 0...min(one, other) {
      if successes > 0 { logarithm += log(Double(count - successes + 1) / Double(successes)) }
      sum += exp(logarithm)
    }
    return min(1, 2 * sum)
  }
}
