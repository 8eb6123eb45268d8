import Foundation
import Tensors

/// The fundamental frequency of a voice by the normalised autocorrelation (Boersma 1993, "Accurate short-term analysis of the
/// fundamental frequency"), each frame judged alone.
public struct PitchTracker {
  /// The lowest and the highest fundamental that is searched for, in Hz.
  public let range: ClosedRange<Double>
  private let sampleRate, hopSamples: Int
  /// A Hann window of three periods of the lowest fundamental, with enough zeros around it that the longest lag does
  /// not wrap around.
  private let window: [Float]
  private let lags: ClosedRange<Int>
  /// [bins, lags]: the inverse Fourier transform of a power spectrum at these lags, and at lag 0 in front.
  private let cosines: Tensor
  /// The window's own autocorrelation at these lags, 1 at lag 0.
  private let ofWindow: [Double]

  // Boersma's own values.
  static let silenceThreshold = 0.03, voicingThreshold = 0.45, octaveCost = 0.01

  public init(sampleRate: Int, hopSamples: Int, range: ClosedRange<Double> = 60...500) {
    (self.sampleRate, self.hopSamples, self.range) = (sampleRate, hopSamples, range)
    let length = Int(3 * Double(sampleRate) / range.lowerBound)
    lags =
      Int(Double(sampleRate) / range.upperBound) - 1...Int((Double(sampleRate) / range.lowerBound).rounded(.up)) + 1
    var size = 2
    while size < length + lags.upperBound { size *= 2 }
    let hann = (0..<length).map { 0.5 - 0.5 * cos(2 * .pi * (Double($0) + 0.5) / Double(length)) }
    let start = (size - length) / 2
    window = (0..<size).map { $0 < start || $0 >= start + length ? 0 : Float(hann[$0 - start]) }
    let (all, bins) = ([0] + Array(lags), size / 2 + 1)
    let circle = (0..<size).map { cos(2 * .pi * Double($0) / Double(size)) / Double(size) }
    cosines = Tensor(
      (0..<bins).flatMap { bin in
        all.map { lag in
          let isSingle = bin == 0 || bin == size / 2
          return Float((isSingle ? 1 : 2) * circle[bin * lag % size])
        }
      }, shape: [bins, all.count])
    let energy = hann.reduce(0) { $0 + $1 * $1 }
    ofWindow = lags.map { lag in (0..<max(0, length - lag)).reduce(0) { $0 + hann[$1] * hann[$1 + lag] } / energy }
  }

  /// F0 in Hz of frames centred on multiples of the hop, 1 + ⌊samples/hop⌋ of them; nil where there is no voice.
  public func track(_ samples: [Float]) -> [Double?] {
    guard let loudest = samples.map({ abs($0) }).max(), loudest > 0 else {
      return Array(repeating: nil, count: 1 + samples.count / hopSamples)
    }
    let spectra = Tensor(samples, shape: [1, samples.count]).stft(window: window, hop: hopSamples)
    let power = spectra.squared().sum(axes: [3]).reshaped([spectra.shape[1], spectra.shape[2]])
    let found = power.matrixProduct(cosines)
    let width = found.shape[1]
    let reach = Int(1.5 * Double(sampleRate) / range.lowerBound)
    return found.withFloats { values in
      (0..<found.shape[0]).map { frame in
        let row = UnsafeBufferPointer(rebasing: values[(frame * width)..<((frame + 1) * width)])
        let middle = frame * hopSamples
        let near = samples[max(0, min(samples.count - 1, middle - reach))..<min(samples.count, middle + reach)]
        let peak = Double(near.reduce(0) { max($0, abs($1)) } / loudest)
        return fundamental(row, peak: peak)
      }
    }
  }

  /// - Parameters:
  ///   - row: The autocorrelation at lag 0, then at ``lags``.
  ///   - peak: The frame's largest amplitude, relative to the signal's.
  private func fundamental(_ row: UnsafeBufferPointer<Float>, peak: Double) -> Double? {
    guard row[0] > 0 else { return nil }
    let energy = Double(row[0])
    let correlation = ofWindow.indices.map { Double(row[$0 + 1]) / energy / max(ofWindow[$0], 1e-3) }
    // "No voice" is a candidate too, the stronger the quieter the frame.
    var best = (
      strength: Self.voicingThreshold
        + max(0, 2 - peak / (Self.silenceThreshold / (1 + Self.voicingThreshold))), frequency: Double?.none
    )
    for index in correlation.indices.dropFirst().dropLast() {
      let (before, here, after) = (correlation[index - 1], correlation[index], correlation[index + 1])
      guard here > before, here >= after else { continue }
      // A parabola through the three.
      let bend = before - 2 * here + after
      let shift = bend < 0 ? 0.5 * (before - after) / bend : 0
      let height = min(1, here - 0.25 * (before - after) * shift)
      let frequency = Double(sampleRate) / (Double(lags.lowerBound + index) + shift)
      guard range.contains(frequency) else { continue }
      // Among equally strong periods the shortest wins: a periodic signal has peaks at all multiples of its period.
      let strength = height - Self.octaveCost * log2(range.lowerBound / frequency)
      if strength > best.strength { best = (strength, frequency) }
    }
    return best.frequency
  }
}
