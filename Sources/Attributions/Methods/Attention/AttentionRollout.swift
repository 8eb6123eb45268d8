import Models
import Tensors

/// The product over layers of (A + I)/2, with A the mean over heads and I the residual path (Abnar and Zuidema 2020). A
/// model with one layer of attention has one factor.
public struct AttentionRollout: AttributionMethod {
  public static let name = "attention-rollout"
  public static let family = MethodFamily.attention
  public static let source = "Abnar and Zuidema 2020, arXiv:2005.00928"
  public static let summary = "attention multiplied through the layers, half of each as residual path"
  public static let cost = "1 gradient"
  public static let isSigned = false

  public init(_ options: MethodOptions = MethodOptions()) {}

  public var quantity: Quantity { .weight }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let map = try AttentionMap(clip, target: target, for: name)
    let rolled = Self.rollout([map.weights])
    return AttributionResult(map.places(attention: rolled).enlarged(over: clip, at: space))
  }

  /// The rollout [1, n, n] of the layers' attentions [heads, n, n] in their order; rows sum to one.
  static func rollout(_ layers: [Tensor]) -> Tensor {
    let count = layers[0].shape[1]
    let identity = Tensor((0..<count * count).map { $0 % (count + 1) == 0 ? 1 : 0 }, shape: [1, count, count])
    return layers.reduce(identity) { rolled, layer in
      ((layer.mean(axes: [0]) + identity) * 0.5).matrixProduct(rolled)
    }
  }
}
