import Basics
import Foundation
import Kernels

extension [Float] {
  /// The sound as a tape played `speed` times as fast, pitch and all: sample k is the value at the place k · speed, between
  /// samples by a sinc under a window of Kaiser (1974). What would lie above half the sample rate is left out.
  /// - Parameters:
  ///   - speed: 1/8 to 8.
  ///   - samples: Of the result; count / speed where not given. After the end is silence.
  public func played(atSpeed speed: Double, samples: Int? = nil) -> [Float] {
    let filter = ReadingFilter(speed: speed)
    let samples = samples ?? Swift.max(1, Int((Double(count) / speed).rounded()))
    // Zeros for what sums read before the start and after the end.
    let after = Swift.max(0, Int(Double(samples) * speed) - count) + filter.taps
    let padded = [Float](repeating: 0, count: filter.reach - 1) + self + [Float](repeating: 0, count: after)
    return [Float](unsafeUninitializedCapacity: samples) { out, written in
      kernel_read_between(
        padded, 0, speed, filter.weights, filter.taps, ReadingFilter.phases, samples, out.baseAddress)
      written = samples
    }
  }
}

/// The low-pass filter by which a sound is read between its samples, a sinc under Kaiser's window.
private struct ReadingFilter {
  /// Places between two samples that have weights of their own; between these they are mixed.
  static let phases = 512
  /// In samples of the lower rate: by Kaiser's formula 80 dB down, with a slope of 8 % of the rate.
  private static let sinc = WindowedSinc(cutoff: 0.95, halfLength: 32, beta: 8)

  /// Samples before and after a place that have weight: those from `reach - 1` before it on.
  let reach, taps: Int
  /// [phases + 1, taps]
  let weights: [Float]

  init(speed: Double) {
    let ratio = min(1, 1 / speed)
    reach = Int((Self.sinc.halfLength / ratio).rounded(.up))
    taps = (2 * reach + 31) / 32 * 32
    var weights = [Float](repeating: 0, count: (Self.phases + 1) * taps)
    for phase in 0...Self.phases {
      for tap in 0..<(2 * reach) {
        let time = ratio * (Double(tap - reach + 1) - Double(phase) / Double(Self.phases))
        weights[phase * taps + tap] = Float(ratio * Self.response(at: time))
      }
    }
    self.weights = weights
  }

  /// The filter's response `time` samples of the lower rate from its middle, between two places of the table.
  private static func response(at time: Double) -> Double {
    let place = abs(time) * places
    let index = Int(place)
    guard index + 1 < table.count else { return 0 }
    return table[index] + (table[index + 1] - table[index]) * (place - Double(index))
  }

  /// Places of the table in a sample: straight lines between them are 1e-7 off at most.
  private static let places = 4096.0
  /// The response from its middle to its end.
  private static let table = (0...Int(sinc.halfLength * places)).map { sinc(Double($0) / places) }
}
