import Basics
import Tensors

/// x Wᵀ + b over the last dimension.
public final class Linear: Layer {
  public let weight, bias: Parameter

  public init(from inputs: Int, to outputs: Int, using generator: inout SeededGenerator) {
    weight = Parameter(.kaiming([outputs, inputs], fanIn: inputs, using: &generator))
    bias = Parameter(.kaiming([outputs], fanIn: inputs, using: &generator))
  }

  public var members: [Member] { [.parameter("weight", weight), .parameter("bias", bias)] }

  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    x.affine(weight: pass(weight), bias: pass(bias))
  }
}
