import Basics
import Foundation

/// How large a change of a clip must be for a smoothed model to say another class of it; see ``RandomizedSmoothing``.
public struct Certificate: Sendable, Codable, Hashable {
  /// σ, in amplitude of full scale.
  public let deviation: Double
  /// The class that most of the first draws have; nil where none of them has one, as their outputs are not finite.
  public let guess: Int?
  /// How many of `draws` others have it.
  public let count, draws: Int
  /// The least probability of the class under the noise.
  public let probability: Double
  /// σ Φ⁻¹(probability): every change of a 2-norm below it leaves the smoothed model's class. Nil where it abstains.
  public let radius: Double?
  /// 20 log₁₀ ‖x‖/radius in dB, x the clip's own samples: no change of a larger signal-to-noise ratio matters. Nil where the
  /// model abstains, and of a silent clip.
  public let ratio: Double?

  /// - Parameter norm: ‖x‖.
  init(_ smoothing: RandomizedSmoothing, guess: Int?, count: Int, norm: Double) {
    (deviation, draws) = (smoothing.deviation, smoothing.draws)
    (self.guess, self.count) = (guess, count)
    probability = BinomialProportion.lowerBound(count: count, draws: draws, confidence: smoothing.confidence)
    let found = probability > 0.5 ? deviation * NormalDistribution.quantile(probability) : 0
    radius = guess != nil && found > 0 ? found : nil
    ratio = radius.flatMap { norm > 0 ? 20 * log10(norm / $0) : nil }
  }

  /// The class that is certified; nil where the model abstains.
  public var certified: Int? { radius == nil ? nil : guess }

  /// Whether what was read from a file can be of so many classes and of these settings.
  public func isPossible(classes: Int, _ smoothing: RandomizedSmoothing) -> Bool {
    guard guess.map((0..<classes).contains) ?? true, (0...draws).contains(count) else { return false }
    guard deviation == smoothing.deviation, draws == smoothing.draws else { return false }
    return (0...1).contains(probability) && (radius.map { $0 > 0 && $0.isFinite && guess != nil } ?? true)
      && (ratio.map { $0.isFinite && radius != nil } ?? true)
  }
}
