import Basics
import Foundation
import Tensors

/// The power spectra of a sound's frames. The first frame starts at the first sample.
struct CueSpectra {
  let frames: Int
  /// 0 Hz to half the sample rate: half the transform's length and one.
  let bins: Int
  let hertzPerBin: Double
  private let hop: Int
  /// |X|², [frames, bins].
  private let power: [Float]

  /// - Parameters:
  ///   - window: One factor for each sample of a frame. The transform is as long as the next power of two.
  ///   - hop: Samples from one frame's start to the next.
  ///   - frames: Of which the last may reach beyond the sound, into silence.
  init(_ samples: [Float], sampleRate: Int, window: [Double], hop: Int, frames: Int) {
    var length = 4
    while length < window.count { length *= 2 }
    let margin = (length - window.count) / 2
    var padded = [Float](repeating: 0, count: length)
    for (index, factor) in window.enumerated() { padded[margin + index] = Float(factor) }
    // The transform's frames lie around multiples of the hop. Silence in front moves ours there.
    let reach = length / 2 - margin
    let skipped = (reach + hop - 1) / hop
    let silence = [Float](repeating: 0, count: skipped * hop - reach)
    var sound = silence + samples
    let needed = silence.count + (frames - 1) * hop + window.count
    if sound.count < needed { sound += [Float](repeating: 0, count: needed - sound.count) }
    (self.frames, bins, self.hop) = (frames, length / 2 + 1, hop)
    hertzPerBin = Double(sampleRate) / Double(length)
    let all = Tensor(sound, shape: [1, sound.count]).stft(window: padded, hop: hop).power()
    let (first, count) = (skipped * bins, frames * bins)
    power = all.withFloats { Array($0[first..<(first + count)]) }
  }

  /// Calls a function with the power of a frame's bins.
  func withPower<Result>(ofFrame frame: Int, _ body: (UnsafeBufferPointer<Float>) -> Result) -> Result {
    power.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[(frame * bins)..<((frame + 1) * bins)]))
    }
  }

  /// |X| of a frame.
  func magnitudes(ofFrame frame: Int) -> [Double] {
    withPower(ofFrame: frame) { $0.map { Double($0).squareRoot() } }
  }

  /// The root of the mean square of a frame's samples under its window (Parseval's theorem).
  ///
  /// - Parameter samples: Those of the window.
  func level(ofFrame frame: Int, samples: Int) -> Double {
    withPower(ofFrame: frame) { power in
      let ends = Double(power[0]) + Double(power[bins - 1])
      let middle = power.dropFirst().dropLast().reduce(0) { $0 + Double($1) }
      return ((ends + 2 * middle) / Double((bins - 1) * 2) / Double(samples)).squareRoot()
    }
  }

  /// The magnitudes of the autocorrelations of some frames at the lags 0, 1, …, as many as there are bins, in samples:
  /// [chosen, bins], all by one factor too large.
  func autocorrelations(ofFrames chosen: [Int]) -> [Float] {
    guard !chosen.isEmpty else { return [] }
    // The transform of a power spectrum with its mirror image. The STFT makes all of them at once when each stands
    // around a multiple of its length; the first block is left empty, so that none is reflected.
    let length = (bins - 1) * 2
    var mirrored = [Float](repeating: 0, count: chosen.count * length + length / 2)
    for (index, frame) in chosen.enumerated() {
      let middle = (index + 1) * length
      withPower(ofFrame: frame) { power in
        for bin in 0..<(bins - 1) {
          mirrored[middle + bin] = power[bin]
          mirrored[middle - bin] = power[bin]
        }
        mirrored[middle - length / 2] = power[bins - 1]
      }
    }
    let ones = [Float](repeating: 1, count: length)
    let spectra = Tensor(mirrored, shape: [1, mirrored.count]).stft(window: ones, hop: length)
    return spectra.withFloats { values in
      (bins..<((chosen.count + 1) * bins)).map { abs(values[2 * $0]) }
    }
  }
}
