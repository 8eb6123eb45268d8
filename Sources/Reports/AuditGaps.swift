import Attributions
import Basics
import Corpora
import Training

/// What a model does for groups of speakers: of sex, age, corpus, and for each speaker.
public struct AuditGaps: Sendable {
  public struct Group: Sendable {
    public let name: String
    public let clips: Int
    /// Unweighted average recall; where all clips are of one speaker, the interval is by clip.
    public let recall: Estimate
    /// The expected calibration error, which is larger of fewer clips.
    public let calibrationError: Double
    /// The share of the saliency on silent frames, and its mean frequency in Hz; nil where no clip has a gradient.
    public let silent, centroid: Double?
  }

  /// The groups of the highest and of the lowest UAR, the best less the worst.
  public struct Gap: Sendable {
    public let best, worst: String
    /// Of UAR, at the level of the rules.
    public let recall: Estimate
    /// Of the expected calibration error, of the share of the saliency on silent frames, and of its mean frequency in Hz.
    public let calibrationError: Estimate
    public let silent, centroid: Estimate?
  }

  public let column: String
  /// Those with ``Basics/Estimate/leastClips`` clips, in the order of the alphabet.
  public let groups: [Group]
  /// The number of groups with fewer.
  public let leftOut: Int
  /// Nil of fewer than two groups.
  public let gap: Gap?
  /// The number of speakers of the group of the gap that has fewer; nil where one is not known.
  let fewestSpeakers: Int?

  /// By which clips are grouped. The last is only told: speakers always differ.
  public static let columns = ["sex", "age", "origin", "speaker"]
  /// Whether a gap can raise an alarm.
  public var isJudged: Bool { column != "speaker" }

  typealias Row = (entry: Manifest.Entry, clip: AuditedClip)

  /// - Parameters:
  ///   - level: Of the rules' intervals.
  ///   - seed: Of the bootstrap.
  /// - Returns: Nil where no two groups are named.
  init?(_ column: String, _ rows: [Row], level: Double, seed: UInt64) {
    let named = Self.named(column, rows)
    guard named.count > 1 else { return nil }
    let large = named.filter { $0.rows.count >= Estimate.leastClips }
    self.column = column
    leftOut = named.count - large.count
    let groups = large.map { name, rows in
      let speakers = Set(rows.map(\.entry.speaker)).count > 1 ? rows.map(\.entry.speaker) : rows.map { _ in nil }
      let seen = rows.compactMap(\.clip.seen)
      func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
      }
      return Group(
        name: name, clips: rows.count,
        recall: Estimate.ofStatistics(speakers: speakers, seed: seed) { places in [Self.recall(places.map { rows[$0] })]
        }[
          0]!, calibrationError: Self.calibrationError(rows), silent: mean(seen.map(\.silent)),
        centroid: mean(seen.map(\.centroid)))
    }
    self.groups = groups
    guard groups.count > 1 else {
      (gap, fewestSpeakers) = (nil, nil)
      return
    }
    // The first of equals is the best, the last the worst.
    let order = groups.indices.sorted { (groups[$1].recall.mean, $0) < (groups[$0].recall.mean, $1) }
    let (best, worst) = (large[order[0]].rows, large[order[order.count - 1]].rows)
    let both = best + worst
    // Speakers are compared by their clips.
    let speakers = both.map { column == "speaker" ? nil : $0.entry.speaker }
    fewestSpeakers =
      speakers.contains(nil) ? nil : [best, worst].map { Set($0.map(\.entry.speaker)).count }.min()
    func difference(_ value: @escaping ([Row]) -> Double, level: Double) -> Estimate {
      let found = Estimate.ofStatistics(speakers: speakers, level: level, seed: seed) { places in
        let first = places.filter { $0 < best.count }.map { both[$0] }
        let second = places.filter { $0 >= best.count }.map { both[$0] }
        return [first.isEmpty || second.isEmpty ? nil : value(first) - value(second)]
      }
      return found[0]!
    }
    func observed(_ rows: [Row], _ value: (AuditedClip.Seen) -> Double) -> [Observation] {
      rows.compactMap { row in row.clip.seen.map { Observation(value: value($0), speaker: row.entry.speaker) } }
    }
    func seen(_ value: (AuditedClip.Seen) -> Double) -> Estimate? {
      Estimate(difference: observed(best, value), observed(worst, value), seed: seed)
    }
    gap = Gap(
      best: groups[order[0]].name, worst: groups[order[order.count - 1]].name,
      recall: difference(Self.recall, level: level), calibrationError: difference(Self.calibrationError, level: 0.95),
      silent: seen(\.silent), centroid: seen(\.centroid))
  }

  /// How many pairs of groups are compared where the best and the worst are chosen: a test each.
  static func pairs(_ rows: [Row]) -> Int {
    columns.dropLast().reduce(0) { sum, column in
      let count = named(column, rows).count { $0.rows.count >= Estimate.leastClips }
      return sum + count * (count - 1) / 2
    }
  }

  private static func named(_ column: String, _ rows: [Row]) -> [(name: String, rows: [Row])] {
    func name(_ entry: Manifest.Entry) -> String? {
      switch column {
      case "sex": entry.traits.sex?.rawValue
      case "age": entry.traits.age.map { $0 < 30 ? "under 30" : $0 < 50 ? "30 to 49" : "50 or older" }
      case "origin": entry.origin == "unknown" ? nil : entry.origin
      default: entry.speaker
      }
    }
    let known = rows.filter { name($0.entry) != nil }
    return Dictionary(grouping: known) { name($0.entry)! }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private static func recall(_ rows: [Row]) -> Double {
    let answers = rows.map { $0.clip.answer(.asItIs)! }
    return Metrics(
      labels: rows.map(\.clip.label), predictions: answers.map(\.likeliestClass), classes: answers[0].count
    ).averageRecall
  }

  private static func calibrationError(_ rows: [Row]) -> Double {
    Calibration(
      probabilities: rows.map { $0.clip.answer(.asItIs)!.map(Float.init) }, labels: rows.map(\.clip.label)
    ).expectedCalibrationError
  }
}
