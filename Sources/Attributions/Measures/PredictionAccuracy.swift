/// How often a model's prediction is a clip's label, beside chance.
public struct PredictionAccuracy: Sendable, Equatable {
  /// The numbers of labelled clips, and of those that are predicted right.
  public let clips, right: Int
  /// The ends of the 95 % interval of the share that is right (Wilson 1927).
  public let low, high: Double
  /// The share that is right by chance: Σ p · q over classes, of shares p of the labels and q of the predictions (Cohen
  /// 1960).
  public let chance: Double

  /// Nil of no clips.
  init?(labels: [String], predictions: [String]) {
    guard !labels.isEmpty else { return nil }
    let count = Double(labels.count)
    clips = labels.count
    right = zip(labels, predictions).count { $0 == $1 }
    let share = Double(right) / count
    let z = 1.96  // of 95 %
    let middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    let half = z * (share * (1 - share) / count + z * z / (4 * count * count)).squareRoot() / (1 + z * z / count)
    (low, high) = (max(0, middle - half), min(1, middle + half))
    chance = Set(labels).reduce(0) { sum, name in
      sum + Double(labels.count { $0 == name }) * Double(predictions.count { $0 == name }) / (count * count)
    }
  }

  /// Whether the interval has chance in it, or lies below.
  public var isAtChance: Bool { low <= chance }
}
