import Foundation

/// A complex number.
struct ComplexNumber {
  var real, imaginary: Double

  var magnitude: Double { (real * real + imaginary * imaginary).squareRoot() }

  static func + (a: Self, b: Self) -> Self { Self(real: a.real + b.real, imaginary: a.imaginary + b.imaginary) }
  static func - (a: Self, b: Self) -> Self { Self(real: a.real - b.real, imaginary: a.imaginary - b.imaginary) }
  static func * (a: Self, b: Self) -> Self {
    Self(real: a.real * b.real - a.imaginary * b.imaginary, imaginary: a.real * b.imaginary + a.imaginary * b.real)
  }
  static func / (a: Self, b: Self) -> Self {
    let scale = 1 / (b.real * b.real + b.imaginary * b.imaginary)
    let product = a * Self(real: b.real, imaginary: -b.imaginary)
    return Self(real: scale * product.real, imaginary: scale * product.imaginary)
  }
}

/// The roots of polynomials with real coefficients, all at once: each goes Newton's way, kept off the places of the
/// others (Ehrlich 1967, "A modified Newton method for polynomials"; Aberth 1973).
enum PolynomialRoots {
  private static let mostSteps = 100

  /// The complex roots above the real axis.
  ///
  /// - Parameter coefficients: That of the highest power first, which is not 0.
  static func upper(of coefficients: [Double]) -> [ComplexNumber] {
    let degree = coefficients.count - 1
    // On a circle, and none the mirror image of another, which it would stay.
    var roots = (0..<max(0, degree)).map { index in
      let angle = 2 * Double.pi * (Double(index) + 0.25) / Double(degree)
      return ComplexNumber(real: 0.9 * cos(angle), imaginary: 0.9 * sin(angle))
    }
    var isFound = [Bool](repeating: false, count: roots.count)
    for _ in 0..<mostSteps where isFound.contains(false) {
      for index in roots.indices where !isFound[index] {
        guard let step = step(of: roots, at: index, coefficients) else {
          isFound[index] = true
          continue
        }
        roots[index] = roots[index] - step
        isFound[index] = step.magnitude <= 1e-15 * roots[index].magnitude
      }
    }
    return roots.filter { $0.imaginary > 1e-9 }
  }

  /// w/(1 − w Σ 1/(z − other)) with w = p/p′; nil where p is 0 as far as its digits tell.
  private static func step(of roots: [ComplexNumber], at index: Int, _ coefficients: [Double]) -> ComplexNumber? {
    let place = roots[index]
    let size = place.magnitude
    var value = ComplexNumber(real: coefficients[0], imaginary: 0)
    var slope = ComplexNumber(real: 0, imaginary: 0)
    var bound = abs(coefficients[0])
    for coefficient in coefficients.dropFirst() {
      slope = slope * place + value
      value = value * place
      value.real += coefficient
      bound = bound * size + abs(coefficient)
    }
    guard value.magnitude > 1e-15 * bound else { return nil }
    var divisor = slope
    for (other, root) in roots.enumerated() where other != index {
      let distance = place - root
      if distance.magnitude > 0 { divisor = divisor - value / distance }
    }
    guard divisor.magnitude > 0 else { return ComplexNumber(real: 0.01, imaginary: 0.01) }
    return value / divisor
  }
}
