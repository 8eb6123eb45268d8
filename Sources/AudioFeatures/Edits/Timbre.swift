import Basics
import Foundation
import Kernels
import Tensors

extension [Float] {
  /// The sound as loud as another.
  func asLoud(as other: [Float]) -> [Float] {
    let factor = Float((other.power / Swift.max(power, 1e-24)).squareRoot())
    return map { factor * $0 }
  }

  /// The sound with a spectrum that rises by so many decibels an octave more than its own, about 1 kHz, from 50 Hz on; as loud
  /// as before.
  public func tilted(_ decibels: Double, sampleRate: Int) -> [Float] {
    guard count > 1 else { return self }
    let frames = FilterFrames(sampleRate: sampleRate)
    let gains = frames.hertz.map { Float(pow(10, decibels * log2(Swift.max($0, 50) / 1000) / 20)) }
    let tilted = frames.spectrum(of: self) * Tensor(gains, shape: [1, 1, gains.count, 1])
    return frames.samples(of: tilted, count: count).asLoud(as: self)
  }

  /// The sound with breath in its voice: noise with the voice's own spectrum, smoothed over 500 Hz so that no harmonics are left,
  /// where there is a voice; as loud as before.
  /// - Parameter decibels: The level of the voice over the noise.
  public func breathed(_ decibels: Double, sampleRate: Int, using generator: inout SeededGenerator) -> [Float] {
    let filter = FilterFrames(sampleRate: sampleRate)
    let hop = filter.hop
    let isVoiced = PitchTracker(sampleRate: sampleRate, hopSamples: hop, range: 60...600).track(self).map { $0 != nil }
    guard isVoiced.contains(true) else { return self }
    let values = filter.spectrum(of: self).squared().sum(axes: [3]).squareRoot().floats
    let white = filter.spectrum(of: generator.normals(count, deviation: 1))
    let (frames, bins) = (white.shape[1], white.shape[2])
    let reach = Int(250 / filter.hertz[1])
    var envelope = [Float](repeating: 0, count: frames * bins)
    for frame in 0..<frames where isVoiced[Swift.min(frame, isVoiced.count - 1)] {
      for bin in 0..<bins {
        let near = Swift.max(0, bin - reach)...Swift.min(bins - 1, bin + reach)
        envelope[frame * bins + bin] = near.reduce(0) { $0 + values[frame * bins + $1] } / Float(near.count)
      }
    }
    let noise = filter.samples(of: white * Tensor(envelope, shape: [1, frames, bins, 1]), count: count)
    var (voice, breath) = (0.0, 0.0)
    for index in indices where isVoiced[Swift.min(index / hop, isVoiced.count - 1)] {
      voice += Double(self[index]) * Double(self[index])
      breath += Double(noise[index]) * Double(noise[index])
    }
    let gain = Float((voice / Swift.max(breath, 1e-30) * pow(10, -decibels / 10)).squareRoot())
    return zip(self, noise).map { $0 + gain * $1 }.asLoud(as: self)
  }

  /// The sound in a room: behind it noise that falls by 60 dB in so many seconds and has as much energy as the sound itself (Polack
  /// 1988); as long and as loud as before.
  public func reverberated(_ seconds: Double, sampleRate: Int, using generator: inout SeededGenerator) -> [Float] {
    let length = Swift.max(1, Int(seconds * Double(sampleRate)))
    let tail = generator.normals(length, deviation: 1).enumerated().map { index, value in
      value * Float(pow(10, -3 * Double(index + 1) / Double(length)))
    }
    let energy = tail.reduce(0) { $0 + Double($1) * Double($1) }
    let scale = Float(1 / Swift.max(energy, 1e-30).squareRoot())
    // The response backwards, the direct sound last, filled up in front.
    let taps = (length + 1 + 31) / 32 * 32
    let response = [Float](repeating: 0, count: taps - length - 1) + tail.reversed().map { scale * $0 } + [1]
    let padded = [Float](repeating: 0, count: taps - 1) + self
    return [Float](unsafeUninitializedCapacity: count) { out, written in
      kernel_polyphase(padded, 0, response, taps, 1, 1, 0, count, out.baseAddress)
      written = count
    }.asLoud(as: self)
  }
}
