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
    public let cascade: [Double?]
    /// Insertion minus deletion: how well the order of the cells agrees with the model.
    public let advantage: Estimate
    /// Paired difference of `advantage` to each control, keyed by the control's name; empty for controls. Its interval
    /// holds with 95 % for all methods and controls together.
    public let beyond: [String: Estimate]
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

  /// - Parameter clips: At least one.
  public init(_ clips: [ClipTrust], by examiner: TrustExaminer) {
    demand(!clips.isEmpty, "there is no mean of no clips")
    let seed = examiner.settings.seed
    func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
    func meanCurve(_ curves: [[Double]]) -> [Double] {
      curves[0].indices.map { point in mean(curves.map { $0[point] })! }
    }
    func observed(_ value: (ClipTrust) -> Double?) -> [Observation] {
      clips.compactMap { clip in value(clip).map { Observation(value: $0, speaker: clip.speaker) } }
    }
    func advantage(_ method: Int, of clip: ClipTrust) -> Double {
      clip.methods[method].values[.insertion]! - clip.methods[method].values[.deletion]!
    }
    let types = examiner.methods.map { type(of: $0) }
    let controls = types.indices.filter { types[$0].description.family == .control }
    let level = Estimate.level(ofEachAmong: (types.count - controls.count) * controls.count)
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
        cascade: examiner.layers.indices.map { layer in mean(found.compactMap { $0.cascade[layer] }) },
        advantage: Estimate(observed { advantage(index, of: $0) }, seed: seed)!,
        beyond: isControl
          ? [:]
          : Dictionary(
            uniqueKeysWithValues: controls.map { control in
              let differences = observed { advantage(index, of: $0) - advantage(control, of: $0) }
              return (types[control].name, Estimate(differences, level: level, seed: seed)!)
            }))
    }
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

  /// The criterion of ``verdicts``.
  public var criterion: String {
    let level = String(format: "%.4g", 100 * Estimate.level(ofEachAmong: comparisons))
    return "Criterion: insertion minus deletion, the method's less the control's on the same clips. Better: the whole "
      + "interval of the mean is above 0, by \(speakers == nil ? "clip" : "speaker"), at \(level) %, so that all "
      + "\(comparisons) comparisons hold with 95 % (Bonferroni)."
  }

  /// Methods times controls.
  private var comparisons: Int {
    let controls = methods.count(where: \.isControl)
    return max(1, (methods.count - controls) * controls)
  }

  /// The conclusions from the numbers, one sentence each.
  public var verdicts: [String] {
    let told = methods.filter { !$0.isControl }
    func sentence(_ text: String, _ isMeant: (OfMethod) -> Bool) -> String? {
      let names = told.filter(isMeant).map(\.name)
      return names.isEmpty ? nil : "\(text): \(names.joined(separator: ", "))."
    }
    let controls = methods.filter(\.isControl).map(\.name)
    let ranking: [String?] =
      noRanking.map { [$0] }
      ?? [
        sentence("Better than \(controls.joined(separator: " and "))") { method in
          controls.allSatisfy { method.beyond[$0]!.low.map { $0 > 0 } ?? false }
        }
      ]
      + controls.map { control in
        sentence("Not shown to be better than \(control)") { $0.beyond[control]!.low.map { $0 <= 0 } ?? true }
      }
      + [
        sentence("Finds no more of the planted cue than chance") { method in
          cueArea.map { area in method.estimates[.inCue]?.low.map { $0 <= area } ?? false } ?? false
        }
      ]
    return
      (ranking + [
        sentence("Ranks cells much the same after all weights are randomised, so hardly depends on the model") {
          $0.estimates[.redrawn]?.low.map { $0 > 0.5 } ?? false
        },
        sentence("Zero everywhere, so without ranks, in some clips") { ($0.estimates[.gini]?.clips ?? 0) < clips },
      ]).compactMap { $0 }
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
