/// What `trust` measures of an attribution.
public enum TrustMeasure: String, CaseIterable, Sendable, Codable, CodingKeyRepresentable {
  case deletion, insertion, infidelity, redrawn
  case otherClass = "other_class"
  case sensitivity, gini, entropy, silence, loudness
  case inCue = "in_cue"
  case pointing

  public enum Direction: Sendable { case lower, higher, neither }

  /// Where a good attribution lies.
  public var better: Direction {
    switch self {
    case .deletion, .infidelity, .redrawn, .otherClass, .sensitivity, .silence: .lower
    case .insertion, .inCue, .pointing: .higher
    // Few cells are easier to read, not more right.
    case .gini, .entropy, .loudness: .neither
    }
  }

  /// The head of a column.
  public var title: String {
    switch self {
    case .infidelity: "infidel."
    case .otherClass: "o. class"
    case .sensitivity: "sensit."
    case .inCue: "in cue"
    default: rawValue
    }
  }

  /// What the numbers are.
  public var summary: String {
    switch self {
    case .deletion: "mean probability while cells are taken away, the most relevant first"
    case .insertion: "mean probability while they come in, in that order"
    case .infidelity: "share of the score's losses that the attribution does not tell"
    case .redrawn: "rank correlation with itself when all weights are drawn anew"
    case .otherClass: "rank correlation with itself for another class"
    case .sensitivity: "largest relative change under noise of 2 % of the input's range"
    case .gini: "sparseness: 0 even, 1 all in one cell"
    case .entropy: "complexity in nats: 0 all in one cell"
    case .silence: "share that falls on silent frames and padding"
    case .loudness: "rank correlation with loudness"
    case .inCue: "share that falls inside the planted cue"
    case .pointing: "share of clips whose most relevant cell is inside the cue"
    }
  }
}
