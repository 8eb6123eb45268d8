import Tensors

/// x Wᵀ + b over the last dimension.
public final class Linear: Layer {
  public let weight, bias: Parameter
  public let parameters: [Parameter]

  public init(from inputs: Int, to outputs: Int, from source: ParameterSource) throws(ParameterError) {
    weight = try source.parameter("weight", [outputs, inputs], .kaiming(fanIn: inputs))
    bias = try source.parameter("bias", [outputs], .kaiming(fanIn: inputs))
    parameters = [weight, bias]
  }

  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    x.affine(weight: pass(weight), bias: pass(bias), precision: pass.precision)
  }
}

/// x Wᵀ over the last dimension: a ``Linear`` without a bias.
public final class LinearMap: Layer {
  private let weight: Parameter
  public let parameters: [Parameter]

  public init(from inputs: Int, to outputs: Int, from source: ParameterSource) throws(ParameterError) {
    weight = try source.parameter("weight", [outputs, inputs], .kaiming(fanIn: inputs))
    parameters = [weight]
  }

  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    x.affine(weight: pass(weight), bias: .zeros([weight.shape[0]]), precision: pass.precision)
  }
}
