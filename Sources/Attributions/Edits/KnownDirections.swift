import AudioFeatures
import Basics

/// What listeners to vocal emotion are known to hear: the direction of a cue in an emotion beside other speech, as the
/// review of 104 studies by Juslin and Laukka (2003, Psychological Bulletin 129, table 11) sums them up. Disgust, surprise and
/// neutral speech are not in it, nor what it calls medium or finds both ways.
public enum KnownDirection: Int, Sendable, Codable {
  case lower = -1
  case higher = 1

  /// - Parameters:
  ///   - emotion: By any of its common names.
  ///   - kind: Speech rate is ``AudioFeatures/SoundEdits/Kind/tempo``, voice intensity loudness, high-frequency energy
  ///     tilt, the level and variability of F0 pitch and range.
  public init?(of kind: SoundEdits.Kind, in emotion: String) {
    let rows: [SoundEdits.Kind: (higher: [String], lower: [String])] = [
      .tempo: (["angry", "fear", "happy"], ["sadness"]),
      .loudness: (["angry", "happy"], ["fear", "sadness"]),
      .tilt: (["angry"], ["fear", "sadness"]),
      .pitch: (["angry", "fear", "happy"], ["sadness"]),
      .range: (["angry", "happy"], ["fear", "sadness"]),
    ]
    guard let row = rows[kind] else { return nil }
    let name = Self.names[emotion.lowercased()] ?? emotion.lowercased()
    guard row.higher.contains(name) || row.lower.contains(name) else { return nil }
    self = row.higher.contains(name) ? .higher : .lower
  }

  private static let names = [
    "anger": "angry", "fearful": "fear", "happiness": "happy", "joy": "happy", "sad": "sadness",
  ]

  /// Whether a measured effect goes this way: "holds", "does not hold", "undecided" where its interval has 0, and
  /// "no effect" where all of it is smaller than what is worth a word.
  /// - Parameter least: The size from which an effect is one.
  public func verdict(_ effect: Estimate, least: Double) -> String {
    guard let low = effect.low, let high = effect.high else { return "undecided" }
    if max(abs(low), abs(high)) < least { return "no effect" }
    if low > 0 { return self == .higher ? "holds" : "does not hold" }
    if high < 0 { return self == .lower ? "holds" : "does not hold" }
    return "undecided"
  }

  /// The sizes from which a change of a probability a step, and a mean number of steps, is one.
  public static let leastSlope = 0.001, leastSteps = 0.05

  public var arrow: String { self == .higher ? "↑" : "↓" }
}
