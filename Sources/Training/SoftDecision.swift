import Basics

/// What a system gains that does not take the most probable class alone, but the k most probable ones, weighted by their
/// probabilities, which then sum to 1.
public struct SoftDecision: Sendable {
  /// The number of classes that are weighed; 1 is the plain prediction.
  public let count: Int
  /// The share of clips whose class is among them: top-k accuracy. Of equal probabilities the first class comes first.
  public let hits: Estimate
  /// The mean weight on a clip's class.
  public let weight: Estimate
  /// The mean of Σ (weight − 1 for the true class, 0 for another)² over the classes: for k = 1 twice the share of errors,
  /// for all classes the Brier score.
  public let squaredError: Estimate

  /// The decisions of k = 1 up to the number of classes.
  /// - Parameter seed: The seed of the bootstrap.
  public static func all(_ clips: LabelledPredictions, seed: UInt64) -> [SoftDecision] {
    let rows = clips.indices.map { decisions(clips.probabilities[$0], label: clips.labels[$0]) }
    return (0..<clips.classes).map { index in
      func estimate(_ value: (Row) -> Double) -> Estimate {
        Estimate(values: rows.map { value($0[index]) }, speakers: clips.speakers, seed: seed)!
      }
      return SoftDecision(
        count: index + 1, hits: estimate { $0.isHit ? 1 : 0 }, weight: estimate { $0.weight },
        squaredError: estimate { $0.squaredError })
    }
  }

  private typealias Row = (isHit: Bool, weight: Double, squaredError: Double)

  private static func decisions(_ probabilities: [Float], label: Int) -> [Row] {
    let order = probabilities.indices.sorted { (-probabilities[$0], $0) < (-probabilities[$1], $1) }
    var (sum, squares, own, isHit) = (0.0, 0.0, 0.0, false)
    return order.map { index in
      let probability = Double(probabilities[index])
      (sum, squares) = (sum + probability, squares + probability * probability)
      if index == label { (own, isHit) = (probability, true) }
      return (isHit, own / sum, squares / (sum * sum) - 2 * own / sum + 1)
    }
  }
}
