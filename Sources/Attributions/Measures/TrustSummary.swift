import Basics
import Foundation

/// The measures over all clips: means with their intervals.
public struct TrustSummary: Sendable {
  public struct OfMethod: Sendable {
    public let name: String
    public let isControl: Bool
    public let estimates: [TrustMeasure: Estimate]
    /// Mean curves over clips.
    public let deletion, insertion: [Double]
    public let cascade, cascadeFromInput: [Double?]
    /// Insertion minus deletion: how well the order of the cells agrees with the model.
    public let advantage: Estimate
    /// Whether it can be believed; nil of controls. The intervals of its margins hold with 95 % for all methods and
    /// criteria together.
    public let verdict: TrustVerdict?
  }

  /// How far a fine-tuned model can stand for the model that it was, over all clips.
  public struct FineTuned: Sendable, Codable {
    /// The share of clips of which both predict the same class.
    public let agrees: Double
    /// The shares of draws of removed cells with which the fine-tuned model, and the model itself, predict what the model
    /// predicts of the whole clip.
    public let steady, own: Double

    /// The least share of clips of which both predict the same class where the one can stand for the other.
    static let leastAgreement = 0.8

    /// Whether what is found of it is of the model: it says the same of most clips, and does without cells as well at least.
    var isClose: Bool { agrees >= Self.leastAgreement && steady >= own - 1e-9 }  // but for rounding

    init?(_ clips: [FineTunedSteadiness]) {
      guard !clips.isEmpty else { return nil }
      func mean(_ value: (FineTunedSteadiness) -> Double) -> Double {
        clips.reduce(0) { $0 + value($1) } / Double(clips.count)
      }
      (agrees, steady, own) = (mean { $0.agrees ? 1 : 0 }, mean(\.fineTuned), mean(\.own))
    }

    private static func percent(_ share: Double) -> String { "\(Int((100 * share).rounded())) %" }

    /// From when on it can stand for the model.
    static var condition: String {
      "a fine-tuned model must predict the same class in \(percent(leastAgreement)) of the clips, and without cells be "
        + "at least as steady as the model itself"
    }

    var words: String {
      let percent = Self.percent
      return "The fine-tuned model predicts the same class in \(percent(agrees)) of the clips, and without "
        + "\(percent(FineTunedFidelity.most)) of the cells, drawn at random, still in \(percent(steady)); the model itself "
        + "in \(percent(own))."
    }
  }

  public let methods: [OfMethod]
  /// The mean agreement over clips, [methods, methods].
  public let correlation: [[Double?]]
  public let overlap: [[Double]]
  public let layers: [String]
  /// The mean share of the clips' area that planted cues cover, which is the chance level, and the number of clips with
  /// a cue.
  public let cueArea: Double?
  public let cueClips: Int
  /// The number of clips in which a cue was planted.
  public let plantedClips: Int
  public let clips: Int
  /// The number of speakers; nil where the speaker of a clip is not known.
  public let speakers: Int?
  /// The accuracy on the clips that have labels; nil where none has one.
  public let accuracy: PredictionAccuracy?
  /// Whether each clip is explained for its predicted class.
  private let hasOwnTarget: Bool
  /// What could be judged of at least one method.
  public let criteria: [TrustCriterion]
  /// What was measured, but of too few clips, with their number.
  private let unjudged: [String]
  /// How far the fine-tuned model can stand for the model; nil where there is none.
  public let fineTuned: FineTuned?
  /// Whether the fidelities of a fine-tuned model are measured, and it is not known to stand for the model: nothing is judged by
  /// them.
  private let hasDrifted: Bool
  /// Methods times criteria.
  private let comparisons: Int
  /// The method to use on this model; nil where none can be recommended.
  public let recommended: Recommendation?

