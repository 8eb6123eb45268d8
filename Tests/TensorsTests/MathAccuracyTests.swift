import Foundation
import Testing

@testable import Tensors

/// Errors in units of the last place of the exact value, over values of every size.
@Suite struct MathAccuracyTests {
  /// The largest error of `found` against `exact`, in units in the last place (of the least normal number at least).
  private func worst(_ x: [Float], _ found: [Float], _ exact: (Double) -> Double) -> Double {
    zip(x, found).reduce(0) { worst, pair in
      let expected = exact(Double(pair.0))
      if abs(expected) > Double(Float.greatestFiniteMagnitude) {
        return Double(pair.1) == (expected < 0 ? -.infinity : .infinity) ? worst : .infinity
      }
      let unit = Double(max(Float(abs(expected)), .leastNormalMagnitude).ulp)
      let error = abs(Double(pair.1) - expected) / unit
      return error.isNaN ? .infinity : max(worst, error)
    }
  }

  /// 400,000 values even over a range.
  private func even(_ from: Float, _ to: Float) -> [Float] {
    (0..<400_000).map { from + (to - from) * Float($0) / 399_999 }
  }

  /// Every sixteen-thousandth float of one sign, subnormal to largest.
  private func everyMagnitude(negative: Bool) -> [Float] {
    stride(from: UInt32(1), to: Float.infinity.bitPattern, by: 16_001).map {
      negative ? -Float(bitPattern: $0) : Float(bitPattern: $0)
    }
  }

  private func evaluate(_ x: [Float], _ f: (Tensor) -> Tensor) -> [Float] {
    f(Tensor(x, shape: [x.count])).floats
  }

  @Test("exp is within 2 units where its value is normal, and 0 below")
  func exponential() {
    for x in [
      even(-87.3, 88.8), even(-1, 1), even(88, 89), everyMagnitude(negative: false),
      everyMagnitude(negative: true),
    ] {
      let y = evaluate(x) { $0.exponential() }
      let normal = x.indices.filter { x[$0] >= -87.3 }
      #expect(worst(normal.map { x[$0] }, normal.map { y[$0] }, exp) < 2)
      #expect(x.indices.allSatisfy { x[$0] >= -87.3 || (y[$0] >= 0 && y[$0] < 1.3e-38) })
    }
    #expect(
      evaluate([0, -0.0, .infinity, -.infinity, 1000, -1000]) { $0.exponential() } == [
        1, 1, .infinity, 0, .infinity, 0,
      ])
    #expect(evaluate([.nan]) { $0.exponential() }[0].isNaN)
  }

  @Test("log is within 2 units, subnormals included")
  func logarithm() {
    for x in [even(0.5, 2), even(0.99, 1.01), everyMagnitude(negative: false)] {
      #expect(worst(x, evaluate(x) { $0.logarithm() }, log) < 2)
    }
    #expect(evaluate([0, -0.0, .infinity, 1]) { $0.logarithm() } == [-.infinity, -.infinity, .infinity, 0])
    #expect(evaluate([-1, -.infinity, .nan, -1e-40]) { $0.logarithm() }.allSatisfy { $0.isNaN })
  }

  @Test("tanh is within 3 units")
  func hyperbolicTangent() {
    for x in [
      even(-10, 10), even(-0.3, 0.3), everyMagnitude(negative: false), everyMagnitude(negative: true),
    ] {
      let y = evaluate(x) { $0.hyperbolicTangent() }
      #expect(worst(x, y, tanh) < 3)
      #expect(y.allSatisfy { abs($0) <= 1 })
    }
    #expect(evaluate([0, .infinity, -.infinity]) { $0.hyperbolicTangent() } == [0, 1, -1])
    #expect(evaluate([.nan]) { $0.hyperbolicTangent() }[0].isNaN)
  }

  @Test("sigmoid is within 3 units")
  func sigmoid() {
    for x in [even(-87, 40), everyMagnitude(negative: false)] {
      #expect(worst(x, evaluate(x) { $0.sigmoid() }) { 1 / (1 + exp(-$0)) } < 3)
    }
    #expect(evaluate([0, .infinity, -.infinity, 200, -200]) { $0.sigmoid() } == [0.5, 1, 0, 1, 0])
    #expect(evaluate([.nan]) { $0.sigmoid() }[0].isNaN)
  }

  @Test("GELU is within 5e-7 |x| of x Φ(x), and its derivative within 1e-6")
  func gelu() {
    func share(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
    for x in [even(-12, 12), even(-0.01, 0.01), everyMagnitude(negative: false)] {
      let y = evaluate(x) { $0.gelu() }
      #expect(
        zip(x, y).allSatisfy { abs(Double($1) - Double($0) * share(Double($0))) <= 5e-7 * max(abs(Double($0)), 1e-37) })
      let input = Tensor(x, shape: [x.count]).variable()
      let slopes = gradients(of: input.gelu(), at: [input])[0].floats
      let exact = x.map {
        share(Double($0)) + Double($0) * exp(-Double($0) * Double($0) / 2) / (2 * Double.pi).squareRoot()
      }
      #expect(zip(slopes, exact).allSatisfy { abs(Double($0) - $1) < 1e-6 })
    }
    #expect(evaluate([0, .infinity, -40]) { $0.gelu() } == [0, .infinity, 0])
    #expect(evaluate([.nan]) { $0.gelu() }[0].isNaN)
  }
}
