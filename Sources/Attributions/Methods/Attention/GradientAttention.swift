import Tensors

/// relu(A ⊙ ∂ target / ∂ A): the attention that raises the target (Chefer, Gur and Wolf 2021, eq. 5 without the
/// identity term, which belongs to no input position).
public struct GradientAttention: AttentionMethod {
  public static let description = MethodDescription(
    "attention-gradient", .attention, source: "Chefer, Gur and Wolf 2021, arXiv:2103.15679",
    summary: "attention times its gradient: attended values that raise the score",
    cost: "1 gradient", isSigned: false, quantity: .weight)

  public init(_ options: MethodOptions = MethodOptions()) {}

  static func attention(_ map: AttentionMap) -> Tensor { (map.weights * map.gradient).relu() }
}
