import Basics

/// What share of clips is predicted right, counted in several ways, each with its interval.
public struct Scores: Sendable {
  public let metrics: Metrics
  /// The mean recall of the classes that have clips (UAR), by which unequal numbers of clips count alike.
  public let averageRecall: Estimate
  public let accuracy, macroF1, weightedF1: Estimate

  /// - Parameter seed: The seed of the bootstrap.
  public init(_ clips: LabelledPredictions, seed: UInt64) {
    self.init(clips, Array(clips.indices), speakers: clips.speakers, seed: seed)
  }

  /// The scores of some of the clips, whose speakers are `speakers`.
  fileprivate init(_ clips: LabelledPredictions, _ chosen: [Int], speakers: [String?], seed: UInt64) {
    func metrics(_ places: [Int]) -> Metrics {
      Metrics(
        labels: places.map { clips.labels[chosen[$0]] }, predictions: places.map { clips.predicted[chosen[$0]] },
        classes: clips.classes)
    }
    self.metrics = metrics(Array(chosen.indices))
    let found = Estimate.ofStatistics(speakers: speakers, seed: seed) { places in
      let drawn = metrics(places)
      return [drawn.averageRecall, drawn.accuracy, drawn.macroF1, drawn.weightedF1]
    }.map { $0! }
    (averageRecall, accuracy, macroF1, weightedF1) = (found[0], found[1], found[2], found[3])
  }
}

/// The scores of the clips of each value of a column, such as sex.
public struct GroupedScores: Sendable {
  public let column: String
  /// In the order of the alphabet. Where all clips of a group are of one speaker, its intervals are by clip.
  public let groups: [(name: String, scores: Scores)]

  /// - Parameters:
  ///   - names: Each clip's value of the column; nil where it has none, and belongs to no group.
  ///   - seed: The seed of the bootstrap.
  public init(_ clips: LabelledPredictions, by column: String, _ names: [String?], seed: UInt64) {
    demand(names.count == clips.labels.count, "\(names.count) values of \(column) for \(clips.labels.count) clips")
    self.column = column
    let named = Dictionary(grouping: clips.indices.filter { names[$0] != nil }) { names[$0]! }
    groups = named.sorted { $0.key < $1.key }.map { name, places in
      let speakers = places.map { clips.speakers[$0] }
      let own = Set(speakers).count > 1 ? speakers : speakers.map { _ in nil }
      return (name, Scores(clips, places, speakers: own, seed: seed))
    }
  }

  /// The groups of the highest and of the lowest average recall among those with ``Estimate/leastClips`` clips; nil where
  /// fewer than two have so many.
  public var gap: (best: (name: String, scores: Scores), worst: (name: String, scores: Scores))? {
    let large = groups.filter { $0.scores.averageRecall.clips >= Estimate.leastClips }
    guard large.count > 1 else { return nil }
    let recall = { (group: (name: String, scores: Scores)) in group.scores.metrics.averageRecall }
    return (large.max { recall($0) < recall($1) }!, large.min { recall($0) < recall($1) }!)
  }
}
