import Attributions
import AudioFeatures
import Models
import Tensors

/// The arrays that are written of an explained input, as NumPy's .npy: the attribution, the input itself, and the places
/// along each axis.
public struct ExplainedArrays: Encodable {
  /// The places along an axis of the attribution, [count].
  public struct Axis: Encodable {
    /// "frequency" or "coefficient", then "time"; only "time" of a waveform.
    public let name: String
    /// "Hz", "s" (seconds of the file), or nil of coefficients.
    public let unit: String?
    /// The array's path.
    public let array: String
  }

  /// The paths of the attribution and of the input, of one shape: [samples], or [rows, frames].
  public let attribution, feature: String
  /// The axes in the arrays' order.
  public let axes: [Axis]

  /// All paths.
  public var paths: [String] { [attribution, feature] + axes.map(\.array) }

  /// Writes the arrays of an input.
  /// - Parameter stem: The beginning of the files' names.
  init(
    _ input: Explanation.Input, of explanation: Explanation, frontEnd: FrontEnd, to folder: OutputFolder,
    as stem: String
  ) throws {
    func write(_ tensor: Tensor, _ name: String) throws -> String {
      let path = folder.file("\(stem).\(input.space.rawValue)\(name).npy")
      try NPY.write(tensor, to: path)
      return path
    }
    let (start, shape) = (explanation.place.start, input.attribution.shape)
    let step = input.space == .waveform ? 1 / Double(explanation.sampleRate) : explanation.hop
    let seconds = (0..<shape.last!).map { Float(start + step * Double($0)) }
    attribution = try write(input.attribution, "")
    feature = try write(input.values, ".feature")
    let time = Axis(name: "time", unit: "s", array: try write(Tensor(seconds, shape: [seconds.count]), ".seconds"))
    let rows: (name: String, unit: String?, file: String, places: [Double])? =
      switch input.space {
      case .waveform: nil
      case .spectrogram: ("frequency", "Hz", ".hertz", frontEnd.binFrequencies)
      case .mel: ("frequency", "Hz", ".hertz", frontEnd.melCentres)
      case .mfcc: ("coefficient", nil, ".coefficients", (0..<shape[0]).map(Double.init))
      }
    axes =
      try rows.map { rows in
        let places = Tensor(rows.places.map { Float($0) }, shape: [rows.places.count])
        return [Axis(name: rows.name, unit: rows.unit, array: try write(places, rows.file)), time]
      } ?? [time]
  }
}
