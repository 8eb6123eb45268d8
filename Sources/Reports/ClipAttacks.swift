import AudioFeatures
import Attributions

/// What attacks with rising budgets make of one clip: numbers only, as the changed inputs are large.
public struct ClipAttacks: Codable {
  /// The change that one attack found within one budget, or within a smaller one: what fools within a small budget does
  /// so within any larger one. Of a change for all clips each budget has its own.
  public struct Try: Codable {
    let isFooled: Bool
    /// Whether no change that the attack found within the budget made the model say anything else than of the clip: with a
    /// target it may say a third emotion, and neither hold nor be fooled.
    let holds: Bool
    /// What the model says of the changed clip, and its probability.
    let to: Int
    let probability: Double
    /// The signal-to-noise ratio of the change in dB; nil on features.
    let ratio: Double?
    /// The largest change of a value.
    let largest: Double
    /// How often the model was asked for a gradient, and for a prediction, in the search that found this change.
    let gradients, predictions: Int
    /// Whether each other model says something else of the changed clip than of the clip.
    let others: [Bool]
  }

  /// What fools within the smallest budget that one attack needs.
  public struct Found: Codable {
    /// The budget's place, the smallest first.
    let budget: Int
    /// Whether it still fools; empty on features.
    let survives: [Playback: Bool]
    /// The path of the sound that was written.
    let sound: String?
    let figures: [String]
    let explanation: AttackExplanation?
  }

  /// Random noise as large as a budget allows.
  public struct Noise: Codable {
    /// The share of its draws that fool.
    let share: Double
    /// The share of its draws of which the model says what it says of the clip.
    let holds: Double
    /// Whether the first draw fools each other model.
    let others: [Bool]
  }

  /// The class that the model says of the clip, and the clip's own; nil where it is not known.
  let from: Int
  let truth: Int?
  /// [attack][budget], the smallest first; empty of a clip that is not attacked.
  let tries: [[Try]]
  /// By budget.
  let noise: [Noise]
  /// By attack; nil of an attack that never fools.
  let found: [Found?]
  /// Whether the clip's own prediction changes without an attack; empty on features, and of a clip that is not attacked.
  let playedBack: [Playback: Bool]
  /// The mean of each cue of the voice; empty where nothing is explained, on features, and of a clip that is not attacked.
  let cues: [VoiceCue: Double]
  /// Whether the clip is of those that a change for all clips is fitted to; nil where that is fitted to all.
  let isFitted: Bool?

  /// Of a clip that is not attacked.
  init(from: Int, truth: Int?, isFitted: Bool? = nil) {
    self.init(
      from: from, truth: truth, tries: [], noise: [], found: [], playedBack: [:], cues: [:], isFitted: isFitted)
  }

  init(
    from: Int, truth: Int?, tries: [[Try]], noise: [Noise], found: [Found?], playedBack: [Playback: Bool],
    cues: [VoiceCue: Double], isFitted: Bool? = nil
  ) {
    (self.from, self.truth, self.tries, self.noise) = (from, truth, tries, noise)
    (self.found, self.playedBack, self.cues, self.isFitted) = (found, playedBack, cues, isFitted)
  }

  public var isAttacked: Bool { !tries.isEmpty }

  /// Whether the prediction is right, or where the emotion is not known, is there at all.
  var isRight: Bool { truth.map { $0 == from } ?? true }

  /// Whether the prediction is right and holds against an attack with a budget.
  func holds(_ attack: Int, _ budget: Int) -> Bool { isRight && (!isAttacked || tries[attack][budget].holds) }

  /// Whether the prediction is right and noise leaves it as it is: the mean over its draws.
  func holdsAgainstNoise(_ budget: Int) -> Double {
    !isRight ? 0 : isAttacked ? noise[budget].holds : 1
  }

  /// Whether what was read from a file can be of so many classes, attacks, budgets and other models.
  public func isPossible(classes: Int, attacks: Int, budgets: Int, others: Int) -> Bool {
    func isClass(_ place: Int) -> Bool { (0..<classes).contains(place) }
    guard isClass(from), truth.map(isClass) ?? true else { return false }
    guard isAttacked else { return found.isEmpty && noise.isEmpty }
    guard tries.count == attacks, found.count == attacks, noise.count == budgets else { return false }
    guard cues.values.allSatisfy(\.isFinite) else { return false }
    return noise.allSatisfy {
      (0...1).contains($0.share) && (0...1).contains($0.holds) && $0.others.count == others
    }
      && tries.allSatisfy { row in
        row.count == budgets
          && row.allSatisfy { own in
            isClass(own.to) && own.others.count == others && own.gradients >= 0 && own.predictions >= 0
              && [own.probability, own.ratio ?? 0, own.largest].allSatisfy(\.isFinite)
          }
      }
      && found.allSatisfy { $0.map { (0..<budgets).contains($0.budget) && $0.explanation?.isPossible ?? true } ?? true }
  }
}

/// What explanations say of a clip before and after a change, and how its voice changed: of the change that fools, and of
/// random noise as large as its budget allows.
public struct AttackExplanation: Codable {
  public struct Effect: Codable {
    /// Spearman's rank correlation of the attributions on the mel of the clip before and after, for the class that is
    /// said before, and for the class that the attack made the model say; nil where one is the same in all cells.
    let ofBefore, ofAfter: Double?
    /// How much higher the mean of each cue is after; empty on features, as there is no sound.
    let changes: [VoiceCue: Double]

    var isPossible: Bool {
      [ofBefore ?? 0, ofAfter ?? 0].allSatisfy { abs($0) <= 1.001 } && changes.values.allSatisfy(\.isFinite)
    }
  }

  let attack, noise: Effect

  var isPossible: Bool { attack.isPossible && noise.isPossible }
}
