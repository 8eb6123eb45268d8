import Basics
import Foundation

/// How far attacks turn explanations while predictions hold: means over clips with their intervals, and verdicts.
public struct ExplanationAttackSummary: Sendable {
  public enum Verdict: String, Sendable {
    /// The map can be made another.
    case another
    case notShown = "not shown"
    case tooFew = "too few clips"
  }

  public struct Similarity: Sendable {
    public let correlation, overlap: Estimate
  }

  /// A method within one budget.
  public struct OfBudget: Sendable {
    /// The map before and after the attack; nil where no clip's maps have ranks. Likewise of noise.
    public let attacked, noise: Similarity?
    /// The correlation after the attack less that after noise as large, clip by clip. Its interval holds with 95 % for all
    /// methods and budgets together. Nil where no clip has both.
    public let beyondNoise: Estimate?
    public let verdict: Verdict
  }

  public struct OfMethod: Sendable {
    public let name: String
    /// The map that was attacked, and whether it is the method's own.
    public let map: AttackedMap
    public let isOwn: Bool
    /// The smallest first.
    public let budgets: [OfBudget]
    /// With another clip that is predicted the same: what any two maps have in common.
    public let another: Similarity?

    /// The place of the smallest budget that makes the map another; nil where none is shown to.
    public var turned: Int? { budgets.firstIndex { $0.verdict == .another } }
  }

  /// The changes that were found against one map within one budget.
  public struct Change: Sendable {
    public let map: AttackedMap
    /// The budget's place.
    public let budget: Int
    /// The loss of the map before and after: see ``ExplanationAim``.
    public let before, after: Estimate
    /// The probability of the class that is predicted of the clip as it is, before, after the attack, and after noise as large.
    public let probabilityBefore, probability, probabilityAfterNoise: Estimate
    /// The share of draws of noise that leave the prediction as it is; after the attack it is all.
    public let holdsAfterNoise: Estimate
    /// The mean signal-to-noise ratio in dB of the clips that are changed; nil where none is.
    public let ratio: Double?
    /// The mean numbers of what the model is asked for a clip.
    public let gradients, predictions: Double
  }

  public let methods: [OfMethod]
  /// By map and budget.
  public let changes: [Change]
  public let clips: Int
  /// The number of speakers; nil where the speaker of a clip is not known.
  public let speakers: Int?
  private let comparisons: Int

  /// The mean correlation below which a map is another: all of its interval.
  public static let mostCorrelation = StabilitySummary.leastCorrelation

  /// - Parameters:
  ///   - clips: At least one.
  ///   - speakers: Each clip's.
  public init(_ clips: [ClipExplanationAttacks], speakers: [String?], by examiner: ExplanationAttackExaminer) {
    demand(!clips.isEmpty && clips.count == speakers.count, "\(clips.count) clips of \(speakers.count) speakers")
    let seed = examiner.settings.seed
    func observed(_ value: (ClipExplanationAttacks) -> Double?) -> [Observation] {
      zip(clips, speakers).compactMap { clip, speaker in
        value(clip).map { Observation(value: $0, speaker: speaker) }
      }
    }
    func mean(_ value: (ClipExplanationAttacks) -> Double) -> Estimate { Estimate(observed(value), seed: seed)! }
    func similarity(_ found: (ClipExplanationAttacks) -> ClipStability.Similarity?) -> Similarity? {
      guard let correlation = Estimate(observed { found($0)?.correlation }, seed: seed),
        let overlap = Estimate(observed { found($0)?.overlap }, seed: seed)
      else { return nil }
      return Similarity(correlation: correlation, overlap: overlap)
    }
    let comparisons = max(1, examiner.methods.count * examiner.budgets.count)
    let level = Estimate.level(ofEachAmong: comparisons)
    methods = examiner.methods.enumerated().map { index, method in
      let budgets = examiner.budgets.indices.map { budget in
        let attacked = similarity { $0.attacked[index][budget] }
        let differences = observed { clip in
          clip.attacked[index][budget].flatMap { own in
            clip.noise[budget].methods[index].map { own.correlation - $0.correlation }
          }
        }
        let beyond = Estimate(differences, level: level, seed: seed)
        let correlation = Estimate(
          observed { $0.attacked[index][budget]?.correlation }, level: level, seed: seed)
        return OfBudget(
          attacked: attacked, noise: similarity { $0.noise[budget].methods[index] }, beyondNoise: beyond,
          verdict: Self.verdict(correlation, beyond))
      }
      return OfMethod(
        name: method.name, map: AttackedMap(for: method, at: examiner.space),
        isOwn: AttackedMap(for: method, at: examiner.space).isMap(of: method, at: examiner.space), budgets: budgets,
        another: similarity { $0.another?[index] })
    }
    changes = examiner.maps.enumerated().flatMap { place, map in
      examiner.budgets.indices.map { budget in
        func change(_ clip: ClipExplanationAttacks) -> ClipExplanationAttacks.Change {
          clip.maps[place].changes[budget]
        }
        let ratios = clips.compactMap { change($0).ratio }
        func total(_ value: (ClipExplanationAttacks.Change) -> Int) -> Double {
          Double(clips.reduce(0) { $0 + value(change($1)) })
        }
        return Change(
          map: map, budget: budget, before: mean { $0.maps[place].loss }, after: mean { change($0).loss },
          probabilityBefore: mean(\.probability), probability: mean { change($0).probability },
          probabilityAfterNoise: mean { $0.noise[budget].probability },
          holdsAfterNoise: mean { $0.noise[budget].holds },
          ratio: ratios.isEmpty ? nil : ratios.reduce(0, +) / Double(ratios.count),
          gradients: total(\.gradients) / Double(clips.count), predictions: total(\.predictions) / Double(clips.count))
      }
    }
    (self.clips, self.speakers) = (clips.count, observed { _ in 0 }.speakers)
    self.comparisons = comparisons
  }

