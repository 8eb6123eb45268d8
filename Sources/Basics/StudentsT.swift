import Foundation

/// Student's t distribution with a whole number of degrees of freedom.
enum StudentsT {
  /// P(|T| ≤ t) by the finite sums of Abramowitz and Stegun 1964, 26.7.3 and 26.7.4, with θ = atan(t/√ν).
  static func probability(within t: Double, degrees: Int) -> Double {
    let angle = atan(t / Double(degrees).squareRoot())
    let (sine, cosine) = (sin(angle), cos(angle))
    let isOdd = degrees % 2 == 1
    var (term, sum) = (isOdd ? cosine : 1, 0.0)
    for power in stride(from: isOdd ? 3 : 2, through: degrees, by: 2) {
      sum += term
      term *= cosine * cosine * Double(power - 1) / Double(power)
    }
    return isOdd ? 2 / .pi * (angle + sine * sum) : sine * sum
  }

  /// The t with P(|T| ≤ t) = `probability`, by bisection.
  static func quantile(within probability: Double, degrees: Int) -> Double {
    var (low, high) = (0.0, 1.0)
    while high < 1e6, Self.probability(within: high, degrees: degrees) < probability { (low, high) = (high, 2 * high) }
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if Self.probability(within: middle, degrees: degrees) < probability { low = middle } else { high = middle }
    }
    return high
  }
}
