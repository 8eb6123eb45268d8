import Attributions
import Basics
import Corpora
import Figures
import Foundation
import Models

/// The figure of a trust examination, its tables and its JSON.
public struct TrustReport {
  public let summary: TrustSummary
  public let clips: [ClipTrust]
  public let model: TrainedModel
  public let space: InputSpace
  public let settings: TrustSettings
  /// The name of the output that is explained; nil for each clip's predicted class.
  public let target: String?
  /// The dimension that is explained; nil where it is a class.
  public let dimension: String?
  /// The names of the models trained from other seeds.
  public let siblings: [String]
  /// The name of the model trained further without random cells; nil where there is none.
  public let fineTuned: String?
  /// The manifest, and where it is, as given by the user.
  public let manifest: Manifest
  public let path: String

  /// - Parameter clips: At least one.
  public init(_ clips: [ClipTrust], by examiner: TrustExaminer, manifest: Manifest, path: String) {
    (self.clips, model, space, settings) = (clips, examiner.model, examiner.space, examiner.settings)
    (self.manifest, self.path, siblings) = (manifest, path, examiner.siblings.map(\.name))
    fineTuned = examiner.fineTuned?.name
    (target, dimension) = (examiner.target.map { examiner.model.outputs[$0] }, examiner.dimension)
    summary = TrustSummary(clips, by: examiner)
  }

  public var figure: TrustFigure {
    TrustFigure(
      title: [
        "Attributions on the \(space.words), measured" + (target.map { ": target \($0)" } ?? ""),
        "\(model.title) \(model.name) on \(shownName(path)) · "
          + "\(clips.count) clip\(clips.count == 1 ? "" : "s"), seed \(settings.seed) · \(means) · "
          + "taken away: \(settings.filling.words)",
      ] + [summary.noRanking].compactMap { $0 },
      methods: summary.methods.map { .init(name: $0.name, isControl: $0.isControl) },
      panels: summary.measures.map { measure in
        TrustFigure.Panel(
          title: measure.figureTitle(of: dimension),
          values: summary.methods.map { method in
            method.estimates[measure]?.drawn
          }, chance: chance(of: measure))
      },
      curves: [
        .init(
          title: "\(quantity) in deletion", xLabel: "Share of cells taken away", end: 1,
          values: summary.methods.map(\.deletion)),
        .init(
          title: "\(quantity) in insertion", xLabel: "Share of cells put in", end: 1,
          values: summary.methods.map(\.insertion)),
      ] + cascades)
  }

  /// How each method's map changes while layers are randomised; none where that is not measured.
  private var cascades: [TrustFigure.Curves] {
    [("from the head down", \TrustSummary.OfMethod.cascade), ("from the input up", \.cascadeFromInput)]
      .compactMap { way, values in
        let found = summary.methods.map { $0[keyPath: values] }
        guard !found[0].isEmpty else { return nil }
        return .init(
          title: "Rank correlation with itself", xLabel: "Layers drawn anew, \(way)",
          end: Double(summary.layers.count), values: found.map { [1] + $0 })
      }
  }

  /// What the panels show.
  private var means: String {
    Estimate.noInterval(clips: summary.clips, speakers: summary.speakers).map { "means; \($0)" }
      ?? "means with 95 % bootstrap intervals"
  }

  /// What the curves follow.
  private var quantity: String { dimension.map { "Change of \($0)" } ?? "Probability" }

  /// The target in words.
  public var targetWords: String { target ?? "the predicted emotion" }

  /// The value of a random attribution, where it is known.
  public func chance(of measure: TrustMeasure) -> Double? {
    switch measure {
    case .inCue, .pointing, .rankAccuracy, .topShare: summary.cueArea
    case .auc: summary.cueArea.map { _ in 0.5 }
    default: nil
    }
  }

