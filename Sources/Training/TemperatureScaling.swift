import Basics
import Foundation

/// Calibration by a temperature: probabilities p become p^(1/T), divided by their sum, which is softmax(logits / T) (Guo et
/// al. 2017). The most probable class stays the same.
///
/// T is fitted by maximum likelihood. No clip is judged by a temperature that it helped to fit: clips are in ten folds, by
/// speaker where there are two or more and all are known, and a fold's temperature is that of the other folds.
public struct TemperatureScaling: Sendable {
  /// Fitted on all clips: the one to use on others.
  public let temperature: Double
  /// Each fold's, fitted on the other folds; empty of a single clip, which has no others.
  public let foldTemperatures: [Double]
  public let keepsSpeakersApart: Bool
  /// Without a temperature, and with each fold's.
  public let before, after: Calibration

  /// The temperatures that are searched. Predictions that are all right have none of highest likelihood: the lower, the
  /// better.
  public static let range = 0.01...100.0
  private static let foldCount = 10

  /// - Parameter seed: The seed of the folds.
  public init(_ clips: LabelledPredictions, seed: UInt64) {
    let speakers = Estimate.groups(clips.speakers)
    keepsSpeakersApart = !clips.speakers.contains(nil) && speakers.count > 1
    let units = speakers.count > 1 ? speakers : clips.indices.map { [$0] }
    var generator = SeededGenerator(seed: seed)
    var folds = [[Int]](repeating: [], count: units.count > 1 ? min(Self.foldCount, units.count) : 0)
    for (place, unit) in generator.shuffled(units).enumerated() where !folds.isEmpty {
      folds[place % folds.count] += unit
    }
    var scaled = clips.probabilities
    var found: [Double] = []
    for fold in folds {
      let own = Set(fold)
      let temperature = Self.temperature(of: clips, clips.indices.filter { !own.contains($0) })
      for clip in fold { scaled[clip] = Self.scaled(clips.probabilities[clip], by: temperature) }
      found.append(temperature)
    }
    (temperature, foldTemperatures) = (Self.temperature(of: clips, Array(clips.indices)), found)
    (before, after) = (clips.calibration, Calibration(probabilities: scaled, labels: clips.labels))
  }

  /// p^(1/T) / Σ p^(1/T).
  public static func scaled(_ probabilities: [Float], by temperature: Double) -> [Float] {
    let powers = logits(probabilities).map { exp($0 / temperature) }
    let sum = powers.reduce(0, +)
    return powers.map { Float($0 / sum) }
  }

  /// log p, 0 for the largest, as softmax takes them; a probability of 0 counts as the least above it.
  private static func logits(_ probabilities: [Float]) -> [Double] {
    let logarithms = probabilities.map { log(Double(max($0, .leastNonzeroMagnitude))) }
    let largest = logarithms.max() ?? 0
    return logarithms.map { $0 - largest }
  }

  /// The temperature of the highest likelihood, 1 where all are alike: Newton's steps on β = 1/T, in which
  /// Σ log Σⱼ exp(β zⱼ) − β z of the true class is convex, and a bisection where a step leaves what is left of the range.
  private static func temperature(of clips: LabelledPredictions, _ chosen: [Int]) -> Double {
    let rows = chosen.map { (logits: logits(clips.probabilities[$0]), label: clips.labels[$0]) }
    /// The first and the second derivative by β: Σ (mean of z − z of the true class), and Σ the variance of z.
    func derivatives(_ beta: Double) -> (slope: Double, curvature: Double) {
      var (slope, curvature) = (0.0, 0.0)
      for row in rows {
        var (weights, mean, square) = (0.0, 0.0, 0.0)
        for logit in row.logits {
          let weight = exp(beta * logit)
          (weights, mean, square) = (weights + weight, mean + weight * logit, square + weight * logit * logit)
        }
        mean /= weights
        slope += mean - row.logits[row.label]
        curvature += square / weights - mean * mean
      }
      return (slope, curvature)
    }
    var (low, high) = (1 / range.upperBound, 1 / range.lowerBound)
    var beta = 1.0
    for _ in 0..<100 {
      let (slope, curvature) = derivatives(beta)
      if slope == 0 { break }
      if slope > 0 { high = beta } else { low = beta }
      let step = beta - slope / curvature
      let next = step > low && step < high ? step : (low * high).squareRoot()
      let isThere = abs(next - beta) <= 1e-12 * beta
      beta = next
      if isThere { break }
    }
    return 1 / beta
  }
}
