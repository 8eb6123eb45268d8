import Basics
import Foundation

/// The low-pass filter of a conversion between two rates, sampled at each of the places that an output sample can have
/// between two input samples.
///
/// The filter is that of libsamplerate's SRC_SINC_BEST_QUALITY: with r = min(1, target / source) and t in input samples,
///
///     r · c sinc(c r t) · I₀(β √(1 − (r t / T)²)) / I₀(β),  |r t| ≤ T,
///
/// a sinc under a window of Kaiser (1974). `c`, `T` and `β` were fitted to its response to an impulse, from which it
/// differs by at most 1e-7 (Tests/Fixtures/audio/fit-resampler.py).
struct PolyphaseFilter: Sendable {
  /// c: the cut-off as a part of the lower rate's Nyquist frequency.
  static let cutoff = 0.9657284
  /// T: half the length, in samples of the lower rate.
  static let halfLength = 142.8986
  static let beta = 16.05029

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
    let reach = Int((halfLength * max(1, Double(step) / Double(phases))).rounded(.up))
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

  /// The continuous filter; t in samples of the lower rate.
  static func response(_ time: Double) -> Double {
    let place = time / halfLength
    guard abs(place) < 1 else { return 0 }
    let angle = Double.pi * cutoff * time
    return cutoff * (angle == 0 ? 1 : sin(angle) / angle) * bessel(beta * (1 - place * place).squareRoot()) / peak
  }

  private static let peak = bessel(beta)

  /// I₀(x) = Σₖ ((x / 2)ᵏ / k!)², the modified Bessel function of the first kind.
  private static func bessel(_ x: Double) -> Double {
    let quarter = x * x / 4
    var (sum, term, k) = (1.0, 1.0, 1.0)
    while term > 1e-12 * sum {
      term *= quarter / (k * k)
      sum += term
      k += 1
    }
    return sum
  }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
