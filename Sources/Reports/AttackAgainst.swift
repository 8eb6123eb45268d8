import Attributions
import Basics
import Corpora
import Models

/// Whether another model is harder to fool: the same attacks, with the same budgets, on the same clips.
///
/// Whoever is right more often has also more left under an attack, so that the share that is fooled is compared of the clips
/// that both models predict rightly; where emotions are not known, of the clips that are attacked on both.
public struct AttackAgainst {
  /// One attack with one budget.
  public struct Row: Encodable {
    public let attack: String
    /// "others" of a change for all clips that is fitted to half of the speakers: the numbers are of the other half; nil where
    /// they are of all.
    public let half: String?
    public let budget: Double
    /// The share of clips that each model predicts rightly under the attack; without labels, whose predictions hold.
    public let accuracy, otherAccuracy: Double
    /// The other's less that of the model; the intervals of all rows hold together.
    public let difference: Estimate
    /// The share that is fooled of the clips that both predict rightly; nil where there are none.
    public let fooled, otherFooled: Double?
    /// The other's less that of the model.
    public let fooledDifference: Estimate?
    /// The share of random changes as large that fool each model, of the same clips.
    public let fooledByNoise, otherFooledByNoise: Double?

    /// Whether there are clips and speakers enough for what the interval of ``fooledDifference`` says of others.
    public var isEnough: Bool {
      fooledDifference.map { Estimate.isEnough(clips: $0.clips, speakers: $0.speakers) } ?? false
    }
  }

  /// A clip under attacks on both models.
  private struct Pair {
    let speaker: String?
    let own, other: ClipAttacks

    var areAttacked: Bool { own.isAttacked && other.isAttacked }
  }

  public let model, other: String
  /// Clips of which there are rows of both, and those of them that both predict rightly.
  public let clips, bothRight: Int
  /// Each attack with each budget; but for a change for all clips of which no clip is left that it is not fitted to.
  public let rows: [Row]
  /// What is to be known of the comparison, a sentence each.
  public let remarks: [String]
  private let isLabelled, isOfSeveral: Bool

  /// - Parameters:
  ///   - rows: The clips under attacks on the model, and on the other.
  ///   - series: Labelled as that of the other is.
  ///   - count: How many others the model is compared with: the intervals of all of them hold together.
  /// - Returns: Nil where no clip is in both.
  public init?(
    _ rows: [AttackReport.Row], _ others: [AttackReport.Row], of series: AttackSeries, against other: AttackSeries,
    among count: Int = 1
  ) {
    demand(series.isLabelled == other.isLabelled, "accuracies of one model are not compared with what holds of another")
    let found = Dictionary(others.map { ($0.entry.path, $0.attacks) }) { first, _ in first }
    let pairs = rows.compactMap { row in
      found[row.entry.path].map { Pair(speaker: row.entry.speaker, own: row.attacks, other: $0) }
    }
    guard !pairs.isEmpty else { return nil }
    (model, self.other, clips) = (series.model.name, other.model.name, pairs.count)
    (bothRight, isLabelled, isOfSeveral) = (pairs.count(where: \.areAttacked), series.isLabelled, count > 1)
    let level = Estimate.level(ofEachAmong: series.attacks.count * series.budgets.count * count)
    self.rows = series.attacks.indices.flatMap { attack -> [Row] in
      // What a change does to the clips that it is fitted to says nothing of others.
      let isHalf = series.attacks[attack] == Universal.name && pairs.contains { $0.own.isFitted != nil }
      let pairs = isHalf ? pairs.filter { $0.own.isFitted == false } : pairs
      guard !pairs.isEmpty else { return [] }
      let both = pairs.filter(\.areAttacked)
      func mean(_ pairs: [Pair], _ value: (Pair) -> Double) -> Double? {
        pairs.isEmpty ? nil : pairs.reduce(0) { $0 + value($1) } / Double(pairs.count)
      }
      func difference(_ pairs: [Pair], _ holds: (ClipAttacks) -> Bool) -> Estimate? {
        Estimate(
          pairs.map { Observation(value: (holds($0.other) ? 1 : 0) - (holds($0.own) ? 1 : 0), speaker: $0.speaker) },
          level: level, seed: series.seed)
      }
      return series.budgets.indices.map { budget in
        func holds(_ clip: ClipAttacks) -> Bool { clip.holds(attack, budget) }
        func isFooled(_ clip: ClipAttacks) -> Bool { clip.tries[attack][budget].isFooled }
        return Row(
          attack: series.attacks[attack], half: isHalf ? AttackReport.Half.others.rawValue : nil,
          budget: series.budgets[budget].number, accuracy: mean(pairs) { holds($0.own) ? 1 : 0 }!,
          otherAccuracy: mean(pairs) { holds($0.other) ? 1 : 0 }!, difference: difference(pairs, holds)!,
          fooled: mean(both) { isFooled($0.own) ? 1 : 0 }, otherFooled: mean(both) { isFooled($0.other) ? 1 : 0 },
          fooledDifference: difference(both, isFooled), fooledByNoise: mean(both) { $0.own.noise[budget].share },
          otherFooledByNoise: mean(both) { $0.other.noise[budget].share })
      }
    }
    remarks = Self.remarks(series, other, halves: self.rows.filter { $0.half != nil })
  }

