import Foundation
import Models
import Tensors

extension Clip {
  /// The loudness of each element of an input, as its distance from the clip's silence. On the mel: decibels over the
  /// floor, which rank as the log-mel itself. On the waveform: the square, so that a cell has its energy. On the
  /// spectrogram: the magnitude. On the MFCC: |c − c of silence|.
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

/// A control: the loudness of each cell, whatever the model computes. A method that does no better has not shown that
/// it depends on the model.
struct LoudnessMap: AttributionMethod {
  static let description = MethodDescription(
    "loudness", .control, source: "a control",
    summary: "the loudness of each part, whatever the model computes",
    cost: "nothing", isSigned: false)

  init(_ options: MethodOptions = MethodOptions()) {}

  func attribute(_ clip: Clip, at space: InputSpace, target: Target) -> AttributionResult {
    AttributionResult(clip.loudness(at: space))
  }
}
