import TestSupport
import Testing

@testable import Tensors

@Suite struct LayerNormalizationTests {
  @Test("Derivatives", arguments: [1, 2, 3])
  func derivatives(dimensions: Int) {
    expectDerivatives(at: [2 * sampled([2, 3, 5], 1)]) {
      $0[0].standardized(dimensions: dimensions, epsilon: 1e-5)
    }
  }

  @Test("Along one dimension as along the last of the transposed", arguments: [[2, 7, 3], [1, 130, 65], [3, 2, 64]])
  func axis(shape: [Int]) {
    let x = (2 * sampled(shape, 1) + 0.5).variable()
    let y = x.standardized(axis: 1, epsilon: 1e-5)
    let twin = x.transposed().standardized(epsilon: 1e-5).transposed()
    #expect(relativeDistance(y, twin) < 1e-6)
    let weight = sampled(shape, 9)
    let found = gradients(of: y, weight: weight, at: [x])[0]
    #expect(relativeDistance(found, gradients(of: twin, weight: weight, at: [x])[0]) < 1e-5)
  }

  @Test("PyTorch's numbers", arguments: [(1, [6, 131]), (2, [2, 59, 144])])
  func numbers(dimensions: Int, shape: [Int]) throws {
    let x = sampled(shape, 1).variable()
    let y = x.standardized(dimensions: dimensions, epsilon: 1e-5)
    try PyTorchNumbers.expect(y, "standardized.\(dimensions)/y")
    try PyTorchNumbers.expect(
      gradients(of: y, weight: sampled(shape, 99), at: [x])[0], "standardized.\(dimensions)/dx")
  }

  @Test("A large mean does not swallow the deviations, and a constant row gives zeros")
  func extremes() {
    let x = Tensor((0..<64).map { 10_000 + Float($0) }, shape: [64])
    // Σ (i − 31.5)² / 64 = 341.25.
    let expected = (0..<64).map { (Double($0) - 31.5) / (341.25 + 1e-5).squareRoot() }
    #expect(relativeDistance(x.standardized(epsilon: 1e-5).floats.map(Double.init), expected) < 1e-6)
    // A mean that float32 holds only to 0.0005, beside deviations of 0.04.
    let narrow = (0..<64).map { 10_000.123 + 0.01 * Float($0 % 13) }
    let mean = narrow.reduce(0.0) { $0 + Double($1) } / 64
    let variance = narrow.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / 64
    let standardized = narrow.map { (Double($0) - mean) / (variance + 1e-5).squareRoot() }
    let found = Tensor(narrow, shape: [64]).standardized(epsilon: 1e-5).floats.map(Double.init)
    #expect(relativeDistance(found, standardized) < 1e-6)
    #expect(Tensor(repeating: 3, shape: [2, 5]).standardized(epsilon: 1e-5).floats.allSatisfy { $0 == 0 })
  }
}
