import Basics
import Foundation

/// The low-pass filter of a conversion between two rates, sampled at each of the places that an output sample can have
/// between two input samples.
///
/// The filter is that of libsamplerate's SRC_SINC_BEST_QUALITY: with r = min(1, target / source) and t in input samples,
///
///     r · c sinc(c r t) · I₀(β √(1 − (r t / T)²)) / I₀(β),  |r t| ≤ T.
///
/// `c`, `T` and `β` were fitted to its response to an impulse, from which it differs by at most 1e-7
/// (Tests/Fixtures/audio/fit-resampler.py).
struct PolyphaseFilter: Sendable {
  static let response = WindowedSinc(cutoff: 0.9657284, halfLength: 142.8986, beta: 16.05029)

  /// Output sample m stands at input sample m · step / phases.
  let phases, step: Int
  /// Input samples that an output sample is a sum of: those from `reach - 1` before its place to `reach` after, and
  /// as many more, of weight 0, as make a multiple of 32.
  let taps: Int
  let reach: Int
  /// [phases × taps]
  let weights: [Float]

  /// The filter between two rates; nil where it would have more than a million weights.
  static func between(_ sourceRate: Int, _ targetRate: Int) -> PolyphaseFilter? {
    let divisor = greatestCommonDivisor(sourceRate, targetRate)
    let (phases, step) = (targetRate / divisor, sourceRate / divisor)
    let reach = Int((response.halfLength * max(1, Double(step) / Double(phases))).rounded(.up))
    guard phases * 2 * reach <= 1_000_000 else { return nil }
    return known.withLock { known in
      let filter = known[[phases, step]] ?? PolyphaseFilter(phases: phases, step: step, reach: reach)
      known[[phases, step]] = filter
      return filter
    }
  }

  /// The filters that have been made, by phases and step: a corpus has few rates.
  private static let known = Locked<[[Int]: PolyphaseFilter]>([:])

  private init(phases: Int, step: Int, reach: Int) {
    (self.phases, self.step, self.reach) = (phases, step, reach)
    taps = (2 * reach + 31) / 32 * 32
    let ratio = min(1, Double(phases) / Double(step))
    var weights = [Float](repeating: 0, count: phases * taps)
    for phase in 0..<phases {
      for tap in 0..<2 * reach {
        let time = ratio * (Double(tap - reach + 1) - Double(phase) / Double(phases))
        weights[phase * taps + tap] = Float(ratio * Self.response(time))
      }
    }
    self.weights = weights
  }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
