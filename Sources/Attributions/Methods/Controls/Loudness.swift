import Foundation
import Models
import Tensors

extension Clip {
  /// How loud each number of an input is: how far it is from the clip's silence. Decibels over the floor on the mel,
  /// which rank as the log-mel itself; the square on the waveform, whose cells so have their energy; the magnitude on the
  /// spectrogram; |c − c of silence| on the MFCC.
  func loudness(at space: InputSpace) -> Tensor {
    space == .waveform ? waveform.squared() : (self[space] - silence(at: space)).absolute()
  }

  /// Whether each frame is silent, padding too: its power lies more than 40 dB under the loudest frame's, [frames].
  var silentFrames: [Bool] {
    let powers = (mel * Float(log(10.0) / 10)).exponential().sum(axes: [1, 2]).floats
    let threshold = 1e-4 * (powers.max() ?? 0)
    return powers.map { $0 < threshold }
  }
}

/// A control: how loud each cell is, whatever the model makes of it. A method that does no better has not shown that it
/// knows the model.
struct LoudnessMap: AttributionMethod {
  static let name = "loudness"
  static let family = MethodFamily.control
  static let source = "a control"
  static let summary = "how loud each part is, whatever the model makes of it"
  static let cost = "nothing"
  static let isSigned = false

  init(_ options: MethodOptions = MethodOptions()) {}

  func attribute(_ clip: Clip, at space: InputSpace, target: Target) -> AttributionResult {
    AttributionResult(clip.loudness(at: space))
  }
}
