import Foundation
import Tensors

extension [Float] {
  /// The sound `rate` times as fast at the same pitch, count / rate samples, by a phase vocoder (Flanagan and Golden 1966;
  /// Dolson 1986): frames of the STFT are read at every `rate`-th place, and each bin's phase goes on growing as it does
  /// there. librosa's `phase_vocoder`, with this window and hop.
  /// - Parameter rate: Above 0; 2 is twice as fast.
  public func atTempo(_ rate: Double, window: [Float] = FrontEnd().window, hop: Int = FrontEnd().hopSamples) -> [Float]
  {
    guard rate != 1, !isEmpty else { return self }
    let samples = Swift.max(1, Int((Double(count) / rate).rounded()))
    let spectrum = Tensor(self, shape: [1, count]).stft(window: window, hop: hop)
    return spectrum.stretched(by: rate, frames: 1 + samples / hop).inverseSTFT(
      window: window, hop: hop, samples: samples
    )
    .floats
  }

  /// The sound with all frequencies `semitones` higher, as long as before: stretched in time, then played faster.
  public func pitched(_ semitones: Double) -> [Float] {
    guard semitones != 0, !isEmpty else { return self }
    let factor = exp2(semitones / 12)
    return atTempo(1 / factor).played(atSpeed: factor, samples: count)
  }
}
