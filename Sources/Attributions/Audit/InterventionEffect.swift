import Basics
import Foundation

/// How well a model tells emotions apart after a change of the clips, beside the same clips as they are.
public struct InterventionEffect: Sendable {
  public let intervention: AuditIntervention
  /// Those of which the change leaves something to hear.
  public let clips: Int
  /// The unweighted average recall that guessing reaches: 1 / the number of the clips' emotions.
  public let chance: Double
  /// Unweighted average recall (UAR), with 95 % intervals as the next two.
  public let recall: Estimate
  /// The share of clips whose predicted class stays.
  public let stays: Estimate
  /// The mean change of the true class's probability.
  public let change: Estimate
  /// UAR less chance, at the level of the rules.
  public let excess: Estimate
  /// Three quarters of what the same clips as they are have beyond chance, less what they have after the change, at the level of
  /// the rules: above 0, more than a quarter of it is lost.
  public let loss: Estimate

  /// The part of what is beyond chance that a change may cost.
  public static let bearable = 0.25

  /// - Parameters:
  ///   - level: Of the rules' intervals.
  ///   - seed: Of the bootstrap.
  /// - Returns: Nil where the clips that can be heard have fewer than two emotions.
  public init?(
    _ intervention: AuditIntervention, of all: [(clip: AuditedClip, speaker: String?)], level: Double, seed: UInt64
  ) {
    let heard = all.compactMap { row in
      row.clip.answer(intervention).map { (label: row.clip.label, own: row.clip.answer(.asItIs)!, after: $0) }
    }
    let speakers = all.filter { $0.clip.answer(intervention) != nil }.map(\.speaker)
    let labels = heard.map(\.label)
    let classes = Set(labels).count
    guard classes > 1 else { return nil }
    let wasRight = heard.map { $0.own.likeliestClass == $0.label }
    let isRight = heard.map { $0.after.likeliestClass == $0.label }
    let most = labels.max()! + 1
    /// The mean recall of the classes that have clips, before and after, and the chance among these classes.
    func recalls(_ places: [Int]) -> (before: Double, after: Double, chance: Double) {
      var counts = [(before: Int, after: Int, clips: Int)](repeating: (0, 0, 0), count: most)
      for place in places {
        let label = labels[place]
        counts[label].clips += 1
        if wasRight[place] { counts[label].before += 1 }
        if isRight[place] { counts[label].after += 1 }
      }
      let present = counts.filter { $0.clips > 0 }
      let sums = present.reduce((0.0, 0.0)) {
        ($0.0 + Double($1.before) / Double($1.clips), $0.1 + Double($1.after) / Double($1.clips))
      }
      let count = Double(present.count)
      return (sums.0 / count, sums.1 / count, 1 / count)
    }
    self.intervention = intervention
    clips = heard.count
    chance = 1 / Double(classes)
    recall = Estimate.ofStatistics(speakers: speakers, seed: seed) { [recalls($0).after] }[0]!
    let tested = Estimate.ofStatistics(speakers: speakers, level: level, seed: seed) { places in
      let found = recalls(places)
      let excess = found.after - found.chance
      return [excess, (1 - Self.bearable) * (found.before - found.chance) - excess]
    }
    (excess, loss) = (tested[0]!, tested[1]!)
    let kept = heard.map { $0.after.likeliestClass == $0.own.likeliestClass ? 1.0 : 0 }
    stays = Estimate(values: kept, speakers: speakers, seed: seed)!
    change = Estimate(values: heard.map { $0.after[$0.label] - $0.own[$0.label] }, speakers: speakers, seed: seed)!
  }

  /// UAR with its interval at the level of the rules.
  var tested: Estimate { excess.mapped { $0 + chance } }

  /// Whether the model tells more than chance from what is left.
  public var isBeyondChance: Bool { Self.isAbove(excess) }
  /// Whether more than a bearable part of what is beyond chance is lost.
  public var isCostly: Bool { Self.isAbove(loss) }
  /// Whether less than that is lost for sure.
  public var isFree: Bool {
    Estimate.isEnough(clips: loss.clips, speakers: loss.speakers) && loss.high.map { $0 < 0 } == true
  }

  /// Sums of recalls are exact to some digits.
  private static func isAbove(_ estimate: Estimate) -> Bool {
    Estimate.isEnough(clips: estimate.clips, speakers: estimate.speakers) && estimate.low.map { $0 > 1e-9 } == true
  }
}
