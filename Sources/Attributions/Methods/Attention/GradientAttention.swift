import Models
import Tensors

/// relu(A ⊙ ∂ target / ∂ A): the attention that raises the target (Chefer, Gur and Wolf 2021, eq. 5 without the
/// identity term, which belongs to no input position).
public struct GradientAttention: AttributionMethod {
  public static let name = "attention-gradient"
  public static let family = MethodFamily.attention
  public static let source = "Chefer, Gur and Wolf 2021, arXiv:2103.15679"
  public static let summary = "attention times its gradient: attended values that raise the score"
  public static let cost = "1 gradient"
  public static let isSigned = false

  public init(_ options: MethodOptions = MethodOptions()) {}

  public var quantity: Quantity { .weight }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let map = try AttentionMap(clip, target: target, for: name)
    let speaking = (map.weights * map.gradient).relu()
    return AttributionResult(map.places(attention: speaking).enlarged(over: clip, at: space))
  }
}