  /// - Parameter clips: At least one.
  public init(_ clips: [ClipTrust], by examiner: TrustExaminer) {
    demand(!clips.isEmpty, "there is no mean of no clips")
    let seed = examiner.settings.seed
    func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
    func meanCurve(_ curves: [[Double]]) -> [Double] {
      curves[0].indices.map { point in mean(curves.map { $0[point] })! }
    }
    func meanCascade(_ curves: [[Double?]]) -> [Double?] {
      curves[0].indices.map { layer in mean(curves.compactMap { $0[layer] }) }
    }
    func observed(_ value: (ClipTrust) -> Double?) -> [Observation] {
      clips.compactMap { clip in value(clip).map { Observation(value: $0, speaker: clip.speaker) } }
    }
    let types = examiner.methods.map { type(of: $0) }
    let names = types.map { $0.name }
    let controls = types.indices.filter { types[$0].description.family == .control }
    func margins(_ method: Int, _ criterion: TrustCriterion) -> [Observation] {
      observed { clip in
        criterion.margin(of: clip.methods[method]) { clip.methods[names.firstIndex(of: $0)!] }
      }
    }
    func isJudged(_ method: Int, _ criterion: TrustCriterion) -> Bool {
      let found = margins(method, criterion)
      return Estimate.isEnough(clips: found.count, speakers: found.speakers)
    }
    let told = types.indices.filter { !controls.contains($0) }
    fineTuned = FineTuned(clips.compactMap(\.steadiness))
    let isFarFrom = fineTuned?.isClose != true && told.contains { !margins($0, .fineTuned).isEmpty }
    hasDrifted = isFarFrom
    let all = TrustCriterion.allCases.filter { !($0 == .fineTuned && isFarFrom) }
    let judged = all.filter { criterion in told.contains { isJudged($0, criterion) } }
    criteria = judged
    unjudged = all.compactMap { criterion in
      let most = told.map { margins($0, criterion).count }.max() ?? 0
      return judged.contains(criterion) || most == 0 ? nil : "\(criterion.rawValue) (\(most))"
    }
    comparisons = max(1, told.count * judged.count)
    let level = Estimate.level(ofEachAmong: comparisons)
    let unasked = examiner.unasked(hasCues: clips.contains { $0.cueArea != nil })
    func verdict(_ method: Int) -> TrustVerdict {
      TrustVerdict(
        margins: judged.reduce(into: [:]) { found, criterion in
          guard isJudged(method, criterion) else { return }
          found[criterion] = Estimate(margins(method, criterion), level: level, seed: seed)
        }, unasked: unasked)
    }
    methods = types.indices.map { index in
      let found = clips.map { $0.methods[index] }
      let isControl = controls.contains(index)
      return OfMethod(
        name: types[index].name, isControl: isControl,
        estimates: Dictionary(
          uniqueKeysWithValues: TrustMeasure.allCases.compactMap { measure in
            Estimate(observed { $0.methods[index].values[measure] }, seed: seed).map { (measure, $0) }
          }),
        deletion: meanCurve(found.map(\.deletion)), insertion: meanCurve(found.map(\.insertion)),
        cascade: meanCascade(found.map(\.cascade)), cascadeFromInput: meanCascade(found.map(\.cascadeFromInput)),
        advantage: Estimate(observed { $0.methods[index].advantage }, seed: seed)!,
        verdict: isControl ? nil : verdict(index))
    }
    recommended = Recommendation(among: methods, of: clips, seed: seed)
    correlation = types.indices.map { a in types.indices.map { b in mean(clips.compactMap { $0.correlation[a][b] }) } }
    overlap = types.indices.map { a in types.indices.map { b in mean(clips.map { $0.overlap[a][b] })! } }
    layers = examiner.layers
    let areas = clips.compactMap(\.cueArea)
    (cueArea, cueClips, plantedClips) = (mean(areas), areas.count, clips.count(where: \.hasCue))
    (self.clips, speakers) = (clips.count, observed { _ in 0 }.speakers)
    let labelled = clips.filter { $0.label != nil && $0.predicted != nil }
    accuracy = PredictionAccuracy(labels: labelled.map { $0.label! }, predictions: labelled.map { $0.predicted! })
    hasOwnTarget = examiner.target == nil
  }

  /// The measures that have a value for at least one method.
  public var measures: [TrustMeasure] {
    TrustMeasure.allCases.filter { measure in methods.contains { $0.estimates[measure] != nil } }
  }

  /// The reason why the methods are not ranked; nil where they are.
  public var noRanking: String? {
    if let accuracy, accuracy.isAtChance {
      let percents = [accuracy.low, accuracy.high, accuracy.chance].map { String(format: "%.0f", 100 * $0) }
      return "No ranking: the model predicts \(accuracy.right) of \(accuracy.clips) clips right (\(percents[0]) to "
        + "\(percents[1]) %), which may be chance (\(percents[2]) %); what its attributions find is then not emotion."
    }
    return Estimate.tooFew(clips: clips, speakers: speakers).map { "No ranking: \($0)." }
  }

  /// The rule of the verdicts, and what their intervals hold.
  public var rule: String {
    let level = String(format: "%.4g", 100 * Estimate.level(ofEachAmong: comparisons))
    return TrustVerdict.rule
      + " Intervals are of means over clips, by \(speakers == nil ? "clip" : "speaker"), at \(level) %, so that all "
      + "\(comparisons) hold together with 95 % (Bonferroni)."
  }

