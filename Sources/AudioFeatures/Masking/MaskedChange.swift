import Basics
import Foundation
import Tensors

/// The changes of a sound that its ``MaskingThreshold`` hides: those whose STFT is nowhere above the magnitudes B(k, t)
/// of the threshold less a margin.
///
/// The set is convex, but an STFT cannot be chosen freely: what is let into a loud frame is also in its neighbours,
/// which may be quiet. So ``limited(_:)`` scales each bin down to B′, the least of B(k + i, t + j) over the part of a
/// bin that overlapping windows carry there, |i| ≤ 2 and |j| ≤ 3, transforms back, and does so twice; then the whole
/// change is scaled down so far that no bin is more than 0.5 dB above B. That last bound is exact; that the result is
/// the nearest of all such changes is not so.
public struct MaskedChange {
  /// How far a bin of an allowed change may be above its limit, in dB.
  public static let tolerance = 0.5
  /// How often bins are scaled down.
  private static let rounds = 2

  private let samples: Int
  /// B and B′, [frames, bins].
  private let limits, targets: [Float]

  /// - Parameter margin: How far below the threshold, in dB; below 0 above it.
  public init(_ threshold: MaskingThreshold, below margin: Double) {
    self.init(samples: threshold.samples, limits: threshold.magnitudes(below: margin))
  }

  /// The changes that are allowed by all of several: each bin has the least of their limits. A frame beyond the end of
  /// a sound has no limit from it.
  public init(strictestOf all: [MaskedChange]) {
    demand(!all.isEmpty, "the strictest of no limits")
    var limits = all.max { $0.samples < $1.samples }!.limits
    for one in all {
      for (place, limit) in one.limits.enumerated() { limits[place] = min(limits[place], limit) }
    }
    self.init(samples: all.map(\.samples).max()!, limits: limits)
  }

  private init(samples: Int, limits: [Float]) {
    (self.samples, self.limits) = (samples, limits)
    let bins = MaskingThreshold.bins
    let frames = limits.count / bins
    let leaks = Self.leaks
    targets = concurrentMap(count: frames) { frame in
      var least = [Float](repeating: .infinity, count: bins)
      for (shift, bin, leak) in leaks where (0..<frames).contains(frame + shift) {
        let row = (frame + shift) * bins
        for place in max(0, -bin)..<min(bins, bins - bin) {
          least[place] = min(least[place], limits[row + place + bin] / leak)
        }
      }
      return least
    }.flatMap { $0 }
  }

  /// The part of a bin's magnitude that its neighbours in frames and bins have after a transform back and forth:
  /// |Σ w(n) w(n − 512 j) exp(−2πi n k / 2048)| / Σ w².
  private static let leaks: [(frame: Int, bin: Int, leak: Float)] = {
    let window = MaskingThreshold.window.map(Double.init)
    let square = window.reduce(0) { $0 + $1 * $1 }
    return (-3...3).flatMap { frame in
      (-2...2).map { bin in
        var (real, imaginary) = (0.0, 0.0)
        for (place, value) in window.enumerated() {
          let other = place - MaskingThreshold.hopSamples * frame
          guard window.indices.contains(other) else { continue }
          let angle = 2 * .pi * Double(place * bin) / Double(window.count)
          real += value * window[other] * cos(angle)
          imaginary += value * window[other] * sin(angle)
        }
        return (frame, bin, Float(hypot(real, imaginary) / square))
      }
    }
  }()

  /// A spectrum whose bins are each multiplied by a factor of its place and magnitude.
  private func scaled(_ spectrum: Tensor, by factor: (Int, Float) -> Float) -> [Float] {
    var spectrum = spectrum
    spectrum.withMutableFloats { values in
      for place in 0..<(values.count / 2) {
        let (real, imaginary) = (values[2 * place], values[2 * place + 1])
        let own = factor(place, (real * real + imaginary * imaginary).squareRoot())
        (values[2 * place], values[2 * place + 1]) = (real * own, imaginary * own)
      }
    }
    return spectrum.inverseSTFT(window: MaskingThreshold.window, hop: MaskingThreshold.hopSamples, samples: samples)
      .floats
  }

  /// An allowed change near another.
  public func limited(_ change: [Float]) -> [Float] {
    demand(change.count == samples, "a change of \(change.count) samples, not \(samples)")
    var change = change
    for _ in 0..<Self.rounds {
      change = scaled(MaskingThreshold.spectrum(change)) { place, magnitude in
        magnitude > targets[place] ? targets[place] / magnitude : 1
      }
    }
    return scaledDown(change)
  }

  /// The change, scaled down as a whole as far as it must be to be allowed.
  public func scaledDown(_ change: [Float]) -> [Float] {
    let excess = excess(of: change) - Self.tolerance
    guard excess > 0 else { return change }
    let factor = Float(pow(10, -excess / 20))
    return change.map { $0 * factor }
  }

  /// How far the bin of a change that is highest above its limit is above it, in dB; −∞ of no change.
  public func excess(of change: [Float]) -> Double {
    let largest = MaskingThreshold.spectrum(change).power().withFloats { power in
      var largest: Float = 0
      for (place, value) in power.enumerated() where value > 0 {
        largest = max(largest, value.squareRoot() / limits[place])
      }
      return largest
    }
    return 20 * log10(Double(largest))
  }

  /// The change that raises Σ gradient · change as fast as any whose coefficients are at their limits: each bin of the
  /// gradient's STFT at the magnitude B′, transformed back.
  public func steepest(_ gradient: [Float]) -> [Float] {
    scaled(MaskingThreshold.spectrum(gradient)) { place, magnitude in magnitude > 0 ? targets[place] / magnitude : 0 }
  }
}
