import ArgumentParser
import Attributions
import Basics
import Corpora
import Figures
import Foundation
import Models
import Reports
import Training

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures the accuracy and calibration of a model on the clips of a manifest.",
    usage: "undertone evaluate --data <file> [<options>]",
    discussion: """
      Prints accuracy, macro F1, the confusion matrix and the calibration errors (how far confidence differs from \
      accuracy), and plots confusion and calibration. Macro F1 is the mean over the emotions that clips have or are \
      taken for; one that no clip has has no recall and no F1, and counts 0 where a clip is taken for it.

      Examples:
        undertone evaluate --data validation.csv
        undertone evaluate --model output/train/fcmfcc --data validation.csv --json
        undertone evaluate --data validation.csv --predictions predictions.csv
        undertone evaluate --data validation.csv --html
      """)

  @OptionGroup var model: ModelOption

  @Option(help: .manifest())
  var data: String

  @OptionGroup var drawing: FigureOption

  @Option(
    help: ArgumentHelp(
      """
      Also write each clip's probabilities to this CSV file, and where it lies by the training data. (default: none)
      """, valueName: "file"))
  var predictions: String?

  @Flag(
    help: """
      Also write a self-contained HTML page: the figures, their numbers as tables, and the errors to sort \
      and play.
      """)
  var html = false

  @Option(
    help: ArgumentHelp(
      "With --html: the number of errors whose sound is in the page, the most confident first: 0 or more.",
      valueName: "count"))
  var sounds = 50

  @OptionGroup var threads: ThreadOption

  @Flag(help: "Print one JSON object.")
  var json = false

  @Option(help: ArgumentHelp("The folder for the figures.", valueName: "folder"))
  var output = "output/evaluate"

  func validate() throws {
    guard sounds >= 0 else { throw ValidationError("--sounds must be at least 0") }
  }

  func run() throws {
    try Console.run {
      let drawing = try self.drawing.files()
      let model = try self.model.load()
      let manifest = try readManifest(data)
      let folder = try OutputFolder(output)
      let (features, failures) = try computeFeatures(manifest, for: model.configuration, label: "features")
      let bar = ProgressBar("evaluating", total: features.clips.count)
      let evaluation = model.evaluate(features) { bar.show($0) }
      guard evaluation.loss.isFinite else {
        throw ExplanationError.noPrediction(path: shownPath(data), model: model.name)
      }
      let resemblances = features.resemblances(for: model)
      let report = EvaluationReport(
        evaluation, model: model, manifest: manifest, path: data, resemblances: resemblances)
      let provenance = report.provenance
      let figures =
        (try report.confusion.map {
          try drawing.write($0, to: folder, as: "confusion", provenance: provenance)
        } ?? [])
        + (try report.calibration.map {
          try drawing.write($0, to: folder, as: "calibration", provenance: provenance)
        } ?? [])
      if let predictions { try write(evaluation, resemblances, to: predictions) }
      try Console.print(json ? report.json(figures: figures) : text(evaluation))
      report.warnings.forEach { Console.note("undertone: warning: \($0)") }
      if !json { try Console.print(figures.joined(separator: "\n")) }
      if html { try folder.write(report.page(played: sounds), as: "evaluate", isQuiet: json) }
      try Console.end(failures, of: manifest.entries.count)
    }
  }

  private func text(_ evaluation: Evaluation) -> String {
    func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }
    var lines: [String] = []
    if !evaluation.dimensions.isEmpty {
      var table = Table(header: ["dimension", "CCC", "correlation", "RMSE"])
      for (name, found) in zip(evaluation.dimensions, evaluation.agreement) {
        table.rows.append(
          [name] + [found.concordance, found.correlation, found.rootMeanSquareError].map { String(format: "%.3f", $0) })
      }
      lines += ["clips \(evaluation.predictions.count)", "", table.text, ""]
    }
    guard !evaluation.classes.isEmpty else { return lines.joined(separator: "\n") }
    let metrics = evaluation.metrics
    let calibration = evaluation.calibration
    var confusion = Table(header: ["true \\ predicted"] + evaluation.classes.map { String($0.prefix(5)) } + ["recall"])
    for (index, name) in evaluation.classes.enumerated() {
      let recall = metrics.byClass[index].recall.map { String(format: "%.2f", $0) } ?? "no clips"
      confusion.rows.append([name] + metrics.confusion[index].map(String.init) + [recall])
    }
    lines += [
      "clips \(evaluation.predictions.count), accuracy \(percent(metrics.accuracy)), macro F1 "
        + "\(String(format: "%.3f", metrics.macroF1)), among the top two \(percent(evaluation.topAccuracy(2)))",
      "expected calibration error \(String(format: "%.3f", calibration.expectedCalibrationError)), "
        + "Brier score \(String(format: "%.3f", calibration.brierScore))", "",
      confusion.text, "",
    ]
    if evaluation.metricsByOrigin.count > 1 {
      for (origin, metrics) in evaluation.metricsByOrigin.sorted(by: { $0.key < $1.key }) {
        lines.append(
          "\(origin): accuracy \(percent(metrics.accuracy)), macro F1 \(String(format: "%.3f", metrics.macroF1))")
      }
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }

  private func write(_ evaluation: Evaluation, _ resemblances: [Resemblance?], to path: String) throws {
    let rows = zip(evaluation.predictions, resemblances).map { prediction, resemblance in
      [prediction.path]
        + (evaluation.classes.isEmpty
          ? [] : [prediction.label.map { evaluation.classes[$0] } ?? "", evaluation.classes[prediction.predicted]])
        + prediction.probabilities.map { String($0) } + prediction.values.map { String($0) }
        + Resemblance.cells(of: resemblance)
    }
    let folder = try OutputFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    try folder.write(
      CSV.text(
        of: [
          ["path"] + (evaluation.classes.isEmpty ? [] : ["emotion", "predicted"]) + evaluation.classes
            + evaluation.dimensions + Resemblance.header
        ] + rows),
      to: URL(fileURLWithPath: path).lastPathComponent)
  }
}
