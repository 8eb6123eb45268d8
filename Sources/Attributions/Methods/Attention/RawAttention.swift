import Models
import Tensors

/// The raw attention weights, at the positions of the values that they weigh; see ``AttentionMap``.
public struct RawAttention: AttributionMethod {
  public static let name = "attention"
  public static let family = MethodFamily.attention
  public static let source = "Bahdanau, Cho and Bengio 2015, arXiv:1409.0473"
  public static let summary = "the raw attention weights: which values the model uses, whatever the class"
  public static let cost = "1 gradient"
  public static let isSigned = false

  public init(_ options: MethodOptions = MethodOptions()) {}

  public var quantity: Quantity { .weight }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let map = try AttentionMap(clip, target: target, for: name)
    return AttributionResult(map.places(attention: map.weights).enlarged(over: clip, at: space))
  }
}