  public var provenance: [String: String] {
    // As the manifest names them, so that a figure does not depend on the folder that it was made in.
    let names = Dictionary(
      manifest.entries.map { (manifest.fullPath(of: $0), $0.path) }, uniquingKeysWith: { first, _ in first })
    var again: [String: String] = siblings.isEmpty ? [:] : ["Trained again": siblings.joined(separator: ", ")]
    again["Fine-tuned"] = fineTuned
    if !settings.hasAllMeasures { again["Measures"] = settings.measures.map(\.rawValue).joined(separator: ", ") }
    return model.provenance(source: path, manifest: manifest).merging(again) { $1 }.merging([
      "Methods": summary.methods.map(\.name).joined(separator: ", "), "Input": space.rawValue,
      "Target": target ?? "predicted", "Replacement": settings.filling.rawValue, "Seed": String(settings.seed),
      "Clips": clips.map { names[$0.path] ?? $0.path }.joined(separator: "; "),
    ]) { $1 }
  }

  // MARK: Tables

  /// One row a method and measure, with the interval.
  public var summaryRows: [[String]] {
    [["method", "measure", "mean", "low", "high", "clips"]]
      + summary.methods.flatMap { method in
        TrustMeasure.allCases.compactMap { measure in
          method.estimates[measure].map {
            [method.name, measure.rawValue] + $0.cells + [String($0.clips)]
          }
        }
      }
  }

  /// One row a clip and method, one column a measure.
  public var clipRows: [[String]] {
    [["clip", "target", "method"] + TrustMeasure.allCases.map(\.rawValue) + Resemblance.header]
      + clips.flatMap { clip in
        zip(summary.methods, clip.methods).map { method, found in
          [clip.path, clip.target, method.name]
            + TrustMeasure.allCases.map { measure in found.values[measure].map { String($0) } ?? "" }
            + Resemblance.cells(of: clip.resemblance)
        }
      }
  }

  // MARK: Files

  /// The files that were written of a report: the figure, the page, the tables and the JSON, and the line of the last.
  public struct Files {
    public let paths: [String]
    public let json: String
  }

  /// Writes the figure in each format, the tables, the JSON and, where asked for, the page.
  public func write(to folder: OutputFolder, figures: FigureFiles, hasPage: Bool) throws -> Files {
    let drawn = try figures.write(figure, to: folder, as: "trust", provenance: provenance)
    let json = try json(figures: drawn)
    let texts = [
      ("trust.csv", CSV.text(of: summaryRows)), ("clips.csv", CSV.text(of: clipRows)), ("trust.json", json + "\n"),
    ]
    for (name, text) in texts { try folder.write(text, to: name) }
    let page = hasPage ? [try folder.write(page, named: "trust")] : []
    return Files(paths: page + drawn + texts.map { folder.file($0.0) }, json: json)
  }

  /// The verdicts with their rule, the recommendation, what became of a planted cue, and what else there is to know.
  public var conclusions: [String] {
    summary.verdicts + [summary.recommendation].compactMap { $0 } + (summary.noRanking == nil ? [summary.rule] : [])
      + summary.criteria.filter { _ in summary.noRanking == nil }.map { "\($0.rawValue): \($0.rule)" }
  }

  /// What else there is to know before the table is believed.
  public var remarks: [String] { summary.remarks + [summary.cueRemark].compactMap { $0 } }

  /// How many of the clips belong to the model's training, and how many are unlike it.
  private var census: DomainCensus {
    clips.reduce(into: DomainCensus()) { $0.add($1.resemblance) }
  }

  /// What there is to know of the clips before the table is believed.
  public var warnings: [String] { census.warnings(model.name) }

  // MARK: Page

  public var page: Page {
    get throws {
      var page = Page(title: "How far explanations of \(model.name) can be believed", provenance: provenance)
      try page.add(figure, description: summary.verdicts.joined(separator: " "))
      page.sections.append(.text(heading: "Conclusions", lines: conclusions + remarks + warnings))
      page.addTable("Measures", summaryRows)
      page.addTable("Clips", clipRows)
      return page
    }
  }

  // MARK: JSON

