import Basics
import Corpora
import Figures
import Foundation
import Models
import Training

/// A model beside the evaluated one, and its predictions of the same manifest.
public struct RivalModel {
  public let model: TrainedModel
  public let evaluation: Evaluation
  public let resemblances: [Resemblance?]

  public init(_ model: TrainedModel, _ evaluation: Evaluation, resemblances: [Resemblance?]) {
    (self.model, self.evaluation, self.resemblances) = (model, evaluation, resemblances)
  }
}

/// The figures of an evaluation, its tables and its JSON.
public struct EvaluationReport {
  public let evaluation: Evaluation
  public let model: TrainedModel
  /// The manifest, and where it is, as given by the user.
  public let manifest: Manifest
  public let path: String
  /// The predictions of clips with a class; nil of a model without classes, and so is all that is computed from them.
  public let clips: LabelledPredictions?
  public let scores: Scores?
  public let coverage: RiskCoverage?
  public let softDecisions: [SoftDecision]
  /// By origin, sex and speaker and other columns, those of which have two values or more.
  public let groups: [GroupedScores]
  /// Nil where none was asked for.
  public let temperature: TemperatureScaling?
  /// The difference from another model on the clips that both predict; nil where there is none.
  public let difference: ModelDifference?
  public let rival: RivalModel?
  public let seed: UInt64
  /// Where each clip lies by the model's training; nil where it is not known.
  let resemblances: [Resemblance?]
  let census: DomainCensus
  /// The manifest's entries by path.
  let entries: [String: Manifest.Entry]

  /// - Parameters:
  ///   - resemblances: Of the evaluation's clips, in their order; nil where they are not known.
  ///   - columns: Columns of the manifest by which clips are grouped, beside origin, sex and speaker.
  ///   - fitsTemperature: Whether a temperature is fitted.
  ///   - seed: The seed of the bootstrap and of the temperature's folds.
  public init(
    _ evaluation: Evaluation, model: TrainedModel, manifest: Manifest, path: String,
    resemblances: [Resemblance?]? = nil, columns: [String] = [], fitsTemperature: Bool = false,
    against rival: RivalModel? = nil, seed: UInt64 = 0
  ) {
    (self.evaluation, self.model, self.manifest, self.path) = (evaluation, model, manifest, path)
    (self.rival, self.seed) = (rival, seed)
    self.resemblances = resemblances ?? evaluation.predictions.map { _ in nil }
    demand(
      self.resemblances.count == evaluation.predictions.count,
      "\(self.resemblances.count) resemblances of \(evaluation.predictions.count) clips")
    census = self.resemblances.reduce(into: DomainCensus()) { $0.add($1) }
    let entries = Dictionary(manifest.entries.map { ($0.path, $0) }) { first, _ in first }
    self.entries = entries
    let known = evaluation.classes.isEmpty ? [] : evaluation.predictions.filter { $0.label != nil }
    let clips = LabelledPredictions(known) { entries[$0.path]?.speaker }
    self.clips = clips
    scores = clips.map { Scores($0, seed: seed) }
    coverage = clips.map { RiskCoverage($0, seed: seed) }
    softDecisions = clips.map { SoftDecision.all($0, seed: seed) } ?? []
    let grouping = columns.reduce(into: ["origin", "sex", "speaker"]) { if !$0.contains($1) { $0.append($1) } }
    groups = grouping.compactMap { column -> GroupedScores? in
      let values = known.map { entries[$0.path]?.text(of: column) }
      return Set(values.compactMap { $0 }).count < 2
        ? nil : clips.map { GroupedScores($0, by: column, values, seed: seed) }
    }
    temperature = fitsTemperature ? clips.map { TemperatureScaling($0, seed: seed) } : nil
    difference = rival.flatMap { rival -> ModelDifference? in
      let others = Dictionary(rival.evaluation.predictions.map { ($0.path, $0) }) { first, _ in first }
      let pairs = known.compactMap { own -> (own: Evaluation.Prediction, isOtherRight: Bool)? in
        guard let other = others[own.path], let label = other.label else { return nil }
        return (own, other.predicted == label)
      }
      guard !pairs.isEmpty else { return nil }
      return ModelDifference(
        labels: pairs.map { $0.own.label! }, first: pairs.map { $0.own.label == $0.own.predicted },
        second: pairs.map { $0.isOtherRight }, speakers: pairs.map { entries[$0.own.path]?.speaker }, seed: seed)
    }
  }

