import Basics
import Foundation
import Tensors

extension Tensor {
  /// Drawn evenly from −bound ..< bound.
  public static func uniform(_ shape: [Int], bound: Float, using generator: inout SeededGenerator) -> Tensor {
    Tensor(
      (0..<shape.reduce(1, *)).map { _ in bound * Float(generator.uniform(in: -1..<1)) }, shape: shape)
  }

  /// PyTorch's default for linear maps and convolutions: bound 1/√(inputs of one output), which is Kaiming's uniform
  /// with a = √5 (He et al. 2015).
  static func kaiming(_ shape: [Int], fanIn: Int, using generator: inout SeededGenerator) -> Tensor {
    uniform(shape, bound: 1 / Float(fanIn).squareRoot(), using: &generator)
  }

  /// Glorot and Bengio 2010: bound √(6 / (fan in + fan out)).
  static func xavier(_ shape: [Int], fanIn: Int, fanOut: Int, using generator: inout SeededGenerator)
    -> Tensor
  {
    uniform(shape, bound: (6 / Float(fanIn + fanOut)).squareRoot(), using: &generator)
  }
}
