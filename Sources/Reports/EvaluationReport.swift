import Basics
import Corpora
import Figures
import Foundation
import Models
import Training

/// The figures of an evaluation, and its JSON.
public struct EvaluationReport {
  public let evaluation: Evaluation
  public let model: TrainedModel
  /// The manifest, and where it is, as given by the user.
  public let manifest: Manifest
  public let path: String
  /// Where each clip lies by the model's training; nil where it is not known.
  private let resemblances: [Resemblance?]
  private let census: DomainCensus

  /// - Parameter resemblances: Of the evaluation's clips, in their order; nil where they are not known.
  public init(
    _ evaluation: Evaluation, model: TrainedModel, manifest: Manifest, path: String,
    resemblances: [Resemblance?]? = nil
  ) {
    (self.evaluation, self.model, self.manifest, self.path) = (evaluation, model, manifest, path)
    self.resemblances = resemblances ?? evaluation.predictions.map { _ in nil }
    demand(
      self.resemblances.count == evaluation.predictions.count,
      "\(self.resemblances.count) resemblances of \(evaluation.predictions.count) clips")
    census = self.resemblances.reduce(into: DomainCensus()) { $0.add($1) }
  }

  /// What there is to know of the clips before the numbers are believed.
  public var warnings: [String] {
    let isUnvalidated = model.configuration.training["validation"] == "none"
    return census.warnings(model.name)
      + (isUnvalidated ? ["\(model.name) was trained without validation: only new clips show how good it is"] : [])
  }

  private var title: [String] {
    ["\(model.title) \(model.name) on \(shownName(path))"]
  }

  /// Nil of a model without classes.
  public var confusion: ConfusionFigure? {
    guard !evaluation.classes.isEmpty else { return nil }
    let metrics = evaluation.metrics
    return ConfusionFigure(
      title: title, classes: evaluation.classes, counts: metrics.confusion, accuracy: metrics.accuracy,
      macroF1: metrics.macroF1)
  }

  /// Nil of a model without classes.
  public var calibration: CalibrationFigure? {
    guard !evaluation.classes.isEmpty else { return nil }
    let calibration = evaluation.calibration
    return CalibrationFigure(
      title: title,
      bins: calibration.bins.map {
        .init(
          lower: $0.lower, upper: $0.upper, clips: $0.clips, confidence: $0.confidence, accuracy: $0.accuracy,
          low: $0.low, high: $0.high)
      }, expectedCalibrationError: calibration.expectedCalibrationError, brierScore: calibration.brierScore)
  }

  public var provenance: [String: String] { model.provenance(source: path, manifest: manifest) }

  /// - Parameter played: How many errors, the most confident first, can be listened to.
  public func page(played: Int) throws -> Page {
    var page = Page(title: "How often is it right: \(title[0])", provenance: provenance)
    page.sections += .warnings(warnings)
    if let confusion { try page.add(confusion) }
    if let calibration { try page.add(calibration) }
    if !evaluation.dimensions.isEmpty {
      page.addTable(
        "Each dimension",
        [["dimension", "concordance (CCC)", "correlation", "RMSE"]]
          + zip(evaluation.dimensions, evaluation.agreement).map {
            [$0, String($1.concordance), String($1.correlation), String($1.rootMeanSquareError)]
          })
      page.addTable(
        "Values",
        [["clip"] + evaluation.dimensions.flatMap { [$0, "true \($0)"] }]
          + evaluation.predictions.map { clip in
            [clip.path] + zip(clip.values, clip.truths).flatMap { [String($0), String($1)] }
          })
    }
    guard !evaluation.classes.isEmpty else { return page }
    let (metrics, classes) = (evaluation.metrics, evaluation.classes)
    try addErrors(to: &page, played: played)
    page.addTable(
      "Each emotion",
      [["emotion", "precision", "recall", "F1", "clips"]]
        + zip(classes, metrics.byClass).map { name, found in
          [name] + [found.precision, found.recall, found.f1].map { $0.map { String($0) } ?? "" }
            + [found.support == 0 ? "no clips" : String(found.support)]
        })
    page.addTable(
      "Clips by true (rows) and predicted emotion",
      [["true"] + classes] + zip(classes, metrics.confusion).map { [$0] + $1.map { String($0) } })
    page.addTable(
      "Calibration",
      [["confidence from", "to", "clips", "mean confidence", "accuracy"]]
        + evaluation.calibration.bins.map { bin in
          [String(bin.lower), String(bin.upper), String(bin.clips)]
            + [String(bin.confidence), String(bin.accuracy)]
        })
    page.addTable(
      "Clips",
      [["clip", "emotion", "predicted", "probability"] + Resemblance.header]
        + zip(evaluation.predictions, resemblances).map {
          [
            $0.path, $0.label.map { classes[$0] } ?? "", classes[$0.predicted],
            String($0.probabilities[$0.predicted]),
          ] + Resemblance.cells(of: $1)
        })
    return page
  }

