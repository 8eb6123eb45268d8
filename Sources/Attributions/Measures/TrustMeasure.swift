/// A measure of an attribution that `trust` computes.
public enum TrustMeasure: String, CaseIterable, Sendable, Codable, CodingKeyRepresentable {
  case deletion, insertion, infidelity, redrawn
  case otherClass = "other_class"
  case sensitivity, gini, entropy, silence, loudness
  case inCue = "in_cue"
  case pointing

  public enum Direction: Sendable { case lower, higher, neither }

  /// The direction in which better attributions lie.
  public var better: Direction {
    switch self {
    case .deletion, .infidelity, .redrawn, .otherClass, .sensitivity, .silence: .lower
    case .insertion, .inCue, .pointing: .higher
    // Fewer cells are easier to read, but not more faithful.
    case .gini, .entropy, .loudness: .neither
    }
  }

  /// The head of the measure's column.
  public var title: String {
    switch self {
    case .infidelity: "infidelity"
    case .otherClass: "o. class"
    case .sensitivity: "sensitivity"
    case .inCue: "in cue"
    default: rawValue
    }
  }

  /// A line that explains the measure.
  /// - Parameter dimension: The dimension that is explained; nil of classes.
  public func summary(of dimension: String? = nil) -> String {
    switch self {
    case .deletion:
      "mean \(dimension == nil ? "probability" : "change") while cells are removed, the most relevant first"
    case .insertion:
      "mean \(dimension == nil ? "probability" : "change") while cells are inserted, in the same order"
    case .infidelity: "share of the score's losses that the attribution does not predict"
    case .redrawn: "rank correlation with itself after all weights are randomised"
    case .otherClass: "rank correlation with itself for another \(dimension == nil ? "class" : "dimension")"
    case .sensitivity: "largest relative change under noise of 2 % of the input's range"
    case .gini: "sparseness: 0 if even, 1 if all in one cell"
    case .entropy: "complexity in nats: 0 if all in one cell"
    case .silence: "share of the attribution on silent frames and padding"
    case .loudness: "rank correlation with loudness"
    case .inCue: "share of the attribution inside the planted cue"
    case .pointing: "share of clips whose most relevant cell is inside the cue"
    }
  }
}
