import Basics
import Foundation
import Tensors

/// The level up to which a change of a sound is masked by the sound itself, for each bin and frame: MPEG-1's
/// psychoacoustic model 1 as Qin et al. simplify it (2019, "Imperceptible, robust, and targeted adversarial examples
/// for automatic speech recognition", arXiv:1903.10346, appendix A).
///
/// Of each frame of 2048 samples under a Hann window the power is p(k) = 10 log₁₀ |√(8/3) X(k) / 2048|², shifted so
/// that the sound's loudest bin is at 96 dB. All maskers are taken for tones. A local maximum of p is a masker of level
/// m = 10 log₁₀ Σ 10^(p/10) over the bin and its two neighbours, where that is above the absolute threshold of hearing
/// A and the highest within 0.5 bark. A masker at b bark masks z bark as far as
///
///     T(z) = m − 6.025 − 0.275 b + (27 (z − b), where z ≤ b; else (−27 + 0.37 max(m − 40, 0)) (z − b))
///     A(f) = 3.64 f^−0.8 − 6.5 exp(−0.6 (f − 3.3)²) + 0.001 f⁴ − 12, f in kHz
///     z(f) = 13 atan(0.76 f) + 3.5 atan((f / 7.5)²)
///
/// and the threshold is 10 log₁₀ (10^(A/10) + Σ 10^(T/10)). A is 12 dB under Terhardt's, as in the authors' program;
/// below 20 Hz, where nothing is heard, it is A(20 Hz). What the level is in a listener's room is not known: 96 dB is a
/// convention.
public struct MaskingThreshold {
  /// Samples of a frame.
  public static let windowSamples = 2048
  /// Samples from one frame's centre to the next; the first is at 0.
  public static let hopSamples = 512
  /// The bins of a frame.
  public static let bins = windowSamples / 2 + 1
  /// The level of the loudest bin, in dB.
  static let loudest = 96.0
  /// The power that silence has, in dB before the shift.
  private static let floor = 1e-20

  static let window: [Float] = (0..<windowSamples).map {
    Float(0.5 - 0.5 * cos(2 * .pi * Double($0) / Double(windowSamples)))
  }

  /// 1 + ⌊samples / 512⌋.
  public let frames: Int
  /// The number of samples of the sound.
  let samples: Int
  /// What is added to a power of 10 log₁₀ |√(8/3) X / 2048|² to have it on the threshold's scale, in dB.
  public let shift: Double
  /// The threshold in dB, [frames, bins].
  private let levels: [Float]

  /// - Parameter samples: At least one.
  public init(_ samples: [Float], sampleRate: Int) {
    demand(!samples.isEmpty && sampleRate > 0, "a masking threshold of \(samples.count) samples at \(sampleRate) Hz")
    let power = Self.spectrum(samples).power().floats
    self.samples = samples.count
    let frames = power.count / Self.bins
    let gain = 8 / 3 / Double(Self.windowSamples * Self.windowSamples)
    let decibels = power.map { 10 * log10(Double($0) * gain + Self.floor) }
    let shift = Self.loudest - decibels.max()!
    let ear = Ear(sampleRate: sampleRate)
    let bins = Self.bins
    let rows = concurrentMap(count: frames) { frame in
      ear.threshold(decibels[(frame * bins)..<((frame + 1) * bins)].map { $0 + shift })
    }
    (self.frames, self.shift, levels) = (frames, shift, rows.flatMap { $0.map(Float.init) })
  }

  /// [1, frames, bins, 2].
  static func spectrum(_ samples: [Float]) -> Tensor {
    Tensor(samples, shape: [1, samples.count]).stft(window: window, hop: hopSamples)
  }

  /// The threshold in dB, [bins, frames].
  public var decibels: Tensor { Tensor(levels, shape: [frames, Self.bins]).transposed() }

  /// The |X| that a change may have so that it stays so many dB below the threshold, [frames, bins].
  func magnitudes(below margin: Double) -> [Float] {
    let unit = Double(Self.windowSamples) / (8.0 / 3).squareRoot()
    return levels.map { Float(unit * pow(10, (Double($0) - margin - shift) / 20)) }
  }
}

/// The frequencies of the bins as the ear has them.
private struct Ear: Sendable {
  let barks, absolute: [Double]

  init(sampleRate: Int) {
    let hertz = (0..<MaskingThreshold.bins).map { Double($0 * sampleRate) / Double(MaskingThreshold.windowSamples) }
    barks = hertz.map { 13 * atan(0.00076 * $0) + 3.5 * atan(($0 / 7500) * ($0 / 7500)) }
    absolute = hertz.map {
      let kilohertz = max($0, 20) / 1000
      let peak = 6.5 * exp(-0.6 * (kilohertz - 3.3) * (kilohertz - 3.3))
      return 3.64 * pow(kilohertz, -0.8) - peak + 0.001 * pow(kilohertz, 4) - 12
    }
  }

  /// The maskers of a frame: bins and levels.
  private func maskers(_ level: [Double]) -> [(bin: Int, level: Double)] {
    var found: [(bin: Int, level: Double)] = []
    for bin in 1..<(level.count - 1) where level[bin] > level[bin - 1] && level[bin] > level[bin + 1] {
      let sum = (-1...1).reduce(0.0) { $0 + pow(10, level[bin + $1] / 10) }
      let smoothed = 10 * log10(sum)
      if smoothed > absolute[bin] { found.append((bin, smoothed)) }
    }
    return found.filter { masker in
      !found.contains { other in
        abs(barks[other.bin] - barks[masker.bin]) < 0.5
          && (other.level, masker.bin) > (masker.level, other.bin)
      }
    }
  }

  func threshold(_ level: [Double]) -> [Double] {
    var sum = absolute.map { pow(10, $0 / 10) }
    for masker in maskers(level) {
      let own = barks[masker.bin]
      let top = masker.level - 6.025 - 0.275 * own
      let above = -27 + 0.37 * max(masker.level - 40, 0)
      for (bin, bark) in barks.enumerated() {
        let distance = bark - own
        sum[bin] += pow(10, (top + (distance <= 0 ? 27 : above) * distance) / 10)
      }
    }
    return sum.map { 10 * log10($0) }
  }
}