  /// The line of `--json`.
  /// - Parameter figures: The figures written.
  public func json(figures: [String]) throws -> String {
    try JSON(
      model: model.name, data: path, input: space.rawValue, target: target ?? "predicted", clips: clips.count,
      seed: settings.seed,
      replacement: settings.filling.rawValue, measured: settings.measures,
      methods: summary.methods.map { JSON.Method($0, isRanked: summary.noRanking == nil) }, layers: summary.layers,
      correlation: summary.correlation, overlap: summary.overlap, top: settings.top, cueClips: summary.cueClips,
      cueArea: summary.cueArea, speakers: summary.speakers, siblings: siblings, fineTuned: summary.fineTuned,
      rule: summary.rule,
      criteria: summary.criteria.reduce(into: [:]) { $0[$1] = $1.rule }, noRanking: summary.noRanking,
      verdicts: summary.verdicts, recommended: summary.noRanking == nil ? summary.recommended : nil,
      remarks: summary.remarks, cueRemark: summary.cueRemark, trainingData: census, warnings: warnings,
      figure: figures.first, figures: figures,
      command: commandLine
    ).line
  }

  private struct JSON: Encodable {
    struct Method: Encodable {
      let name: String
      let isControl: Bool
      let measures: [TrustMeasure: Estimate]
      let deletion, insertion: [Double]
      let cascade, cascadeFromInput: [Double?]
      let advantage: Estimate
      let verdict: Verdict?

      init(_ method: TrustSummary.OfMethod, isRanked: Bool) {
        (name, isControl, measures) = (method.name, method.isControl, method.estimates)
        (deletion, insertion) = (method.deletion, method.insertion)
        (cascade, cascadeFromInput) = (method.cascade, method.cascadeFromInput)
        advantage = method.advantage
        verdict = isRanked ? method.verdict.map(Verdict.init) : nil
      }
    }
    struct Verdict: Encodable {
      let stance: TrustVerdict.Stance
      let findings: [TrustCriterion: TrustVerdict.Finding]
      let margins: [TrustCriterion: Estimate]
      let reasons: [String]

      init(_ verdict: TrustVerdict) {
        (stance, margins, reasons) = (verdict.stance, verdict.margins, verdict.reasons)
        findings = verdict.margins.keys.reduce(into: [:]) { $0[$1] = verdict.finding($1) }
      }
    }
    let model, data, input, target: String
    let clips: Int
    let seed: UInt64
    let replacement: String
    let measured: [TrustMeasure]
    let methods: [Method]
    let layers: [String]
    let correlation: [[Double?]]
    let overlap: [[Double]]
    let top: Double
    let cueClips: Int
    let cueArea: Double?
    let speakers: Int?
    let siblings: [String]
    let fineTuned: TrustSummary.FineTuned?
    let rule: String
    let criteria: [TrustCriterion: String]
    let noRanking: String?
    let verdicts: [String]
    let recommended: Recommendation?
    let remarks: [String]
    let cueRemark: String?
    let trainingData: DomainCensus
    let warnings: [String]
    let figure: String?
    let figures: [String]
    let command: String
  }
}

extension TrustMeasure {
  /// Over a panel: with an arrow to where a good attribution lies.
  fileprivate func figureTitle(of dimension: String?) -> String {
    let name =
      switch self {
      case .fidelityPlus: "FFid⁺, fine-tuned"
      case .fidelityMinus: "FFid⁻, fine-tuned"
      case .redrawn: "new weights"
      case .fromHead: "new from the head"
      case .fromInput: "new from the input"
      case .otherClass: dimension == nil ? "other class" : "other dimension"
      case .seeds: "other seeds"
      case .gain: "half amplitude"
      case .gini: "sparseness (Gini)"
      case .entropy: "complexity (nat)"
      case .silence: "share on silence"
      case .loudness: "loudness (ρ)"
      case .averageIncrease: "average increase"
      case .averageDrop: "average drop"
      case .averageGain: "average gain"
      case .inputFidelity: "input fidelity"
      case .inCue: "share in the cue"
      case .pointing: "pointing game"
      case .auc: "AUC in the cue"
      case .rankAccuracy: "rank accuracy"
      case .topShare: "top cells in the cue"
      default: rawValue
      }
    return switch better {
    case .lower: name + " ↓"
    case .higher: name + " ↑"
    case .neither: name
    }
  }
}

extension RemovalFilling {
  /// "to silence": what a removed cell becomes.
  public var words: String {
    switch self {
    case .silence: "to silence"
    case .mean: "to the mean over time"
    case .neighbours: "to what its neighbours say"
    }
  }
}
