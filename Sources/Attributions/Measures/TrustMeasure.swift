/// A measure of an attribution that `trust` computes.
public enum TrustMeasure: String, CaseIterable, Sendable, Codable, CodingKeyRepresentable {
  case deletion, insertion, infidelity, completeness
  case fidelityPlus = "fidelity_plus"
  case fidelityMinus = "fidelity_minus"
  case comprehensiveness, sufficiency
  case redrawn
  case fromHead = "from_head"
  case fromInput = "from_input"
  case otherClass = "other_class"
  case seeds
  case sensitivity, gain, offset
  case gini, entropy, silence, loudness
  case averageIncrease = "average_increase"
  case averageDrop = "average_drop"
  case averageGain = "average_gain"
  case faithfulness
  case inputFidelity = "input_fidelity"
  case inCue = "in_cue"
  case pointing, auc
  case rankAccuracy = "rank_accuracy"
  case topShare = "top_share"

  public enum Direction: Sendable { case lower, higher, neither }

  /// The direction in which better attributions lie.
  public var better: Direction {
    switch self {
    case .deletion, .infidelity, .completeness, .fidelityMinus, .sufficiency, .redrawn, .fromHead, .fromInput,
      .otherClass,
      .sensitivity, .silence, .averageDrop:
      .lower
    case .insertion, .fidelityPlus, .comprehensiveness, .seeds, .gain, .offset, .averageIncrease, .averageGain,
      .faithfulness,
      .inputFidelity, .inCue, .pointing, .auc, .rankAccuracy, .topShare:
      .higher
    // Fewer cells are easier to read, but not more faithful.
    case .gini, .entropy, .loudness: .neither
    }
  }

  /// Measures that one table has, by what they ask.
  public static let groups: [(title: String, measures: [TrustMeasure])] = [
    ("what the score depends on", [.deletion, .insertion, .infidelity, .completeness]),
    ("fine-tuned to do without cells", [.fidelityPlus, .fidelityMinus]),
    ("whole units of speech", [.comprehensiveness, .sufficiency]),
    ("what the model learned", [.redrawn, .fromHead, .fromInput, .otherClass, .seeds]),
    ("how steady", [.sensitivity, .gain, .offset]),
    ("what it looks like", [.gini, .entropy, .silence, .loudness]),
    ("its salient part as sound", [.averageIncrease, .averageDrop, .averageGain, .faithfulness, .inputFidelity]),
    ("the planted cue", [.inCue, .pointing, .auc, .rankAccuracy, .topShare]),
  ]

  /// Those that a clip and a model are enough for: no cue was planted, and there are no models of other seeds,
  /// and none that is fine-tuned.
  public static let ofOneClip = allCases.filter { measure in
    ![.seeds, .fidelityPlus, .fidelityMinus, .inCue, .pointing, .auc, .rankAccuracy, .topShare].contains(measure)
  }

  /// Those that verdicts are of.
  public static let ofVerdicts = TrustCriterion.allCases.flatMap(\.measures)

  /// The head of the measure's column.
  public var title: String {
    switch self {
    case .fidelityPlus: "FFid+"
    case .fidelityMinus: "FFid−"
    case .comprehensiveness: "comprehens."
    case .otherClass: "o. class"
    case .fromHead: "from head"
    case .fromInput: "from input"
    case .averageIncrease: "AI"
    case .averageDrop: "AD"
    case .averageGain: "AG"
    case .faithfulness: "FF"
    case .inputFidelity: "Fid-In"
    case .inCue: "in cue"
    case .auc: "AUC"
    case .rankAccuracy: "rank"
    case .topShare: "top"
    default: rawValue
    }
  }

  /// A line that explains the measure.
  /// - Parameter dimension: The dimension that is explained; nil of classes.
  public func summary(of dimension: String? = nil) -> String {
    let quantity = dimension == nil ? "probability" : "change"
    return switch self {
    case .deletion: "mean \(quantity) while cells are removed, the most relevant first"
    case .insertion: "mean \(quantity) while cells are inserted, in the same order"
    case .infidelity: "share of the score's losses that the attribution does not predict"
    case .completeness: "what its sum lacks of f(x) − f(baseline): |gap| / (|sum| + |difference|)"
    case .fidelityPlus:
      "fall of the fine-tuned model's \(quantity) with some of the cells ranked first always set to silence"
    case .fidelityMinus: "its fall with some of the others set to silence"
    case .comprehensiveness: "fall of the \(quantity) without the syllables that it ranks first"
    case .sufficiency: "fall of the \(quantity) with these syllables only"
    case .redrawn: "rank correlation with itself after all weights are randomised"
    case .fromHead: "the same, mean over layers randomised from the head down"
    case .fromInput: "the same, mean over layers randomised from the input up"
    case .otherClass: "rank correlation with itself for another \(dimension == nil ? "class" : "dimension")"
    case .seeds: "rank correlation with itself on the model trained from other seeds"
    case .sensitivity: "largest relative change under noise of 2 % of the input's range"
    case .gain: "rank correlation with itself on the clip at half its amplitude"
    case .offset: "rank correlation with itself on the clip with 0.01 added to each sample"
    case .gini: "sparseness: 0 if even, 1 if all in one cell"
    case .entropy: "complexity in nats: 0 if all in one cell"
    case .silence: "share of the attribution on silent frames and padding"
    case .loudness: "rank correlation with loudness"
    case .averageIncrease: "share of clips whose probability rises with the salient part alone"
    case .averageDrop: "fall of the probability with the salient part alone, relative to it"
    case .averageGain: "its rise, relative to what is missing to 1"
    case .faithfulness: "fall of the probability without the salient part"
    case .inputFidelity: "share of clips predicted the same from the salient part alone"
    case .inCue: "share of the attribution inside the planted cue"
    case .pointing: "share of clips whose most relevant cell is inside the cue"
    case .auc: "area under the ROC curve of telling the cue's cells from others"
    case .rankAccuracy: "share of the most relevant cells, as many as the cue has, inside it"
    case .topShare: "the same of the 100 most relevant cells"
    }
  }
}
