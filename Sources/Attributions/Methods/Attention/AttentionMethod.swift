import Models
import Tensors

/// A method that attributes to the positions that attention uses; see ``AttentionMap``.
protocol AttentionMethod: AttributionMethod {
  /// The shares of attention [heads, outputs, inputs] that count through all layers, or one for all heads [1, outputs,
  /// inputs].
  static func attention(_ layers: [AttentionMap.Layer]) -> Tensor
}

extension AttentionMethod {
  public func checkApplies(to clip: Clip, at space: InputSpace) throws(MethodError) {
    _ = try AttentionMap.names(of: clip, for: name)
  }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let map = try AttentionMap(clip, target: target, for: name)
    return AttributionResult(map.places(attention: Self.attention(map.layers)).enlarged(over: clip, at: space))
  }
}