  /// Of intervals that hold together: both have to be shown, so that they are one comparison.
  private static func verdict(_ correlation: Estimate?, _ beyond: Estimate?) -> Verdict {
    guard let most = correlation?.high, let beyond, let high = beyond.high,
      Estimate.isEnough(clips: beyond.clips, speakers: beyond.speakers)
    else { return .tooFew }
    return high < 0 && most < mostCorrelation ? .another : .notShown
  }

  // MARK: Words

  /// The criterion of ``sentences(_:)``.
  public var criterion: String {
    let level = String(format: "%.4g", 100 * Estimate.level(ofEachAmong: comparisons))
    return "Criterion: a map can be made another where the mean rank correlation before and after is below "
      + "\(Self.mostCorrelation), and below that after noise as large: the whole interval of the mean, and that of the mean "
      + "difference, clip by clip, which is to be below 0, by \(speakers == nil ? "clip" : "speaker"), at \(level) %, so that "
      + "all \(comparisons) comparisons hold "
      + "with 95 % (Bonferroni). What is not shown by one attack may be done by another."
  }

  /// Why there are no verdicts; nil where there is one.
  public var noVerdict: String? {
    guard methods.flatMap(\.budgets).allSatisfy({ $0.verdict == .tooFew }) else { return nil }
    return "No verdicts: " + (Estimate.tooFew(clips: clips, speakers: speakers) ?? "too few clips have ranks") + "."
  }

  /// What is found of each method, a sentence each: "saliency: its map can be made another at 40 dB while the prediction
  /// holds: rank correlation 0.21 (0.15 to 0.27), after noise as large 0.80, with another clip 0.35."
  /// - Parameter budgets: In words.
  public func sentences(_ budgets: [String]) -> [String] {
    methods.map { method in
      let place = method.turned ?? budgets.count - 1
      let found = method.budgets[place]
      let start: String
      switch (method.turned, found.verdict) {
      case (.some, _): start = "its map can be made another at \(budgets[place]) while the prediction holds"
      case (nil, .notShown): start = "not shown that its map can be made another; at \(budgets[place])"
      default: start = "its map at \(budgets[place]) while the prediction holds"
      }
      guard let own = found.attacked else { return "\(method.name): \(start): no ranks to compare." }
      var numbers = ["rank correlation \(Self.words(own.correlation))"]
      if let noise = found.noise { numbers.append("after noise as large \(Self.number(noise.correlation.mean))") }
      if let another = method.another {
        numbers.append("with another clip \(Self.number(another.correlation.mean))")
      }
      let attacked = method.isOwn ? "" : " (the attack is on \(method.map.rawValue))"
      return "\(method.name): \(start): \(numbers.joined(separator: ", "))\(attacked)."
    }
  }

  private static func number(_ value: Double) -> String {
    let text = String(format: "%.2f", value)
    return Double(text) == 0 ? "0.00" : text.replacing("-", with: "−")
  }

  /// "0.21 (0.15 to 0.27)"; without an interval of few clips.
  private static func words(_ estimate: Estimate) -> String {
    guard Estimate.isEnough(clips: estimate.clips, speakers: estimate.speakers), let low = estimate.low,
      let high = estimate.high
    else { return number(estimate.mean) }
    return "\(number(estimate.mean)) (\(number(low)) to \(number(high)))"
  }
}
