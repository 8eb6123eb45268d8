import Tensors

/// γ (x − μ)/√(σ² + ε) + β over the last dimensions (Ba, Kiros and Hinton 2016).
public final class LayerNormalization: Layer {
  public let weight, bias: Parameter
  public let parameters: [Parameter]
  private let epsilon: Float = 1e-5  // PyTorch's default, so checkpoints agree

  /// - Parameter shape: The sizes of the last dimensions that are normalised together.
  public init(shape: [Int], from source: ParameterSource) throws(ParameterError) {
    weight = try source.parameter("weight", shape, .ones)
    bias = try source.parameter("bias", shape, .zeros)
    parameters = [weight, bias]
  }

  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    x.standardized(dimensions: weight.shape.count, epsilon: epsilon) * pass(weight) + pass(bias)
  }
}