  /// The clips that the model takes for another emotion, the most confident first.
  private func addErrors(to page: inout Page, played: Int) throws {
    let found = zip(evaluation.predictions, resemblances).filter { $0.0.label != $0.0.predicted }
      .sorted { $0.0.probabilities[$0.0.predicted] > $1.0.probabilities[$1.0.predicted] }
    let errors = found.map(\.0)
    let isKnown = found.contains { $0.1 != nil }
    guard !errors.isEmpty else { return }
    let entries = Dictionary(manifest.entries.map { ($0.path, $0) }) { first, _ in first }
    let hasSpeakers = errors.contains { entries[$0.path]?.speaker != nil }
    let sounds = try errors.prefix(played).map { error in
      // What could be evaluated can be read, unless it has gone since.
      try entries[error.path].flatMap { try? model.configuration.speech(of: manifest.fullPath(of: $0)) }
        .map { try PageSound($0.samples, sampleRate: $0.sampleRate) }
    }
    let words = [
      "The model takes \(errors.count) of \(evaluation.predictions.count) clips for another emotion.",
      sounds.isEmpty
        ? "" : "\(sounds.count == errors.count ? "All" : "The \(sounds.count) most confident") can be played here.",
    ]
    // The file alone, where that tells the clips apart.
    let files = errors.map { URL(fileURLWithPath: $0.path).lastPathComponent }
    let names = Set(files).count == files.count ? files : errors.map(\.path)
    page.sections.append(.text(heading: "Errors", lines: [words.filter { !$0.isEmpty }.joined(separator: " ")]))
    page.sections.append(
      .playable(
        caption: "Clips that are taken for another emotion",
        header: ["clip"] + (hasSpeakers ? ["speaker"] : []) + ["truth", "prediction", "confidence"]
          + (isKnown ? Resemblance.header : []),
        rows: zip(names, found).map { name, found in
          let error = found.0
          return [name] + (hasSpeakers ? [entries[error.path]?.speaker ?? ""] : [])
            + [
              error.label.map { evaluation.classes[$0] } ?? "", evaluation.classes[error.predicted],
              String(format: "%.3f", error.probabilities[error.predicted]),
            ] + (isKnown ? Self.cells(found.1) : [])
        }, sounds: sounds + Array(repeating: nil, count: errors.count - sounds.count), order: hasSpeakers ? 4 : 3))
  }

  /// ``Resemblance/cells(of:)`` with as many digits as are read.
  private static func cells(_ clip: Resemblance?) -> [String] {
    (clip.map { [String(format: "%.2f", $0.distance)] } ?? [""]) + Resemblance.cells(of: clip).dropFirst()
  }

  /// The line of `--json`.
  /// - Parameter figures: The figures written.
  public func json(figures: [String]) throws -> String {
    let classes = evaluation.classes
    let all = Scores(evaluation.metrics, classes)
    return try JSON(
      model: model.name, data: path, clips: evaluation.predictions.count, loss: evaluation.loss, accuracy: all.accuracy,
      macroF1: all.macroF1, topTwo: evaluation.topAccuracy(2), calibration: evaluation.calibration,
      dimensions: evaluation.dimensions.isEmpty
        ? nil : Dictionary(uniqueKeysWithValues: zip(evaluation.dimensions, evaluation.agreement)), classes: classes,
      confusion: all.confusion,
      byClass: all.byClass, byOrigin: evaluation.metricsByOrigin.mapValues { Scores($0, classes) },
      figure: figures.first, figures: figures, trainingData: census, warnings: warnings, command: commandLine
    ).line
  }

  /// Measures of all clips, and of each origin's.
  private struct Scores: Encodable {
    let clips: Int
    let accuracy, macroF1: Double
    let confusion: [[Int]]
    let byClass: [String: Metrics.OfClass]

    init(_ metrics: Metrics, _ classes: [String]) {
      clips = metrics.confusion.joined().reduce(0, +)
      (accuracy, macroF1, confusion) = (metrics.accuracy, metrics.macroF1, metrics.confusion)
      byClass = Dictionary(uniqueKeysWithValues: zip(classes, metrics.byClass))
    }
  }

  private struct JSON: Encodable {
    let model, data: String
    let clips: Int
    let loss, accuracy, macroF1, topTwo: Double
    let calibration: Calibration
    /// Metrics by dimension; nil for a model without dimensions.
    let dimensions: [String: DimensionMetrics]?
    let classes: [String]
    let confusion: [[Int]]
    let byClass: [String: Metrics.OfClass]
    let byOrigin: [String: Scores]
    let figure: String?
    let figures: [String]
    let trainingData: DomainCensus
    let warnings: [String]
    let command: String
  }
}
