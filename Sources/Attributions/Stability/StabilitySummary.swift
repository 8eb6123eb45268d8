import Basics
import Foundation

/// What of predictions and explanations stays through each disturbance: means over clips with their intervals, and verdicts.
public struct StabilitySummary: Sendable {
  public enum Verdict: String, Sendable {
    case holds
    case notShown = "not shown"
    case tooFew = "too few clips"
  }

  public struct Similarity: Sendable {
    public let correlation, overlap: Estimate
  }

  /// A method through one disturbance.
  public struct OfDisturbance: Sendable {
    /// Of all clips whose attributions have ranks; nil where there is none.
    public let all: Similarity?
    /// Of those among them whose prediction stays.
    public let held: Similarity?
    /// The correlation less that with another clip, clip by clip. Its interval holds with 95 % for all methods and
    /// disturbances together. Nil of controls, and where no clip has both.
    public let beyond: Estimate?
    /// The correlation less that of loudness before and after, likewise.
    public let beyondLoudness: Estimate?
    /// Nil of controls.
    public let verdict: Verdict?

    /// Whether the explanation is shown to stay more than loudness does, which needs no model.
    var staysMoreThanLoudness: Bool { beyondLoudness?.low.map { $0 > 0 } ?? false }
  }

  public struct OfMethod: Sendable {
    public let name: String
    public let isControl: Bool
    /// By ``Disturbance/allCases``.
    public let disturbed: [OfDisturbance]
    /// With another clip that is predicted the same: what any two explanations have in common.
    public let another: Similarity?
  }

  /// The prediction through one disturbance.
  public struct Prediction: Sendable {
    /// The share of clips whose predicted class stays.
    public let stays: Estimate
    /// By how much the probability of the class predicted before is higher.
    public let change: Estimate
  }

  public let methods: [OfMethod]
  /// By ``Disturbance/allCases``.
  public let predictions: [Prediction]
  public let clips: Int
  /// The number of speakers; nil where the speaker of a clip is not known.
  public let speakers: Int?

  /// The least mean correlation of an explanation that holds: all of its interval.
  public static let leastCorrelation = 0.5

  /// - Parameters:
  ///   - clips: At least one.
  ///   - speakers: Each clip's.
  public init(_ clips: [ClipStability], speakers: [String?], by examiner: StabilityExaminer) {
    demand(!clips.isEmpty && clips.count == speakers.count, "\(clips.count) clips of \(speakers.count) speakers")
    let seed = examiner.seed
    func observed(_ value: (ClipStability) -> Double?) -> [Observation] {
      zip(clips, speakers).compactMap { clip, speaker in
        value(clip).map { Observation(value: $0, speaker: speaker) }
      }
    }
    func similarity(_ found: (ClipStability) -> ClipStability.Similarity?) -> Similarity? {
      guard let correlation = Estimate(observed { found($0)?.correlation }, seed: seed),
        let overlap = Estimate(observed { found($0)?.overlap }, seed: seed)
      else { return nil }
      return Similarity(correlation: correlation, overlap: overlap)
    }
    let level = Estimate.level(ofEachAmong: Self.comparisons(examiner.examinedCount))
    let loudness = examiner.methods.firstIndex { $0 is LoudnessMap }
    methods = examiner.methods.enumerated().map { index, method in
      let isControl = type(of: method).description.family == .control
      return OfMethod(
        name: method.name, isControl: isControl,
        disturbed: Disturbance.allCases.indices.map { place in
          func found(_ clip: ClipStability) -> ClipStability.Similarity? { clip.disturbed[place].methods[index] }
          let all = similarity(found)
          let held = similarity { $0.disturbed[place].predicted == $0.predicted ? found($0) : nil }
          guard !isControl else {
            return OfDisturbance(all: all, held: held, beyond: nil, beyondLoudness: nil, verdict: nil)
          }
          let differences = observed { clip in
            found(clip).flatMap { own in clip.another?[index].map { own.correlation - $0.correlation } }
          }
          let beyond = Estimate(differences, level: level, seed: seed)
          let correlation = Estimate(observed { found($0)?.correlation }, level: level, seed: seed)
          let louder = observed { clip in
            guard let own = found(clip), let control = loudness.flatMap({ clip.disturbed[place].methods[$0] }) else {
              return nil
            }
            return own.correlation - control.correlation
          }
          return OfDisturbance(
            all: all, held: held, beyond: beyond, beyondLoudness: Estimate(louder, level: level, seed: seed),
            verdict: Self.verdict(correlation, beyond))
        }, another: similarity { $0.another?[index] })
    }
    predictions = Disturbance.allCases.indices.map { place in
      Prediction(
        stays: Estimate(observed { $0.disturbed[place].predicted == $0.predicted ? 1 : 0 }, seed: seed)!,
        change: Estimate(observed { $0.disturbed[place].change }, seed: seed)!)
    }
    (self.clips, self.speakers) = (clips.count, observed { _ in 0 }.speakers)
  }

