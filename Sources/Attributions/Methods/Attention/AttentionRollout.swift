import Tensors

/// The product over layers of (A + I)/2, with A the mean over heads and I the residual path (Abnar and Zuidema 2020). A
/// model with one layer of attention has one factor.
public struct AttentionRollout: AttentionMethod {
  public static let description = MethodDescription(
    "attention-rollout", .attention, source: "Abnar and Zuidema 2020, arXiv:2005.00928",
    summary: "attention multiplied through the layers, half of each as residual path",
    cost: "1 gradient", isSigned: false, quantity: .weight)

  public init(_ options: MethodOptions = MethodOptions()) {}

  static func attention(_ layers: [AttentionMap.Layer]) -> Tensor { rollout(layers.map(\.weights)) }

  /// The rollout [1, n, n] of the layers' attentions [heads, n, n] in their order; rows sum to one.
  static func rollout(_ layers: [Tensor]) -> Tensor {
    let count = layers[0].shape[1]
    let identity = Tensor((0..<count * count).map { $0 % (count + 1) == 0 ? 1 : 0 }, shape: [1, count, count])
    return layers.reduce(identity) { rolled, layer in
      ((layer.mean(axes: [0]) + identity) * 0.5).matrixProduct(rolled)
    }
  }
}
