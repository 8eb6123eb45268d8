import Basics

/// Whether a model's predictions follow the steady noise of an emotion.
public struct NoiseFollowing: Sendable {
  /// The emotion's class.
  public let label: Int
  /// By how much the probability of the emotion is higher with the noise of its clips than with that of others in the same clip,
  /// the mean over the clips, at the level of the rules; nil where there are none.
  ///
  /// Clips of the emotion are compared with the noise of the same emotion and of another, clips of others with the noise of this
  /// one and of their own: where the noise says nothing, or the model does not use it, the mean is 0. Three speakers take part
  /// in each comparison, and the interval is by all of them: the rooms are as much of a sample as the voices are.
  public let follows: Estimate?
  /// The number of speakers who give the emotion's noise; of clips, where a speaker is not known.
  public let givers: Int

  public init(label: Int, follows: Estimate?, givers: Int) {
    (self.label, self.follows, self.givers) = (label, follows, givers)
  }

  /// The number of clips that are compared: those of the emotion, and those that are given its noise.
  public var clips: Int { follows?.clips ?? 0 }

  /// Whether the emotion is more probable with its noise for sure.
  public var isFollowed: Bool {
    guard let follows, Estimate.isEnough(clips: follows.clips, speakers: follows.speakers) else { return false }
    return follows.low.map { $0 > 1e-9 } == true
  }

  /// Of each emotion that clips have.
  /// - Parameter level: Of the rules' intervals.
  public static func all(
    _ rows: [(clip: AuditedClip, path: String, speaker: String?)], level: Double
  ) -> [NoiseFollowing] {
    let areSpeakers = rows.allSatisfy { $0.speaker != nil }
    func name(_ path: String, _ speaker: String?) -> String { areSpeakers ? speaker ?? path : path }
    var found: [Int: [(value: Double, parties: Set<String>)]] = [:]
    var givers: [Int: Set<String>] = [:]
    for (clip, path, speaker) in rows {
      guard let donors = clip.donors, let same = clip.answer(.sameNoise), let other = clip.answer(.otherNoise) else {
        continue
      }
      let given = [donors.same, donors.other].map { (label: $0.label, name: name($0.path, $0.speaker)) }
      for own in given { givers[own.label, default: []].insert(own.name) }
      let parties = Set([name(path, speaker)] + given.map(\.name))
      for (label, value) in [
        (clip.label, same[clip.label] - other[clip.label]),
        (donors.other.label, other[donors.other.label] - same[donors.other.label]),
      ] { found[label, default: []].append((value, parties)) }
    }
    return Set(rows.map(\.clip.label)).sorted().map { label in
      let own = found[label] ?? []
      return NoiseFollowing(
        label: label,
        // Student's interval may end beyond what a difference of probabilities can be.
        follows: Estimate(
          values: own.map(\.value), parties: own.map(\.parties), areSpeakers: areSpeakers, level: level
        )?.mapped { min(1, max(-1, $0)) }, givers: givers[label]?.count ?? 0)
    }
  }
}
