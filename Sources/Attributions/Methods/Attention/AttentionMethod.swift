import Models
import Tensors

/// A method that attributes to the positions of the values that attention uses; see ``AttentionMap``.
protocol AttentionMethod: AttributionMethod {
  /// The shares of attention [heads, outputs, outputs] that count, or one for all heads [1, outputs, outputs].
  static func attention(_ map: AttentionMap) -> Tensor
}

extension AttentionMethod {
  public func checkApplies(to clip: Clip, at space: InputSpace) throws(MethodError) {
    _ = try AttentionMap.layers(of: clip, for: name)
  }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let map = try AttentionMap(clip, target: target, for: name)
    return AttributionResult(map.places(attention: Self.attention(map)).enlarged(over: clip, at: space))
  }
}
