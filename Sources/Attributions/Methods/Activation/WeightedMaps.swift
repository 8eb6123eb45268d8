import Models
import Tensors

/// The default of `--layer`, in words: see `Clip.mapLayer`.
let mapLayerDefault = "the last with maps or frames"

/// A method that needs a layer with maps or tokens: the layer of this name, or the last.
protocol MapMethod: AttributionMethod {
  var layer: String? { get }
}

extension MapMethod {
  public func checkApplies(to clip: Clip, at space: InputSpace) throws(MethodError) {
    _ = try clip.mapLayer(layer, for: name)
  }
}

/// relu(Σₖ wₖ Aₖ) over the maps A of a layer, interpolated to the input: methods that differ in the weights w. Of a layer
/// with tokens, each feature is a map with one value a token.
protocol WeightedMaps: MapMethod {
  /// The weights [1, channels, 1, 1] of maps [1, channels, rows, columns] with these gradients ∂ target / ∂ map.
  static func weights(_ maps: Tensor, gradients: Tensor) -> Tensor
}

extension WeightedMaps {
  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let layer = try clip.mapLayer(layer, for: name)
    return AttributionResult(
      layer.map(Self.map(clip, layer: layer, target: target)).enlarged(over: clip, at: space), layer: layer.name)
  }

  /// The map at the layer's own resolution, [1, 1, rows, columns].
  static func map(_ clip: Clip, layer: MapLayer, target: Target) -> Tensor {
    let (outputs, gradients) = clip.outputs(of: [layer.name], target: target)
    let maps = layer.maps(outputs[0])
    return (maps * weights(maps, gradients: layer.maps(gradients[0]))).sum(axes: [1]).relu()
  }
}
