import Basics
import Foundation
import Tensors

/// The steady noise of a recording, which is there while nobody speaks and goes on under the speech: its power spectrum.
///
/// It is found in the recording's own pauses: of each bin of the STFT the median power over their frames, divided by ln 2, as
/// the power of noise is distributed exponentially: a breath or a click in a few frames does not count. Of frames of digital
/// silence there is nothing to learn of the noise under speech; where all are, there is no noise.
public struct SteadyNoise: Sendable, Equatable {
  public let sampleRate: Int
  /// The expected |STFT|², [bins], of windows of 32 ms; all 0 of digital silence.
  public let power: [Double]

  /// How many times the noise's power is subtracted (Berouti, Schwartz and Makhoul 1979): with less, what is left of noise
  /// are tones that come and go.
  private static let subtracted = 4.0
  /// The least factor of a bin: −30 dB.
  private static let floor = 0.03

  /// The noise of a recording's pauses.
  /// - Parameters:
  ///   - pauses: The places in the samples where nobody speaks.
  /// - Returns: Nil where no window of 32 ms lies within one of them, or sums of squares overflow.
  public init?(_ samples: [Float], pauses: [Range<Int>], sampleRate: Int) {
    let frames = FilterFrames(sampleRate: sampleRate)
    let half = frames.window.count / 2
    // Within the samples: at the ends the STFT reflects them.
    let whole = pauses.map { $0.clamped(to: samples.indices) }
    let places = (0..<(1 + samples.count / frames.hop)).filter { frame in
      let window = (frame * frames.hop - half)..<(frame * frames.hop + half)
      return whole.contains { $0.lowerBound <= window.lowerBound && window.upperBound <= $0.upperBound }
    }
    guard !places.isEmpty else { return nil }
    let sounding = places.filter { frame in
      !isSilent(Array(samples[(frame * frames.hop - half)..<(frame * frames.hop + half)]))
    }
    let bins = frames.hertz.count
    self.sampleRate = sampleRate
    guard !sounding.isEmpty else {
      power = .init(repeating: 0, count: bins)
      return
    }
    let powers = frames.spectrum(of: samples).squared().sum(axes: [3]).floats
    guard powers.allSatisfy(\.isFinite) else { return nil }
    let medians = (0..<bins).map { bin -> Double in
      var values = OrderStatistics(sounding.map { powers[$0 * bins + bin] })
      return Double(values.percentile(0.5)) / log(2)
    }
    // A few frames are few numbers: with its neighbours, which the window does not tell apart, a bin has three times as many.
    power = medians.indices.map { bin in
      let near = max(0, bin - 1)...min(bins - 1, bin + 1)
      return medians[near].reduce(0, +) / Double(near.count)
    }
  }

  /// The level in dB of full scale; nil of digital silence.
  public var level: Double? {
    let frames = FilterFrames(sampleRate: sampleRate)
    let energy = frames.window.power * Double(frames.window.count)
    // Parseval's sum over all bins, of which the STFT has one half.
    let sum = 2 * power.reduce(0, +) - power[0] - power[power.count - 1]
    return sum > 0 ? 10 * log10(sum / Double(frames.window.count) / energy) : nil
  }

  /// The sound without the noise, by spectral subtraction (Boll 1979): each bin times max(0.03, 1 − 4 N / P), of the noise's power N
  /// and the sound's P, a mean over the bin's eight neighbours in time and frequency and itself.
  public func removed(from samples: [Float]) -> [Float] {
    guard power.contains(where: { $0 > 0 }) else { return samples }
    let filter = FilterFrames(sampleRate: sampleRate)
    let spectrum = filter.spectrum(of: samples)
    let (frames, bins) = (spectrum.shape[1], spectrum.shape[2])
    let powers = spectrum.squared().sum(axes: [3]).floats
    var gains = [Float](repeating: 1, count: frames * bins)
    for frame in 0..<frames {
      let moments = max(0, frame - 1)...min(frames - 1, frame + 1)
      for bin in 0..<bins {
        let near = max(0, bin - 1)...min(bins - 1, bin + 1)
        var sum = 0.0
        for moment in moments {
          for neighbour in near { sum += Double(powers[moment * bins + neighbour]) }
        }
        let mean = sum / Double(moments.count * near.count)
        gains[frame * bins + bin] = Float(max(Self.floor, 1 - Self.subtracted * power[bin] / max(mean, 1e-30)))
      }
    }
    return filter.samples(of: spectrum * Tensor(gains, shape: [1, frames, bins, 1]), count: samples.count)
  }

  /// So many samples of noise with this spectrum, normally distributed.
  public func samples(_ count: Int, using generator: inout SeededGenerator) -> [Float] {
    let filter = FilterFrames(sampleRate: sampleRate)
    let white = filter.spectrum(of: generator.normals(count, deviation: 1))
    // White noise has as much power in each bin as the window.
    let energy = filter.window.power * Double(filter.window.count)
    let gains = power.map { Float(($0 / energy).squareRoot()) }
    return filter.samples(of: white * Tensor(gains, shape: [1, 1, gains.count, 1]), count: count)
  }
}