  private static func remarks(_ series: AttackSeries, _ other: AttackSeries, halves: [Row]) -> [String] {
    func lacks(_ own: TrainedModel, _ other: TrainedModel) -> Bool {
      own.classes.contains { other.configuration.classIndex(of: Emotion(rawValue: $0)) == nil }
    }
    let models = [series.model, other.model]
    let areOthers = lacks(models[0], models[1]) || lacks(models[1], models[0])
    let hasDecision = series.attacks.contains(HopSkipJump.name) || series.target != nil
    return [
      areOthers
        ? "They know other emotions, so that one may have more to be fooled into: "
          + models.map { "\($0.name) \($0.classes.joined(separator: ", "))" }.joined(separator: "; ") + "." : nil,
      halves.first.map {
        "\($0.attack): of the \($0.difference.clips) clips of the speakers that no change is fitted to."
      },
      // Athalye et al. 2018, arXiv:1802.00420.
      "An attack that fails may be misled by masked gradients: try more --steps"
        + (hasDecision ? "." : ", or --attack \(HopSkipJump.name), which asks for none."),
    ].compactMap { $0 }
  }

  /// Whether there are clips and speakers enough in a row for what its interval says of others.
  public var isEnough: Bool { rows.contains(where: \.isEnough) }

  private func counted(_ clips: Int) -> String { "\(clips) clip\(clips == 1 ? "" : "s")" }

  /// Which model is harder to fool, in sentences.
  public var words: String {
    guard isEnough else {
      let both =
        isLabelled
        ? "both predict \(counted(bothRight)) rightly"
        : "\(counted(bothRight)) \(bothRight == 1 ? "is" : "are") attacked on both"
      return
        "Whether \(other) is harder to fool by these attacks than \(model) is not judged: \(both), and "
        + "that takes \(Estimate.leastClips) of \(Estimate.leastSpeakers) speakers"
        + (rows.contains { $0.half != nil } ? ", to which no change is fitted." : ".")
    }
    let judged = rows.filter(\.isEnough)
    func count(_ holds: (Estimate) -> Bool) -> Int { judged.compactMap(\.fooledDifference).count(where: holds) }
    let harder = count { $0.high.map { $0 < 0 } ?? false }
    let easier = count { $0.low.map { $0 > 0 } ?? false }
    let verdict =
      switch (harder > 0, easier > 0) {
      case (true, false): "\(other) is harder to fool by these attacks than \(model)"
      case (false, true): "\(other) is easier to fool by these attacks than \(model)"
      case (true, true): "\(other) is harder to fool by these attacks than \(model) in some rows and easier in others"
      case (false, false): "\(other) is not shown to be harder or easier to fool by these attacks than \(model)"
      }
    func most(_ share: KeyPath<Row, Double?>) -> String {
      "\(Int((100 * (judged.compactMap { $0[keyPath: share] }.max() ?? 0)).rounded())) %"
    }
    return
      "Of the \(counted(bothRight)) that \(isLabelled ? "both predict rightly" : "are attacked on both"): "
      + "\(verdict) (fooled less in \(harder), more in \(easier) of \(judged.count) "
      + "row\(judged.count == 1 ? "" : "s"); their intervals\(isOfSeveral ? ", of all models," : "") hold together with 95 %). Noise as large fools \(model) in "
      + "\(most(\.fooledByNoise)) at most, and \(other) in \(most(\.otherFooledByNoise))."
  }
}
