import Basics
import Foundation
import Tensors
import TestSupport
import Testing

@testable import AudioFeatures

@Suite("Nonnegative factorization")
struct FactorizationTests {
  private typealias Divergence = NonnegativeFactorization.Divergence

  private let matrix = sampled([12, 9], 41) + 1.0625
  private let components = sampled([12, 3], 42) + 1.0625
  private let activations = sampled([3, 9], 43) + 1.0625

  private struct Expected: Decodable {
    let components, activations: [Double]
    let objective: Double
  }

  @Test(
    "Factors and divergence after 25 steps are scikit-learn's; the divergence never rises",
    arguments: NonnegativeFactorization.Divergence.allCases)
  func agrees(_ divergence: NonnegativeFactorization.Divergence) throws {
    let all = try JSONDecoder().decode(
      [String: Expected].self, from: Data(contentsOf: Checkout.fixture("factorization.json")))
    let expected = try #require(all[divergence.rawValue])
    let found = NonnegativeFactorization(
      matrix, components: components, activations: activations, divergence: divergence, steps: 25)
    // scikit-learn computes in float64: 25 steps of float32 differ by some ten roundings.
    #expect(relativeDistance(found.components, expected.components) < 1e-5)
    #expect(relativeDistance(found.activations, expected.activations) < 1e-5)
    #expect(found.objectives.count == 26)
    #expect(try abs(#require(found.objectives.last) / expected.objective - 1) < 1e-5)
    #expect(zip(found.objectives, found.objectives.dropFirst()).allSatisfy { $1 <= $0 * (1 + 1e-6) })
  }

  @Test("A product of two factors is found again; the parts of the components sum to the matrix")
  func parts() {
    let made = components.matrixProduct(activations)
    var generator = SeededGenerator(seed: 2)
    let found = NonnegativeFactorization(
      made, components: 3, divergence: .kullbackLeibler, steps: 400, using: &generator)
    #expect(relativeDistance(found.components.matrixProduct(found.activations), made) < 0.02)
    let parts = found.parts(of: made)
    #expect(parts.count == 3 && relativeDistance(parts[0] + parts[1] + parts[2], made) < 1e-5)
  }

  @Test("Parts sum to the matrix where no component has anything; another order and scale leave the product as it is")
  func arranged() {
    let found = NonnegativeFactorization(
      matrix, components: .zeros([12, 3]), activations: activations, divergence: .euclidean, steps: 0)
    let parts = found.parts(of: matrix)
    #expect(relativeDistance(parts[0] + parts[1] + parts[2], matrix) < 1e-6)
    let other = NonnegativeFactorization(
      matrix, components: components, activations: activations, divergence: .euclidean, steps: 3)
    let arranged = other.arranged([2, 0, 1])
    #expect(
      relativeDistance(
        arranged.components.matrixProduct(arranged.activations), other.components.matrixProduct(other.activations))
        < 1e-6)
    #expect(arranged.components.maximum(axis: 0).floats.allSatisfy { abs($0 - 1) < 1e-6 })
    let first = other.components.slice(axis: 1, 2..<3)
    #expect(relativeDistance(arranged.components.slice(axis: 1, 0..<1), first / first.maximum(axis: 0)) < 1e-6)
  }

  @Test(
    "Silence, zeros among the values and zeros at the start give finite factors",
    arguments: NonnegativeFactorization.Divergence.allCases)
  func zeros(_ divergence: NonnegativeFactorization.Divergence) {
    let holes = Tensor(matrix.floats.enumerated().map { $0.offset % 4 == 0 ? 0 : $0.element }, shape: [12, 9])
    for (matrix, components) in [(.zeros([12, 9]), components), (holes, components), (matrix, .zeros([12, 3]))]
      as [(Tensor, Tensor)]
    {
      let found = NonnegativeFactorization(
        matrix, components: components, activations: activations, divergence: divergence, steps: 10)
      #expect((found.components.floats + found.activations.floats).allSatisfy { $0.isFinite && $0 >= 0 })
      #expect(found.objectives.allSatisfy { $0.isFinite })
    }
  }
}
