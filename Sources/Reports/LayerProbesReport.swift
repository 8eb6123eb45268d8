import Attributions
import Basics
import Corpora
import Figures
import Foundation
import Models
import Training

/// The accuracy of probes on each state of an encoder, beside a control.
public struct LayerProbesReport: MeasurementReport {
  public let model: TrainedModel
  /// The path of the manifest.
  public let data: String
  /// Of each state, from the first layer's input on.
  public let accuracy, control: [Estimate]
  public let classes: [String]
  /// The number of folds, and whether they keep speakers apart.
  public let folds: Int
  public let keepsSpeakersApart: Bool
  public let seed: UInt64
  /// Where the clips lie by the training of the model whose encoder it is.
  private let census: DomainCensus

  public init(
    _ probes: LayerProbes, of model: TrainedModel, data: String, manifest: Manifest, paths: [String],
    resemblances: [Resemblance?], classes: [String], folds: Int, keepsSpeakersApart: Bool, seed: UInt64
  ) {
    let speakers = Dictionary(manifest.entries.map { ($0.path, $0.speaker) }, uniquingKeysWith: { first, _ in first })
    let own = paths.map { speakers[$0] ?? nil }
    func estimates(_ found: [[Bool]]) -> [Estimate] {
      found.compactMap { Estimate(values: $0.map { $0 ? 1 : 0 }, speakers: own, seed: seed) }
    }
    (self.model, self.data, self.classes, self.folds) = (model, data, classes, folds)
    (self.keepsSpeakersApart, self.seed) = (keepsSpeakersApart, seed)
    (accuracy, control) = (estimates(probes.correct), estimates(probes.control))
    census = resemblances.reduce(into: DomainCensus()) { $0.add($1) }
  }

  /// What there is to know of the clips before the numbers are believed: an encoder that was trained on a clip may know its
  /// label, whatever the folds.
  public var warnings: [String] { census.warnings(model.name) }

  /// The state with the highest accuracy.
  public var best: Int { accuracy.indices.max { accuracy[$0].mean < accuracy[$1].mean } ?? 0 }

  public var figure: LayerProbesFigure {
    func shares(_ estimates: [Estimate]) -> [LayerProbesFigure.Share] {
      estimates.map { .init(mean: $0.mean, low: $0.low, high: $0.high) }
    }
    return LayerProbesFigure(
      title: [
        "Which layer knows the emotion: \(model.title) \(model.name)",
        "linear probes on \(shownName(data)) · \(accuracy.first?.clips ?? 0) clips, \(classes.count) classes, "
          + "\(folds) folds\(keepsSpeakersApart ? " of unheard speakers" : "") · 95 % intervals",
      ], probes: shares(accuracy), controls: shares(control), chance: 1 / Double(classes.count))
  }

  public var provenance: [String: String] {
    model.provenance(source: data).merging(["Folds": "\(folds)", "Seed": "\(seed)"]) { $1 }
  }

  /// The header and a row for each state.
  public var csv: [[String]] {
    func cell(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "" }
    let header = ["state", "accuracy", "low", "high", "control", "control_low", "control_high"]
    return [header]
      + zip(accuracy, control).enumerated().map { state, pair in
        let (own, other) = pair
        return ["\(state)"] + [own.mean, own.low, own.high, other.mean, other.low, other.high].map(cell)
      }
  }

  private struct Line: Encodable {
    struct State: Encodable {
      let state: Int
      let accuracy, control: Estimate
    }
    let model, data: String
    let classes: [String]
    let clips, folds: Int
    let speakersApart: Bool
    let seed: UInt64
    let best: Int
    let states: [State]
    let figures: [String]
    let trainingData: DomainCensus
    let warnings: [String]
  }

  public func json(figures: [String]) throws -> String {
    try Line(
      model: model.name, data: data, classes: classes, clips: accuracy.first?.clips ?? 0, folds: folds,
      speakersApart: keepsSpeakersApart, seed: seed, best: best,
      states: zip(accuracy, control).enumerated().map { state, pair in
        .init(state: state, accuracy: pair.0, control: pair.1)
      }, figures: figures, trainingData: census, warnings: warnings
    ).line
  }
}