  /// The verdicts, one sentence a method; where methods are not ranked, why.
  public var verdicts: [String] {
    if let noRanking { return [noRanking] }
    return methods.compactMap { method in
      method.verdict.map { verdict in
        "\(method.name): \(verdict.stance.rawValue): \(verdict.reasons.joined(separator: "; "))."
      }
    }
  }

  /// The recommendation and its reason; nil where methods are not ranked.
  public var recommendation: String? {
    guard noRanking == nil else { return nil }
    guard let recommended else {
      return "Recommended: none; no method is shown to explain this model."
    }
    let best = recommended.advantage
    let interval = zip([best.low].compactMap { $0 }, [best.high].compactMap { $0 }).map {
      String(format: " (%.3f to %.3f)", $0, $1)
    }
    return
      "Recommended: \(recommended.method) (\(recommended.stance.rawValue)), whose insertion − deletion is the highest "
      + "of those not ruled out, " + String(format: "%.3f", best.mean) + interval.joined()
      + (recommended.equals.isEmpty
        ? "." : "; not told apart from it: \(recommended.equals.joined(separator: ", ")).")
  }

  /// What else there is to know of methods, one sentence each.
  public var remarks: [String] {
    let told = methods.filter { !$0.isControl }
    let hasRanks = methods.contains { $0.estimates[.gini] != nil }
    let zero = hasRanks ? told.filter { ($0.estimates[.gini]?.clips ?? 0) < clips }.map(\.name) : []
    let pairs = told.indices.flatMap { a in told.indices.filter { $0 > a }.map { (a, $0) } }
    let correlations = pairs.compactMap { correlation[$0.0][$0.1] }.sorted()
    return [
      noRanking != nil || unjudged.isEmpty
        ? nil : "Measured, but of too few clips to be judged: \(unjudged.joined(separator: ", ")).",
      fineTuned?.words,
      hasDrifted
        ? "Not judged: \(TrustCriterion.fineTuned.rawValue): \(FineTuned.condition)"
          + (fineTuned == nil ? ", and of a dimension that is not known." : ".") : nil,
      zero.isEmpty ? nil : "Zero everywhere, so without ranks, in some clips: \(zero.joined(separator: ", ")).",
      correlations.isEmpty
        ? nil
        : String(
          format: "Two methods' rankings of a clip's cells correlate by %.2f (median of the pairs; %.2f to %.2f).",
          correlations[correlations.count / 2], correlations[0], correlations[correlations.count - 1]),
    ].compactMap { $0 }
  }

  /// The clips in which a planted cue was looked for, or why it was in none; nil where none has a cue.
  public var cueRemark: String? {
    guard plantedClips > 0 else { return nil }
    guard cueClips == 0 else {
      return
        "The cue was looked for in \(cueClips) of \(plantedClips) clips that have it: those whose planted emotion is "
        + "explained."
    }
    return "No cue columns: none of the \(plantedClips) clips with a cue is explained for its planted emotion"
      + (hasOwnTarget ? ", since the model predicts it in none." : "; see --target.")
  }
}

/// The method to use on a model: of those to be believed, or where there are none of those with care, the one whose insertion
/// minus deletion is the highest.
public struct Recommendation: Sendable, Codable {
  public let method: String
  public let stance: TrustVerdict.Stance
  public let advantage: Estimate
  /// Of those as believable, the ones whose difference from it on the same clips has 0 in its interval (95 % together).
  public let equals: [String]

  init?(among methods: [TrustSummary.OfMethod], of clips: [ClipTrust], seed: UInt64) {
    func candidates(_ stance: TrustVerdict.Stance) -> [Int] {
      methods.indices.filter { methods[$0].verdict?.stance == stance }
    }
    let stance = candidates(.believe).isEmpty ? TrustVerdict.Stance.withCare : .believe
    let all = candidates(stance)
    guard let best = all.max(by: { methods[$0].advantage.mean < methods[$1].advantage.mean }) else { return nil }
    (method, self.stance, advantage) = (methods[best].name, stance, methods[best].advantage)
    let level = Estimate.level(ofEachAmong: all.count - 1)
    equals = all.filter { other in
      guard other != best else { return false }
      let differences = clips.map { clip in
        Observation(value: clip.methods[best].advantage - clip.methods[other].advantage, speaker: clip.speaker)
      }
      return Estimate(differences, level: level, seed: seed)!.low.map { $0 <= 0 } ?? true
    }.map { methods[$0].name }
  }
}
