import Models
import Tensors

/// The default of `--layer` of methods that stop at a layer, in words: see `Clip.frameLayer`.
let frameLayerDefault = "the first with frames, else the last with maps"

/// A method that attributes to the outputs of a layer, summed over channels, and lays them on the clip: by default to the
/// frames that an encoder's convolutions make of a waveform, one value every 20 ms. Nothing before the layer is
/// differentiated: "when" costs less than "which samples", and has no more places than the answer has.
protocol FrameMethod: AttributionMethod {
  var layer: String? { get }
}

extension FrameMethod {
  public func checkApplies(to clip: Clip, at space: InputSpace) throws(MethodError) {
    _ = try clip.frameLayer(layer, for: name)
  }
}

extension Clip {
  /// The layer of this name, or where nil, the first with tokens, or else the last with maps.
  /// - Parameter method: The method's name, for errors.
  func frameLayer(_ name: String?, for method: String) throws(MethodError) -> MapLayer {
    try mapLayer(name ?? mapLayers.first { $0.groups != nil }?.name, for: method)
  }
}
