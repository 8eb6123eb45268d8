import Tensors

/// γ (x − μ)/√(σ² + ε) + β over the last dimensions (Ba, Kiros and Hinton 2016).
public final class LayerNormalization: Layer {
  public let weight, bias: Parameter
  public let parameters: [Parameter]
  private let epsilon: Float

  /// - Parameters:
  ///   - shape: The sizes of the last dimensions that are normalised together.
  ///   - epsilon: PyTorch's default where not given, so that checkpoints agree.
  public init(shape: [Int], epsilon: Float = 1e-5, from source: ParameterSource) throws(ParameterError) {
    self.epsilon = epsilon
    weight = try source.parameter("weight", shape, .ones)
    bias = try source.parameter("bias", shape, .zeros)
    parameters = [weight, bias]
  }

  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    x.standardized(dimensions: weight.shape.count, epsilon: epsilon).scaled(by: pass(weight), plus: pass(bias))
  }
}
