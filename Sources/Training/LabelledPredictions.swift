import Basics

/// Predictions of clips whose class is known, one clip or more: what scores are computed from.
public struct LabelledPredictions: Sendable, Equatable {
  /// The index of each clip's true class.
  public let labels: [Int]
  /// [clip][class], each clip's summing to 1.
  public let probabilities: [[Float]]
  /// Each clip's speaker, by whom intervals are resampled; nil where one is not known.
  public let speakers: [String?]
  /// The index of each clip's most probable class.
  public let predicted: [Int]

  public init(labels: [Int], probabilities: [[Float]], speakers: [String?]) {
    demand(
      !labels.isEmpty && probabilities.count == labels.count && speakers.count == labels.count,
      "probabilities of \(probabilities.count) and speakers of \(speakers.count) clips for \(labels.count) labels")
    demand(probabilities.allSatisfy { $0.allSatisfy(\.isFinite) }, "probabilities that are not finite")
    (self.labels, self.probabilities, self.speakers) = (labels, probabilities, speakers)
    predicted = probabilities.map(\.likeliestClass)
  }

  /// The predictions of clips that have a label; nil where none has one.
  public init?(_ predictions: [Evaluation.Prediction], speaker: (Evaluation.Prediction) -> String?) {
    let known = predictions.filter { $0.label != nil }
    guard !known.isEmpty else { return nil }
    self.init(
      labels: known.map { $0.label! }, probabilities: known.map(\.probabilities), speakers: known.map(speaker))
  }

  public var indices: Range<Int> { labels.indices }
  public var classes: Int { probabilities[0].count }

  /// Whether a clip's most probable class is its own.
  public func isRight(_ clip: Int) -> Bool { predicted[clip] == labels[clip] }

  /// The probability of a clip's most probable class.
  public func confidence(_ clip: Int) -> Float { probabilities[clip][predicted[clip]] }

  public var calibration: Calibration { Calibration(probabilities: probabilities, labels: labels) }
}
