import Attributions
import Basics
import Corpora
import Models

/// Whether another model is harder to fool: the same attacks, with the same budgets, on the same clips.
///
/// Whoever is right more often has also more left under an attack, so that the share that is fooled is compared of the clips
/// that both models predict rightly.
public struct AttackAgainst {
  /// One attack with one budget.
  public struct Row: Encodable {
    public let attack: String
    public let budget: Double
    /// The share of clips that each model predicts rightly under the attack.
    public let accuracy, otherAccuracy: Double
    /// The other's less that of the model; the intervals of all rows hold together.
    public let difference: Estimate
    /// The share that is fooled of the clips that both predict rightly; nil where there are none.
    public let fooled, otherFooled: Double?
    /// The other's less that of the model.
    public let fooledDifference: Estimate?
  }

  public let model, other: String
  /// Clips of which there are rows of both, and those of them that both predict rightly.
  public let clips, bothRight: Int
  public let rows: [Row]

  /// - Parameters:
  ///   - rows: The clips under attacks on the model, and on the other.
  ///   - Returns: Nil where no clip is in both.
  public init?(
    _ rows: [AttackReport.Row], _ others: [AttackReport.Row], of series: AttackSeries, against other: AttackSeries
  ) {
    let found = Dictionary(others.map { ($0.entry.path, $0.attacks) }) { first, _ in first }
    let pairs = rows.compactMap { row in found[row.entry.path].map { (row.entry.speaker, row.attacks, $0) } }
    guard !pairs.isEmpty else { return nil }
    let both = pairs.filter { $0.1.isAttacked && $0.2.isAttacked }
    (model, self.other, clips, bothRight) = (series.model.name, other.model.name, pairs.count, both.count)
    let level = Estimate.level(ofEachAmong: series.attacks.count * series.budgets.count)
    self.rows = series.attacks.indices.flatMap { attack in
      series.budgets.indices.map { budget in
        func share(_ values: [Bool]) -> Double { Double(values.count { $0 }) / Double(values.count) }
        func difference(_ pairs: [(speaker: String?, own: Bool, other: Bool)]) -> Estimate? {
          Estimate(
            pairs.map { Observation(value: ($0.other ? 1.0 : 0) - ($0.own ? 1 : 0), speaker: $0.speaker) },
            level: level, seed: series.seed)
        }
        let held = pairs.map { ($0.0, $0.1.holds(attack, budget), $0.2.holds(attack, budget)) }
        let fooled = both.map { ($0.0, $0.1.tries[attack][budget].isFooled, $0.2.tries[attack][budget].isFooled) }
        return Row(
          attack: series.attacks[attack], budget: series.budgets[budget].number, accuracy: share(held.map(\.1)),
          otherAccuracy: share(held.map(\.2)), difference: difference(held)!,
          fooled: fooled.isEmpty ? nil : share(fooled.map(\.1)),
          otherFooled: fooled.isEmpty ? nil : share(fooled.map(\.2)), fooledDifference: difference(fooled))
      }
    }
  }

  /// Whether there are clips and speakers enough for what the intervals say of others.
  public var isEnough: Bool {
    rows[0].fooledDifference.map { Estimate.isEnough(clips: $0.clips, speakers: $0.speakers) } ?? false
  }

  /// Which model is harder to fool, in a sentence.
  public var words: String {
    guard isEnough else {
      return
        "Whether \(other) is harder to fool than \(model) is not judged: both predict \(bothRight) clips rightly, and "
        + "that takes \(Estimate.leastClips) of \(Estimate.leastSpeakers) speakers."
    }
    func count(_ holds: (Estimate) -> Bool) -> Int { rows.compactMap(\.fooledDifference).count(where: holds) }
    let harder = count { $0.high.map { $0 < 0 } ?? false }
    let easier = count { $0.low.map { $0 > 0 } ?? false }
    let verdict =
      switch (harder > 0, easier > 0) {
      case (true, false): "\(other) is harder to fool than \(model)"
      case (false, true): "\(other) is easier to fool than \(model)"
      case (true, true): "\(other) is harder to fool than \(model) in some rows and easier in others"
      case (false, false): "\(other) is not shown to be harder or easier to fool than \(model)"
      }
    return
      "Of the \(bothRight) clips that both predict rightly: \(verdict) (fooled less in \(harder), more in \(easier) of "
      + "\(rows.count) rows; their intervals hold together with 95 %)."
  }
}
