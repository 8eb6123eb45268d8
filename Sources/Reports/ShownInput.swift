import Figures
import Foundation
import Models
import Tensors

extension ExplainedInput {
  /// A clip at a place of its path, as figures take it.
  /// - Parameters:
  ///   - values: [samples], or [rows, frames].
  ///   - hop: Seconds from one frame to the next.
  init(
    _ values: Tensor, at space: InputSpace, hop: Double, sampleRate: Int, attribution: Attribution? = nil
  ) {
    let (rate, floats) = (Double(sampleRate), values.floats)
    func frames(_ values: [Float], of shape: [Int]) -> FrameMatrix {
      FrameMatrix(values: values, rows: shape[0], columns: shape[1], hop: hop)
    }
    switch space {
    case .waveform: self = .waveform(.init(samples: floats, sampleRate: rate, attribution: attribution))
    case .spectrogram:
      // In dB, and as the mel: no cell more than 80 dB under the loudest.
      let floor = (floats.max() ?? 0) * 1e-4
      let decibels = floats.map { 20 * log10(max($0, floor, 1e-10)) }
      self = .spectrogram(
        .init(frames: frames(decibels, of: values.shape), maximumFrequency: rate / 2, attribution: attribution))
    case .mel:
      self = .logMel(
        .init(frames: frames(floats, of: values.shape), maximumFrequency: rate / 2, attribution: attribution))
    case .mfcc: self = .mfcc(.init(frames: frames(floats, of: values.shape), attribution: attribution))
    }
  }
}
