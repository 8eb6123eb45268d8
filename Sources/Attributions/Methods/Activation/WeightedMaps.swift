import Models
import Tensors

/// The default of `--layer`, in words: see `Clip.mapLayer`.
let mapLayerDefault = "the last with maps"

/// A method that needs a layer with maps: the layer of this name, or the last.
protocol MapMethod: AttributionMethod {
  var layer: String? { get }
}

extension MapMethod {
  public func checkApplies(to clip: Clip, at space: InputSpace) throws(MethodError) {
    _ = try clip.mapLayer(layer, for: name)
  }
}

/// relu(Σₖ wₖ Aₖ) over the maps A of a layer, interpolated to the input: methods that differ in the weights w.
protocol WeightedMaps: MapMethod {
  /// The weights [1, channels, 1, 1] of maps [1, channels, rows, columns] with these gradients ∂ target / ∂ map.
  static func weights(_ maps: Tensor, gradients: Tensor) -> Tensor
}

extension WeightedMaps {
  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let layer = try clip.mapLayer(layer, for: name)
    return AttributionResult(Self.map(clip, layer: layer, target: target).enlarged(over: clip, at: space), layer: layer)
  }

  /// The map at the layer's own resolution.
  static func map(_ clip: Clip, layer: String, target: Target) -> LayerMap {
    let (maps, gradients) = clip.outputs(of: [layer], target: target)
    return LayerMap((maps[0] * weights(maps[0], gradients: gradients[0])).sum(axes: [1]).relu())
  }
}