  /// Of intervals that hold together: both have to be shown, so that they are one comparison.
  private static func verdict(_ correlation: Estimate?, _ beyond: Estimate?) -> Verdict {
    guard let least = correlation?.low, let beyond, let low = beyond.low,
      Estimate.isEnough(clips: beyond.clips, speakers: beyond.speakers)
    else { return .tooFew }
    return low > 0 && least >= leastCorrelation ? .holds : .notShown
  }

  // MARK: Words

  /// The criterion of ``verdicts``.
  public var criterion: String {
    let count = Self.comparisons(methods.count { !$0.isControl })
    let level = String(format: "%.4g", 100 * Estimate.level(ofEachAmong: count))
    return "Criterion: an explanation holds where the mean rank correlation with that of the undisturbed clip is at "
      + "least \(Self.leastCorrelation), and above that with another clip predicted the same: the whole interval of the "
      + "mean, and that of the mean difference, clip by clip, which is to be above 0, by "
      + "\(speakers == nil ? "clip" : "speaker"), at \(level) %, so that all \(count) comparisons hold with 95 % (Bonferroni). Half of them are with loudness before and after, which needs no "
      + "model: what holds, and is not shown to stay more than that, is named."
  }

  /// With another clip and with loudness, of each method and disturbance.
  private static func comparisons(_ methods: Int) -> Int { max(1, 2 * methods * Disturbance.allCases.count) }

  /// Why there are no verdicts; nil where there is one.
  public var noVerdict: String? {
    let verdicts = methods.flatMap(\.disturbed).compactMap(\.verdict)
    guard verdicts.allSatisfy({ $0 == .tooFew }) else { return nil }
    return "No verdicts: "
      + (Estimate.tooFew(clips: clips, speakers: speakers)
        ?? "too few clips have ranks, and another clip that is predicted the same") + "."
  }

  /// The conclusions from the numbers, one sentence a method.
  public var verdicts: [String] {
    if let noVerdict { return [noVerdict] }
    return methods.filter { !$0.isControl }.map { method in
      func names(_ isNamed: (OfDisturbance) -> Bool) -> String? {
        let found = zip(Disturbance.allCases, method.disturbed).filter { isNamed($1) }.map(\.0.title)
        return found.isEmpty
          ? nil
          : found.count == Disturbance.allCases.count ? "all" : found.joined(separator: ", ")
      }
      let parts = [
        names { $0.verdict == .holds }.map { "holds through \($0)" },
        names { $0.verdict == .holds && !$0.staysMoreThanLoudness }
          .map { "not shown to stay more than loudness does through \($0)" },
        names { $0.verdict == .notShown }.map { "not shown to hold through \($0)" },
        names { $0.verdict == .tooFew }.map { "too few clips for \($0)" },
      ]
      return "\(method.name): \(parts.compactMap(\.self).joined(separator: "; "))."
    }
  }
}
