import Basics

/// What a method must show to be believed: a margin, whose mean over clips lies above 0.
public enum TrustCriterion: String, CaseIterable, Sendable, Codable, CodingKeyRepresentable {
  case beyondRandom = "beyond_random"
  case beyondLoudness = "beyond_loudness"
  case fineTuned = "fine_tuned"
  case units, learned, gain, seeds, cue

  /// The margin on one clip; nil where it was not measured.
  /// - Parameter control: The measures of a control on the same clip, by its name.
  func margin(of method: ClipTrust.OfMethod, beside control: (String) -> ClipTrust.OfMethod) -> Double? {
    func value(_ measure: TrustMeasure) -> Double? { method.values[measure] }
    switch self {
    case .beyondRandom: return method.advantage - control(RandomAttribution.name).advantage
    case .beyondLoudness: return method.advantage - control(LoudnessMap.name).advantage
    case .fineTuned:
      guard let own = method.fidelity, let random = control(RandomAttribution.name).fidelity else { return nil }
      return own - random
    case .units:
      // The control's rankings of syllables are random, whatever their lengths.
      guard let own = method.unitsAdvantage, let random = control(RandomAttribution.name).unitsAdvantage else {
        return nil
      }
      return own - random
    case .learned: return value(.redrawn).map { Self.alike - $0 }
    case .gain: return value(.gain).map { $0 - Self.alike }
    case .seeds: return value(.seeds).map { $0 - Self.alike }
    case .cue: return value(.auc).map { $0 - 0.5 }  // 0.5 is chance
    }
  }

  /// The measures that its margin is made of.
  var measures: [TrustMeasure] {
    switch self {
    case .beyondRandom, .beyondLoudness: [.deletion, .insertion]
    case .fineTuned: [.fidelityPlus, .fidelityMinus]
    case .units: [.comprehensiveness, .sufficiency]
    case .learned: [.redrawn]
    case .gain: [.gain]
    case .seeds: [.seeds]
    case .cue: [.auc]
    }
  }

  /// The rank correlation from which two maps count as much the same.
  private static let alike = 0.5

  /// What is shown where the margin lies above 0.
  public var words: String {
    switch self {
    case .beyondRandom: "ranks cells better than random numbers"
    case .beyondLoudness: "ranks cells better than loudness"
    case .fineTuned: "ranks cells better than random numbers for the fine-tuned model"
    case .units: "names the syllables that count better than random numbers"
    case .learned: "depends on what the model learned"
    case .gain: "stays much the same at half the amplitude"
    case .seeds: "stays much the same on the model of other seeds"
    case .cue: "finds the planted cue"
    }
  }

  /// What is shown where it lies below 0.
  public var contrary: String {
    switch self {
    case .beyondRandom: "ranks cells worse than random numbers"
    case .beyondLoudness: "ranks cells worse than loudness"
    case .fineTuned: "ranks cells worse than random numbers for the fine-tuned model"
    case .units: "names the syllables that count worse than random numbers"
    case .learned: "stays much the same with random weights"
    case .gain: "changes with the gain of the recording"
    case .seeds: "changes with the seed of the training"
    case .cue: "does not find the planted cue"
    }
  }

  /// The rule of the margin, for the criterion's explanation.
  public var rule: String {
    switch self {
    case .beyondRandom: "insertion − deletion, less that of random numbers"
    case .beyondLoudness: "insertion − deletion, less that of loudness"
    case .fineTuned: "FFid+ − FFid−, less that of random numbers; \(TrustSummary.FineTuned.condition)"
    case .units: "comprehensiveness − sufficiency over syllables, less that of random rankings"
    case .learned: "0.5 − the rank correlation after all weights are randomised, in one draw"
    case .gain: "the rank correlation at half the amplitude − 0.5"
    case .seeds: "the rank correlation with models of other seeds − 0.5"
    case .cue: "the area under the ROC curve in the planted cue − 0.5"
    }
  }
}

extension ClipTrust.OfMethod {
  /// Insertion minus deletion: how well the order of the cells agrees with the model.
  var advantage: Double { values[.insertion]! - values[.deletion]! }

  /// FFid⁺ − FFid⁻; nil without a fine-tuned model.
  var fidelity: Double? {
    guard let first = values[.fidelityPlus], let rest = values[.fidelityMinus] else { return nil }
    return first - rest
  }

  /// Comprehensiveness minus sufficiency; nil of a clip without several units.
  var unitsAdvantage: Double? {
    guard let removed = values[.comprehensiveness], let kept = values[.sufficiency] else { return nil }
    return removed - kept
  }
}

/// Whether a method can be believed on a model, by margins whose intervals hold all together.
public struct TrustVerdict: Sendable, Codable {
  public enum Stance: String, Sendable, Codable {
    case believe
    case withCare = "with care"
    case doNotBelieve = "do not believe"
  }

  public enum Finding: String, Sendable, Codable { case shown, refuted, open }

  /// The margins of as many clips and speakers as a verdict needs.
  public let margins: [TrustCriterion: Estimate]
  /// What could have been judged, but was not asked.
  public let unasked: [TrustCriterion]

  public init(margins: [TrustCriterion: Estimate], unasked: [TrustCriterion] = []) {
    (self.margins, self.unasked) = (margins, unasked)
  }

  /// Where a margin's whole interval lies.
  public func finding(_ criterion: TrustCriterion) -> Finding? {
    margins[criterion].map { margin in
      if margin.low.map({ $0 > 0 }) == true { return .shown }
      return margin.high.map { $0 < 0 } == true ? .refuted : .open
    }
  }

  private func criteria(_ wanted: Finding) -> [TrustCriterion] {
    TrustCriterion.allCases.filter { finding($0) == wanted }
  }

  /// Not to be believed is what has not been shown to be better than random numbers, what has been shown to be the same
  /// with random weights, and what has been shown not to find a planted cue. To be believed is what shows all that could be
  /// judged, that it depends on the weights among it, and was asked all of that: nobody is believed for what was not asked.
  public var stance: Stance {
    guard finding(.beyondRandom) == .shown, finding(.learned) != .refuted, finding(.cue) != .refuted else {
      return .doNotBelieve
    }
    let showsAll = finding(.learned) == .shown && margins.keys.allSatisfy { finding($0) == .shown }
    return showsAll && unasked.isEmpty ? .believe : .withCare
  }

  /// What keeps the method from being believed, in words; what it shows where nothing does.
  public var reasons: [String] {
    let against = criteria(.refuted).map(\.contrary)
    let open = criteria(.open).map { "not shown: \($0.words)" }
    let isLearnedAbsent = finding(.learned) == nil && !unasked.contains(.learned)
    let absent = isLearnedAbsent ? ["not judged: \(TrustCriterion.learned.words)"] : []
    let left = unasked.map { "not asked: \($0.words)" }
    return stance == .believe ? criteria(.shown).map(\.words) : against + open + absent + left
  }

  /// The rule in words.
  public static let rule =
    "Rule: believe what shows all that could be judged, dependence on the weights among it, and of which nothing was left "
    + "unasked; do not believe what is not shown to rank cells better than random numbers, or is shown to stay the same with random weights, or not to find a planted cue; the rest with care. "
    + "Shown is a margin whose whole interval lies above 0, refuted one whose interval lies below 0."
}
