import Attributions
import Basics
import Figures
import Foundation
import Models

/// What a model's layers hold of concepts of the voice, and what of it the model uses.
public struct ConceptsReport: MeasurementReport {
  public let model: TrainedModel
  /// The path of the manifest.
  public let data: String
  public let findings: [ConceptFinding]
  /// The numbers of clips, of speakers, and of folds, which keep speakers apart.
  public let clips, speakers, folds: Int
  /// What is taken out, and how many directions of it.
  public let removed: RemovedDirection
  public let directions: Int
  public let seed: UInt64
  private let census: DomainCensus

  /// - Parameter findings: At least one.
  public init(
    _ findings: [ConceptFinding], of model: TrainedModel, data: String, clips: Int, speakers: Int,
    resemblances: [Resemblance?], folds: Int, removed: RemovedDirection, directions: Int, seed: UInt64
  ) {
    (self.findings, self.model, self.data, self.clips) = (findings, model, data, clips)
    (self.speakers, self.folds, self.seed) = (speakers, folds, seed)
    (self.removed, self.directions) = (removed, directions)
    census = resemblances.reduce(into: DomainCensus()) { $0.add($1) }
  }

  /// What there is to know before the numbers are believed.
  public var warnings: [String] {
    let few =
      Estimate.isEnough(clips: clips, speakers: speakers)
      ? []
      : [
        "\(clips) clips of \(speakers) speakers: intervals of fewer than \(Estimate.leastClips) clips or "
          + "\(Estimate.leastSpeakers) speakers are too narrow to draw conclusions from"
      ]
    return census.warnings(model.name) + few
  }

  public var figure: ConceptsFigure {
    func shares(_ estimates: [Estimate]) -> [LayerProbesFigure.Share] {
      estimates.map { .init(mean: $0.mean, low: $0.low, high: $0.high) }
    }
    return ConceptsFigure(
      title: [
        "What the layers hold of the voice, and which classes answer to it: \(model.title) \(model.name)",
        "linear probes on \(shownName(data)) · \(clips) clips of \(speakers) speakers, \(folds) folds of unheard speakers "
          + "· 95 % intervals",
      ],
      panels: findings.map { finding in
        .init(
          name: finding.concept.title, measure: finding.concept.measure,
          chance: finding.concept.isTwoValued ? 0.5 : 0, layers: finding.layers.map(\.name),
          probes: shares(finding.layers.map(\.probe)), controls: shares(finding.layers.map(\.control)),
          best: finding.best,
          bars: finding.sensitivity.map {
            .init(name: $0.output, score: $0.score, low: $0.scoreNull.low, high: $0.scoreNull.high)
          })
      })
  }

  public var provenance: [String: String] {
    model.provenance(source: data).merging(
      ["Folds": "\(folds)", "Seed": "\(seed)", "Removed": "\(directions) by \(removed.rawValue)"]
    ) { $1 }
  }

  /// The header and a row for each number: of each concept its probes by layer, then at the most selective layer the
  /// sensitivity of each class, and what the removal changes.
  public var csv: [[String]] {
    let header = [
      "concept", "layer", "measure", "of", "value", "low", "high", "random_mean", "random_low", "random_high", "p",
      "clips",
    ]
    return [header] + findings.flatMap(rows)
  }

  private func rows(_ finding: ConceptFinding) -> [[String]] {
    func row(
      _ layer: String, _ measure: String, _ name: String = "", value: Double, _ estimate: Estimate? = nil,
      _ null: RandomNull? = nil, clips: Int
    ) -> [String] {
      let numbers = [value, estimate?.low, estimate?.high, null?.mean, null?.low, null?.high, null?.p]
      return [finding.concept.name, layer, measure, name]
        + numbers.map { $0.map { String(format: "%.6g", $0) } ?? "" } + ["\(clips)"]
    }
    func estimated(
      _ layer: String, _ measure: String, _ name: String, _ estimate: Estimate, _ null: RandomNull? = nil
    ) -> [String] {
      row(layer, measure, name, value: estimate.mean, estimate, null, clips: estimate.clips)
    }
    let best = finding.bestLayer.name
    let score = finding.concept.isTwoValued ? "auc" : "r2"
    let probes = finding.layers.flatMap { layer in
      [
        estimated(layer.name, "probe_\(score)", "", layer.probe),
        estimated(layer.name, "control_\(score)", "", layer.control),
        estimated(layer.name, "selectivity", "", layer.selectivity),
      ]
    }
    let sensitivity = finding.sensitivity.flatMap { own in
      [
        row(best, "tcav", own.output, value: own.score, nil, own.scoreNull, clips: own.clips),
        estimated(best, "logits_per_deviation", own.output, own.slope, own.slopeNull),
      ]
    }
    let removal = finding.removal.map { removal in
      [estimated(best, "removed_probe_\(score)", "", removal.probe)]
        + removal.changes.map { estimated(best, "removed_change", $0.name, $0.change, $0.null) }
    }
    return probes + sensitivity + (removal ?? [])
  }

  // MARK: JSON

  private struct Line: Encodable {
    struct Layer: Encodable {
      let layer: String
      let probe, control, selectivity: Estimate
    }
    struct Null: Encodable {
      let mean, low, high, p: Double

      init(_ null: RandomNull) { (mean, low, high, p) = (null.mean, null.low, null.high, null.p) }
    }
    struct Sensitivity: Encodable {
      let output: String
      let clips: Int
      let isOfClass: Bool
      let score: Double
      let scoreNull: Null
      let slope: Estimate
      let slopeNull: Null
    }
    struct Change: Encodable {
      let name: String
      let change: Estimate
      let null: Null
    }
    struct Removal: Encodable {
      let probe: Estimate
      let changes: [Change]
    }
    struct Concept: Encodable {
      let name: String
      let unit: String?
      let words: [String]?
      let measure: String
      let clips: Int
      let layers: [Layer]
      let best: String
      let sensitivity: [Sensitivity]
      let removal: Removal?
    }
    let model, data, removed: String
    let clips, speakers, folds, directions: Int
    let seed: UInt64
    let concepts: [Concept]
    let figures: [String]
    let trainingData: DomainCensus
    let warnings: [String]
  }

  public func json(figures: [String]) throws -> String {
    let concepts = findings.map { finding in
      Line.Concept(
        name: finding.concept.name, unit: finding.concept.unit, words: finding.concept.words,
        measure: finding.concept.isTwoValued ? "auc" : "r2", clips: finding.concept.clips.count,
        layers: finding.layers.map {
          .init(layer: $0.name, probe: $0.probe, control: $0.control, selectivity: $0.selectivity)
        }, best: finding.bestLayer.name,
        sensitivity: finding.sensitivity.map {
          .init(
            output: $0.output, clips: $0.clips, isOfClass: $0.isOfClass, score: $0.score,
            scoreNull: .init($0.scoreNull), slope: $0.slope, slopeNull: .init($0.slopeNull))
        },
        removal: finding.removal.map { removal in
          .init(
            probe: removal.probe,
            changes: removal.changes.map { .init(name: $0.name, change: $0.change, null: .init($0.null)) })
        })
    }
    return try Line(
      model: model.name, data: data, removed: removed.rawValue, clips: clips, speakers: speakers, folds: folds,
      directions: directions, seed: seed,
      concepts: concepts, figures: figures, trainingData: census, warnings: warnings
    ).line
  }
}

extension Concept {
  /// "pitch (semitones)", "sex (female, male)".
  public var title: String {
    let detail = unit ?? words?.joined(separator: ", ")
    return detail.map { "\(name) (\($0))" } ?? name
  }
}
