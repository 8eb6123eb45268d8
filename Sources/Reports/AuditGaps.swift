import Attributions
import Basics
import Corpora
import Training

/// What a model does for groups of speakers: of sex, age, corpus, and for each speaker.
public struct AuditGaps: Sendable {
  public struct Group: Sendable {
    public let name: String
    public let clips: Int
    /// Unweighted average recall of the emotions that the group has; of one speaker among others by clip, else without an
    /// interval.
    public let recall: Estimate
    /// The expected calibration error, which is larger of fewer clips.
    public let calibrationError: Double
    /// The share of the saliency on silent frames, and its mean frequency in Hz; nil where no clip has a gradient.
    public let silent, centroid: Double?
  }

  /// The two groups whose recalls of the emotions that both have differ most, the best less the worst.
  public struct Gap: Sendable {
    public let best, worst: String
    /// Those that both have, two or more, and those that only one of them has.
    public let emotions, leftOut: [String]
    /// Of the unweighted average recall of the emotions that both have, at the level of the rules. Without an interval, as all
    /// others, where a group has one speaker: nothing is known of how others differ.
    public let recall: Estimate
    /// Of the expected calibration error, of the share of the saliency on silent frames, and of its mean frequency in Hz.
    public let calibrationError: Estimate
    public let silent, centroid: Estimate?

    /// "female less male, without fear".
    public var name: String {
      "\(best) less \(worst)" + (leftOut.isEmpty ? "" : ", without " + leftOut.joined(separator: ", "))
    }
  }

  public let column: String
  /// Those with ``Basics/Estimate/leastClips`` clips, in the order of the alphabet.
  public let groups: [Group]
  /// The number of groups with fewer.
  public let leftOut: Int
  /// Nil where no two groups have two emotions in common.
  public let gap: Gap?
  /// The number of speakers of the group of the gap that has fewer; nil where one is not known.
  let fewestSpeakers: Int?

  /// By which clips are grouped. The last is only told: speakers always differ.
  public static let columns = ["sex", "age", "origin", "speaker"]
  /// Whether a gap can raise an alarm.
  public var isJudged: Bool { column != "speaker" }

  typealias Row = (entry: Manifest.Entry, clip: AuditedClip)

  /// - Parameters:
  ///   - classes: The model's.
  ///   - level: Of the rules' intervals.
  ///   - seed: Of the bootstrap.
  /// - Returns: Nil where no two groups are named.
  init?(_ column: String, _ rows: [Row], classes: [String], level: Double, seed: UInt64) {
    let named = Self.named(column, rows)
    guard named.count > 1 else { return nil }
    let large = named.filter { $0.rows.count >= Estimate.leastClips }
    self.column = column
    leftOut = named.count - large.count
    /// Speakers are compared by their clips.
    func unit(_ row: Row) -> String? { column == "speaker" ? nil : row.entry.speaker }
    let groups = large.map { name, rows in
      let seen = rows.compactMap(\.clip.seen)
      func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
      }
      return Group(
        name: name, clips: rows.count,
        recall: Estimate.ofStatistics(speakers: rows.map(unit), seed: seed) { places in
          let recalls = Self.recalls(places.map { rows[$0] }).compactMap(\.self)
          return [recalls.reduce(0, +) / Double(recalls.count)]
        }[0]!, calibrationError: Self.calibrationError(rows), silent: mean(seen.map(\.silent)),
        centroid: mean(seen.map(\.centroid)))
    }
    self.groups = groups
    let recalls = large.map { Self.recalls($0.rows) }
    let pairs = groups.indices.flatMap { first in groups.indices.dropFirst(first + 1).map { (first, $0) } }
      .filter { Self.common(recalls[$0], recalls[$1]).count > 1 }
    func apart(_ pair: (Int, Int)) -> Double { Self.difference(recalls[pair.0], recalls[pair.1])! }
    // Of equals the first.
    guard let widest = pairs.max(by: { abs(apart($0)) < abs(apart($1)) }) else {
      (gap, fewestSpeakers) = (nil, nil)
      return
    }
    let (better, worse) = apart(widest) < 0 ? (widest.1, widest.0) : widest
    let (best, worst) = (large[better].rows, large[worse].rows)
    let common = Self.common(recalls[better], recalls[worse])
    func compared(_ rows: [Row]) -> [Row] { rows.filter { common.contains($0.clip.label) } }
    let fewest =
      (best + worst).map(unit).contains(nil)
      ? nil : [best, worst].map { Set(compared($0).map(\.entry.speaker)).count }.min()
    fewestSpeakers = fewest
    func known(_ estimate: Estimate) -> Estimate { fewest == 1 ? estimate.withoutInterval : estimate }
    func difference(
      _ best: [Row], _ worst: [Row], level: Double, _ value: ([Row], [Row]) -> Double?
    ) -> Estimate {
      let both = best + worst
      let found = Estimate.ofStatistics(speakers: both.map(unit), level: level, seed: seed) { places in
        let first = places.filter { $0 < best.count }.map { both[$0] }
        let second = places.filter { $0 >= best.count }.map { both[$0] }
        return [first.isEmpty || second.isEmpty ? nil : value(first, second)]
      }
      return known(found[0]!)
    }
    func observed(_ rows: [Row], _ value: (AuditedClip.Seen) -> Double) -> [Observation] {
      rows.compactMap { row in row.clip.seen.map { Observation(value: value($0), speaker: unit(row)) } }
    }
    func seen(_ value: (AuditedClip.Seen) -> Double) -> Estimate? {
      Estimate(difference: observed(best, value), observed(worst, value), seed: seed).map(known)
    }
    gap = Gap(
      best: groups[better].name, worst: groups[worse].name, emotions: common.map { classes[$0] },
      leftOut: classes.indices.filter { (recalls[better][$0] == nil) != (recalls[worse][$0] == nil) }
        .map { classes[$0] },
      // Resamples without an emotion of one group leave it out of both.
      recall: difference(compared(best), compared(worst), level: level) {
        Self.difference(Self.recalls($0), Self.recalls($1))
      },
      calibrationError: difference(best, worst, level: 0.95) {
        Self.calibrationError($0) - Self.calibrationError($1)
      },
      silent: seen(\.silent), centroid: seen(\.centroid))
  }

  /// How many pairs of groups are compared, of which the widest apart is chosen: a test each.
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

  /// The recall of each class; nil of those without clips.
  private static func recalls(_ rows: [Row]) -> [Double?] {
    let answers = rows.map { $0.clip.answer(.asItIs)! }
    return Metrics(
      labels: rows.map(\.clip.label), predictions: answers.map(\.likeliestClass), classes: answers.first?.count ?? 0
    ).byClass.map(\.recall)
  }

  /// The classes of which both have a recall.
  private static func common(_ first: [Double?], _ second: [Double?]) -> [Int] {
    zip(first, second).enumerated().filter { $1.0 != nil && $1.1 != nil }.map(\.offset)
  }

  /// The mean difference of the recalls of the classes that both have; nil where there is none.
  private static func difference(_ first: [Double?], _ second: [Double?]) -> Double? {
    let both = common(first, second)
    return both.isEmpty ? nil : both.reduce(0) { $0 + first[$1]! - second[$1]! } / Double(both.count)
  }

  private static func calibrationError(_ rows: [Row]) -> Double {
    Calibration(
      probabilities: rows.map { $0.clip.answer(.asItIs)!.map(Float.init) }, labels: rows.map(\.clip.label)
    ).expectedCalibrationError
  }
}
