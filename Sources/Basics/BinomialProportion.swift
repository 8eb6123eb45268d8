import Foundation

/// The exact bound of a probability from draws that had it.
public enum BinomialProportion {
  /// The least probability of what came `count` times in `draws`: the p with P(X ≥ count) = 1 − `confidence`, X of the binomial
  /// distribution of `draws` and p (Clopper and Pearson 1934). A smaller one gives so many with a smaller probability. It is the
  /// quantile 1 − confidence of Beta(count, draws − count + 1), found here by bisection of the sum; 0 where nothing came.
  /// - Parameter confidence: Of the bound, from one side; at least 0.5.
  public static func lowerBound(count: Int, draws: Int, confidence: Double) -> Double {
    demand(draws > 0 && (0...draws).contains(count), "\(count) of \(draws) draws")
    demand(confidence >= 0.5 && confidence < 1, "a confidence of \(confidence)")
    guard count > 0 else { return 0 }
    let missed = 1 - confidence
    guard count < draws else { return pow(missed, 1 / Double(draws)) }
    // ln of the number of ways to draw so many.
    let ways = (1...min(count, draws - count)).reduce(0.0) { sum, i in
      sum + log(Double(draws - min(count, draws - count) + i) / Double(i))
    }
    // At p = count / draws, P(X ≥ count) is a half or more.
    var (low, high) = (0.0, Double(count) / Double(draws))
    for _ in 0..<80 {
      let middle = (low + high) / 2
      if tail(from: count, draws: draws, middle, ways: ways) <= missed { low = middle } else { high = middle }
    }
    return low
  }

  /// P(X ≥ count), for a p below count / draws, where terms fall.
  private static func tail(from count: Int, draws: Int, _ p: Double, ways: Double) -> Double {
    let odds = p / (1 - p)
    var (term, sum) = (1.0, 0.0)
    for number in count...draws {
      sum += term
      term *= odds * Double(draws - number) / Double(number + 1)
      if term < 1e-18 * sum { break }
    }
    return exp(ways + Double(count) * log(p) + Double(draws - count) * log1p(-p)) * sum
  }
}