  /// What there is to know of the clips before the numbers are believed.
  public var warnings: [String] {
    let isUnvalidated = model.configuration.training["validation"] == "none"
    let others = rival.map { rival in
      rival.resemblances.reduce(into: DomainCensus()) { $0.add($1) }.warnings(rival.model.name)
    }
    return census.warnings(model.name) + (others ?? [])
      + (isUnvalidated ? ["\(model.name) was trained without validation: only new clips show how good it is"] : [])
  }

  var title: [String] {
    ["\(model.title) \(model.name) on \(shownName(path))"]
  }

  /// What intervals stand for: "95 % intervals by speaker", or why there are none.
  public var intervals: String {
    guard let found = scores?.accuracy else { return "" }
    return Estimate.noInterval(clips: found.clips, speakers: found.speakers)
      ?? "95 % intervals by \(found.speakers == nil ? "clip" : "speaker")"
  }

  /// Nil of a model without classes.
  public var confusion: ConfusionFigure? {
    scores.map { ConfusionFigure(title: title, classes: evaluation.classes, $0.metrics) }
  }

  /// Nil of a model without classes.
  public var calibration: CalibrationFigure? {
    clips.map { clips in
      let found = clips.calibration
      var figure = CalibrationFigure(
        title: title, bins: found.drawn, expectedCalibrationError: found.expectedCalibrationError,
        brierScore: found.brierScore)
      figure.recalibrated = temperature.map {
        (
          String(format: "with temperature %.2f", $0.temperature), $0.after.drawn, $0.after.expectedCalibrationError,
          $0.after.brierScore
        )
      }
      return figure
    }
  }

  /// Nil of a model without classes.
  public var coverageFigure: CoverageFigure? {
    coverage.map { coverage in
      CoverageFigure(
        title: title, subtitle: intervals,
        points: coverage.points.map {
          .init(coverage: $0.coverage, error: $0.error.mean, low: $0.error.low, high: $0.error.high)
        }, area: coverage.area.mean)
    }
  }

  public var provenance: [String: String] {
    model.provenance(source: path, manifest: manifest).merging(["Seed": "\(seed)"]) { $1 }
  }

  /// The scores of all clips by their names, the chief one first.
  public var summary: [(name: String, value: Estimate)] {
    guard let scores, let coverage else { return [] }
    var summary: [(name: String, value: Estimate)] = [
      ("UAR", scores.averageRecall), ("accuracy", scores.accuracy), ("macro F1", scores.macroF1),
      ("weighted F1", scores.weightedF1),
    ]
    // Among all classes the true one always is.
    for decision in softDecisions.dropFirst().dropLast().prefix(2) {
      summary.append(("true emotion among the top \(decision.count)", decision.hits))
    }
    summary.append(("accuracy on the surest 80 %", coverage.accuracyAt80))
    summary.append(("error over coverage (AURC)", coverage.area))
    // The squared error of weighing all classes.
    if let all = softDecisions.last { summary.append(("Brier score", all.squaredError)) }
    return summary
  }

  /// The tables that are written beside the figures, by their names: the curve of errors over coverage, and the scores by
  /// group.
  public var tables: [(name: String, rows: [[String]])] {
    guard let coverage else { return [] }
    return [
      (
        "coverage",
        [["coverage", "confidence", "error", "low", "high"]]
          + coverage.points.map { [String($0.coverage), String($0.confidence)] + $0.error.cells }
      ),
      ("groups", groupRows),
    ]
  }

  /// A row for each group, its header first.
  var groupRows: [[String]] {
    [["column", "group", "clips", "uar", "low", "high", "accuracy", "macro_f1", "weighted_f1"]]
      + groups.flatMap { column in
        column.groups.map { name, found in
          [column.column, name, String(found.averageRecall.clips)] + found.averageRecall.cells
            + [found.accuracy, found.macroF1, found.weightedF1].map { String($0.mean) }
        }
      }
  }
}

extension Manifest.Entry {
  /// The text in a column of the manifest; nil where it has none.
  fileprivate func text(of column: String) -> String? {
    switch column {
    case "origin": origin
    case "speaker": speaker
    default: extra[column]
    }
  }
}

extension Calibration {
  /// The bins as figures draw them.
  fileprivate var drawn: [CalibrationFigure.Bin] {
    bins.map {
      .init(
        lower: $0.lower, upper: $0.upper, clips: $0.clips, confidence: $0.confidence, accuracy: $0.accuracy,
        low: $0.low, high: $0.high)
    }
  }
}

extension ConfusionFigure {
  init(title: [String], classes: [String], _ metrics: Metrics) {
    self.init(
      title: title, classes: classes, counts: metrics.confusion, accuracy: metrics.accuracy, macroF1: metrics.macroF1)
  }
}
