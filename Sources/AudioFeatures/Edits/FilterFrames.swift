import Foundation
import Tensors

/// The STFT of filters: Hann windows 8 ms apart.
struct FilterFrames {
  let hop: Int
  let window: [Float]
  /// The bins' frequencies.
  let hertz: [Double]

  /// - Parameter overlap: The windows over each sample: four are of 32 ms.
  init(sampleRate: Int, overlap: Int = 4) {
    let hop = Int(0.008 * Double(sampleRate))
    let length = overlap * hop
    self.hop = hop
    window = (0..<length).map { Float(0.5 - 0.5 * cos(2 * .pi * Double($0) / Double(length))) }
    hertz = (0...(length / 2)).map { Double($0) * Double(sampleRate) / Double(length) }
  }

  /// [1, frames, bins, 2].
  func spectrum(of samples: [Float]) -> Tensor {
    Tensor(samples, shape: [1, samples.count]).stft(window: window, hop: hop)
  }

  func samples(of spectrum: Tensor, count: Int) -> [Float] {
    spectrum.inverseSTFT(window: window, hop: hop, samples: count).floats
  }
}
