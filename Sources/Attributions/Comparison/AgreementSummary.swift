import Basics

/// The agreement of models on many clips: the mean of each measure for each pair, with its interval.
public struct AgreementSummary: Sendable {
  public let models: [String]
  public let clips: Int
  /// The number of speakers; nil where the speaker of a clip is not known.
  public let speakers: Int?
  /// The number of clips on which the models predict different classes.
  public let disagreements: Int
  /// The mean over clips of how far the models' values of the explained dimension are apart; nil of classes.
  public let meanDifference: Double?
  /// Estimates as [measure][first][second]; nil on the diagonal and where no clip has a value.
  public let estimates: [Agreement.Measure: [[Estimate?]]]

  /// - Parameters:
  ///   - clips: The agreement of each pair (first below second) of each clip, in the order of ``pairs(_:)``.
  ///   - speakers: Each clip's, by whom intervals are resampled; where one is not known, by clip.
  ///   - disagreements: The number of clips on which the predicted classes differ.
  ///   - differences: How far the models' values of the explained dimension are apart, by clip; empty of classes.
  ///   - seed: The seed of the bootstrap.
  public init(
    models: [String], clips: [[Agreement]], speakers: [String?], disagreements: Int, differences: [Double] = [],
    seed: UInt64
  ) {
    (self.models, self.clips, self.disagreements) = (models, clips.count, disagreements)
    self.speakers = speakers.contains(nil) ? nil : Set(speakers).count
    meanDifference = differences.isEmpty ? nil : differences.reduce(0, +) / Double(differences.count)
    estimates = Agreement.Measure.allCases.reduce(into: [:]) { found, measure in
      var matrix = [[Estimate?]](repeating: [Estimate?](repeating: nil, count: models.count), count: models.count)
      for (place, pair) in Self.pairs(models.count).enumerated() {
        let estimate = Estimate(
          zip(clips, speakers).compactMap { clip, speaker in
            clip[place].values[measure].map { Observation(value: $0, speaker: speaker) }
          }, seed: seed)
        (matrix[pair.0][pair.1], matrix[pair.1][pair.0]) = (estimate, estimate)
      }
      found[measure] = matrix
    }
  }

  /// All pairs of indices: (0, 1), (0, 2), …, (1, 2), ….
  public static func pairs(_ count: Int) -> [(Int, Int)] {
    (0..<count).flatMap { first in ((first + 1)..<max(first + 1, count)).map { (first, $0) } }
  }
}
