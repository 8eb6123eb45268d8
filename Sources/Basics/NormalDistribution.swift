import Foundation

/// The standard normal distribution.
public enum NormalDistribution {
  /// Φ(z) = P(Z ≤ z).
  public static func probability(below z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }

  /// Φ⁻¹: the z with P(Z ≤ z) = `probability`, by bisection; infinite at 0 and 1. Never more than it is, but for the last bits.
  public static func quantile(_ probability: Double) -> Double {
    guard probability > 0 else { return -.infinity }
    guard probability < 1 else { return .infinity }
    // Beyond 39 a tail is less than the smallest number.
    var (low, high) = (-39.0, 39.0)
    for _ in 0..<80 {
      let middle = (low + high) / 2
      if Self.probability(below: middle) < probability { low = middle } else { high = middle }
    }
    return low
  }
}
