import Basics
import Foundation
import Tensors

/// A matrix of nonnegative values V, such as a magnitude spectrogram [bins, frames], as a product W H of nonnegative factors:
/// a few spectra W [bins, components], and how loud each is in each frame, H [components, frames].
///
/// Each step multiplies first W, then H, by a ratio of sums under which the divergence D(V | W H) does not rise (Lee and
/// Seung 2001; for Itakura and Saito the square root of the ratio, Févotte and Idier 2011), as scikit-learn's `NMF` does with
/// `solver="mu"`.
public struct NonnegativeFactorization {
  /// What is made small: a sum over all elements v of V and x of W H.
  public enum Divergence: String, CaseIterable, Sendable {
    /// ½ Σ (v − x)²
    case euclidean
    /// Σ v log(v / x) − v + x (Kullback and Leibler)
    case kullbackLeibler = "kullback-leibler"
    /// Σ v / x − log(v / x) − 1 (Itakura and Saito), which quiet and loud parts weigh alike in
    case itakuraSaito = "itakura-saito"

    /// Of the β-divergence, as which it is one of a family.
    var beta: Int {
      switch self {
      case .euclidean: 2
      case .kullbackLeibler: 1
      case .itakuraSaito: 0
      }
    }
  }

  /// W, [rows, components].
  public private(set) var components: Tensor
  /// H, [components, columns].
  public private(set) var activations: Tensor
  /// The divergence at the start and after each step, where it was traced; else at the end only.
  public private(set) var objectives: [Double]
  public let divergence: Divergence
  public let steps: Int

  /// Sums and values under this count as this: NumPy's step of float32 at 1, as scikit-learn has it.
  private static let least = Float.ulpOfOne

  /// Factors that start as drawn: |normal| √(mean of V / components), like scikit-learn's `init="random"`.
  public init(
    _ matrix: Tensor, components count: Int, divergence: Divergence, steps: Int, isTraced: Bool = true,
    using generator: inout SeededGenerator
  ) {
    demand(count > 0, "\(count) components")
    let deviation = (Double(matrix.mean(axes: [0, 1]).floats[0]) / Double(count)).squareRoot()
    func drawn(_ shape: [Int]) -> Tensor {
      Tensor(generator.normals(shape[0] * shape[1], deviation: deviation).map { abs($0) }, shape: shape)
    }
    let components = drawn([matrix.shape[0], count])
    self.init(
      matrix, components: components, activations: drawn([count, matrix.shape[1]]), divergence: divergence,
      steps: steps,
      isTraced: isTraced)
  }

  /// - Parameters:
  ///   - matrix: V, [rows, columns], of finite values of at least 0.
  ///   - components: W at the start, [rows, components].
  ///   - activations: H at the start, [components, columns].
  ///   - isTraced: Whether the divergence is computed after each step, which takes longer than the step.
  public init(
    _ matrix: Tensor, components: Tensor, activations: Tensor, divergence: Divergence, steps: Int,
    isTraced: Bool = true
  ) {
    demand(
      matrix.rank == 2 && components.shape == [matrix.shape[0], activations.shape[0]]
        && activations.shape[1] == matrix.shape[1],
      "factors \(components.shape) and \(activations.shape) of \(matrix.shape)")
    demand(
      [matrix, components, activations].allSatisfy { $0.floats.allSatisfy { $0 >= 0 && $0.isFinite } },
      "factors or a matrix with values that are negative or not finite")
    (self.divergence, self.steps) = (divergence, steps)
    // Itakura's and Saito's divergence from 0 is infinite.
    let matrix = divergence == .itakuraSaito ? matrix.maximum(Tensor(Self.least)) : matrix
    let transposed = matrix.transposed()
    var (w, h) = (components, activations.transposed())
    objectives = []
    for step in 0...steps {
      if step > 0 {
        w = matrix.factorStep(w, h, beta: divergence.beta, least: Self.least)
        h = transposed.factorStep(h, w, beta: divergence.beta, least: Self.least)
      }
      if isTraced || step == steps {
        objectives.append(Self.objective(matrix, w.matrixProduct(h, transposeOther: true), divergence))
      }
    }
    (self.components, self.activations) = (w, h.transposed())
  }

  /// W H.
  private var product: Tensor { components.matrixProduct(activations) }

  /// The share of each component in V: W's column times H's row, divided by their sum over all components and multiplied by
  /// V (a Wiener filter), [rows, columns] each. The parts sum to V; where no component has anything, each has as much.
  public func parts(of matrix: Tensor) -> [Tensor] {
    let whole = product + Self.least
    let count = components.shape[1]
    return (0..<count).map { index in
      let own = components.slice(axis: 1, index..<(index + 1)).matrixProduct(
        activations.slice(axis: 0, index..<(index + 1)))
      return matrix * (own + Self.least / Float(count)) / whole
    }
  }

  /// The components in this order, each column of W scaled to a largest value of 1 and its row of H by the inverse, which
  /// leaves W H as it is.
  public func arranged(_ order: [Int]) -> Self {
    let largest = components.maximum(axis: 0).maximum(Tensor(.leastNormalMagnitude))
    var result = self
    result.components = (components / largest).transposed().rows(order).transposed()
    result.activations = (activations * largest.transposed()).rows(order)
    return result
  }

  private static func objective(_ matrix: Tensor, _ product: Tensor, _ divergence: Divergence) -> Double {
    switch divergence {
    case .euclidean: return Double((matrix - product).squared().sum().scalar) / 2
    case .kullbackLeibler:
      let safe = product.maximum(Tensor(least))
      let logarithms = (matrix.maximum(Tensor(least)) / safe).logarithm()
      return Double((matrix * logarithms - matrix + product).sum().scalar)
    case .itakuraSaito:
      let quotient = matrix / product.maximum(Tensor(least))
      return Double((quotient - quotient.logarithm() - 1).sum().scalar)
    }
  }
}
