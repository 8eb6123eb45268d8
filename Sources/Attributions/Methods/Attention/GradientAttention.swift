import Tensors

/// relu(A ⊙ ∂ target / ∂ A): the attention that raises the target (Chefer, Gur and Wolf 2021, eq. 5). Through several
/// layers, with Ā the mean of that over heads, R ← R + Ā R from R = I on (eq. 6).
///
/// The identity is left out at the end: of channels it belongs to no input position, and to each token it gives the same.
public struct GradientAttention: AttentionMethod {
  public static let description = MethodDescription(
    "attention-gradient", .attention, source: "Chefer, Gur and Wolf 2021, arXiv:2103.15679",
    summary: "attention times its gradient: attended values that raise the score",
    cost: "1 gradient", isSigned: false, quantity: .weight)

  public init(_ options: MethodOptions = MethodOptions()) {}

  static func attention(_ layers: [AttentionMap.Layer]) -> Tensor {
    let raising = layers.map { ($0.weights * $0.gradient).relu() }
    guard raising.count > 1 else { return raising[0] }
    // R − I of each step: R' − I = (R − I) + Ā + Ā (R − I).
    return raising.dropFirst().reduce(raising[0].mean(axes: [0])) { rolled, layer in
      let mean = layer.mean(axes: [0])
      return rolled + mean + mean.matrixProduct(rolled)
    }
  }
}
