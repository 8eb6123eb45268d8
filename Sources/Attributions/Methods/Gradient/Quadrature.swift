import Foundation

/// A quadrature rule for an integral from 0 to 1: Σ weight · f(place), with weights that sum to one.
public enum Quadrature: String, CaseIterable, Sendable {
  case gaussLegendre = "gauss-legendre"
  case trapezoid
  case midpoint

  /// The places and weights of the rule.
  /// - Parameter count: The number of places; at least one, for the trapezoid rule two.
  func points(_ count: Int) -> [(place: Double, weight: Double)] {
    switch self {
    case .gaussLegendre: Self.gaussLegendre(count)
    case .trapezoid:
      // The ends count half. Captum's weights of this rule sum to (n − 1)/n.
      (0..<count).map { step in
        (Double(step) / Double(count - 1), (step == 0 || step == count - 1 ? 0.5 : 1) / Double(count - 1))
      }
    case .midpoint: (0..<count).map { ((Double($0) + 0.5) / Double(count), 1 / Double(count)) }
    }
  }

  /// ``points(_:)`` after the substitution of uᵖ for the place: p > 1 puts them close to 0.
  func points(_ count: Int, power: Double) -> [(place: Double, weight: Double)] {
    points(count).map { (pow($0.place, power), $0.weight * power * pow($0.place, power - 1)) }
  }

  /// The roots of the Legendre polynomial Pₙ by Newton's method from Tricomi's guess, weights 2/((1 − x²) P′ₙ(x)²),
  /// both carried from −1…1 to 0…1.
  private static func gaussLegendre(_ count: Int) -> [(place: Double, weight: Double)] {
    (0..<count).map { index in
      var x = -cos(.pi * (Double(index) + 0.75) / (Double(count) + 0.5))
      var slope = 1.0
      for _ in 0..<100 {
        var (before, value) = (1.0, x)
        for n in 1..<max(count, 1) {
          (before, value) = (value, (Double(2 * n + 1) * x * value - Double(n) * before) / Double(n + 1))
        }
        slope = Double(count) * (x * value - before) / (x * x - 1)
        let step = value / slope
        x -= step
        if abs(step) < 1e-15 { break }
      }
      return ((x + 1) / 2, 1 / ((1 - x * x) * slope * slope))
    }
  }
}
