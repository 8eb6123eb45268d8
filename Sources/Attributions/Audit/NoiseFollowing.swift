import Basics
import Foundation

/// Whether a model's predictions follow the steady noise of an emotion.
public struct NoiseFollowing: Sendable {
  /// The emotion's class.
  public let label: Int
  /// The clips that are compared: those of the emotion, and those that are given its noise.
  public let clips: Int
  /// By how much the probability of the emotion is higher with the noise of its clips than with that of others in the same clip,
  /// the mean over the clips, at the level of the rules; nil where there are none.
  ///
  /// Clips of the emotion are compared with the noise of the same emotion and of another, clips of others with the noise of this
  /// one and of their own: where the noise says nothing, or the model does not use it, the mean is 0. An exchange is between
  /// speakers, and so a resample takes it as often as all its speakers are drawn, the one who speaks and those whose noise it is
  /// (as pairs are where the nodes of a network are resampled, Snijders and Borgatti 1999).
  public let follows: Estimate?

  /// Of each emotion that clips have.
  /// - Parameters:
  ///   - level: Of the rules' intervals.
  ///   - seed: Of the bootstrap.
  public static func all(
    _ rows: [(clip: AuditedClip, path: String, speaker: String?)], level: Double, seed: UInt64
  ) -> [NoiseFollowing] {
    let exchanges = rows.compactMap { Exchange($0.clip, path: $0.path, speaker: $0.speaker) }
    let labels = Set(rows.map(\.clip.label)).sorted()
    let speakers = exchanges.map(\.speaker)
    // What is resampled: a speaker, or a clip where a speaker is not known.
    let groups = Estimate.groups(speakers)
    var unit = [Int](repeating: 0, count: exchanges.count)
    for (number, group) in groups.enumerated() {
      for place in group { unit[place] = number }
    }
    let isKnown = !speakers.contains(nil)
    let units = Dictionary(
      exchanges.indices.map { (isKnown ? speakers[$0]! : exchanges[$0].path, unit[$0]) },
      uniquingKeysWith: { first, _ in first })
    /// The others who take part in an exchange.
    let donors = exchanges.indices.map { place in
      Set(exchanges[place].donors.compactMap { units[(isKnown ? $0.speaker : nil) ?? $0.path] }).subtracting([
        unit[place]
      ])
      .sorted()
    }
    let firsts = Set(groups.map { $0[0] })
    let columns = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
    let found =
      exchanges.isEmpty
      ? labels.map { _ in nil }
      : Estimate.ofStatistics(speakers: speakers, level: level, seed: seed) { places in
        var drawn = [Int](repeating: 0, count: groups.count)
        for place in places where firsts.contains(place) { drawn[unit[place]] += 1 }
        var (sums, counts) = ([Double](repeating: 0, count: labels.count), [Double](repeating: 0, count: labels.count))
        for place in places {
          let weight = Double(donors[place].reduce(1) { $0 * drawn[$1] })
          guard weight > 0 else { continue }
          for (label, value) in exchanges[place].changes {
            guard let column = columns[label] else { continue }
            sums[column] += weight * value
            counts[column] += weight
          }
        }
        return zip(sums, counts).map { $1 > 0 ? $0 / $1 : nil }
      }
    return zip(labels, found).map { label, follows in
      NoiseFollowing(
        label: label, clips: exchanges.count { $0.changes.contains { $0.label == label } }, follows: follows)
    }
  }

  /// A clip with the noise of its own emotion and of another.
  private struct Exchange {
    let path: String
    let speaker: String?
    let donors: [AuditedClip.Donor]
    /// Of the two emotions: the probability with its noise less that with the other's.
    let changes: [(label: Int, value: Double)]

    /// Nil of a clip that was given none.
    init?(_ clip: AuditedClip, path: String, speaker: String?) {
      guard let found = clip.donors, let same = clip.answer(.sameNoise), let other = clip.answer(.otherNoise) else {
        return nil
      }
      (self.path, self.speaker, donors) = (path, speaker, [found.same, found.other])
      let (own, another) = (clip.label, found.other.label)
      changes = [(own, same[own] - other[own]), (another, other[another] - same[another])]
    }
  }
}
