import AudioFeatures
import Basics
import Corpora

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
    let rows: [SoundEdits.Kind: (higher: [Emotion], lower: [Emotion])] = [
      .tempo: ([.angry, .fear, .happy], [.sadness]),
      .loudness: ([.angry, .happy], [.fear, .sadness]),
      .tilt: ([.angry], [.fear, .sadness]),
      .pitch: ([.angry, .fear, .happy], [.sadness]),
      .range: ([.angry, .happy], [.fear, .sadness]),
    ]
    guard let row = rows[kind] else { return nil }
    let named = Emotion(rawValue: emotion)
    if row.higher.contains(where: named.means) {
      self = .higher
    } else if row.lower.contains(where: named.means) {
      self = .lower
    } else {
      return nil
    }
  }

  /// Whether a measured effect goes this way: "holds" or "does not hold" where its interval lies beside 0 and its mean is
  /// worth a word, "no effect" where all of the interval is smaller than that, else "undecided". Of fewer than
  /// ``Basics/Estimate/leastClips`` clips, or ``Basics/Estimate/leastSpeakers`` speakers, nothing is decided.
  /// - Parameter least: The size from which an effect is worth a word.
  public func verdict(_ effect: Estimate, least: Double) -> String {
    guard Estimate.isEnough(clips: effect.clips, speakers: effect.speakers), let low = effect.low,
      let high = effect.high
    else { return "undecided" }
    if max(abs(low), abs(high)) < least { return "no effect" }
    guard effect.isBesideZero, abs(effect.mean) >= least else { return "undecided" }
    return (effect.mean > 0) == (self == .higher) ? "holds" : "does not hold"
  }

  /// The sizes from which a change of a probability a step, and a mean number of steps, is one.
  public static let leastSlope = 0.001, leastSteps = 0.05

  public var arrow: String { self == .higher ? "↑" : "↓" }
}
