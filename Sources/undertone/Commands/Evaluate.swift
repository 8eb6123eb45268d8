import ArgumentParser
import Attributions
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Models
import Reports
import Training

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures how often a model is right on the clips of a manifest, and how well it says when it is not.",
    usage: "undertone evaluate --data <file> [<options>]",
    discussion: """
      Prints UAR (unweighted average recall: the mean recall of the emotions, the field's usual score), accuracy, F1 and \
      top-k accuracy with 95 % intervals, which resample speakers, or clips where a speaker is not known; calibration (how \
      far confidence differs from accuracy); what is won by deciding only the clips of high confidence, or by weighing \
      several emotions by their probabilities; the confusion matrix; and the largest gap of UAR between corpora, sexes and \
      speakers. Macro F1 is the mean over the emotions that clips have or are taken for; one that no clip has has no \
      recall and no F1, and counts 0 where a clip is taken for it.

      Plots confusion, calibration and errors over coverage, and writes coverage.csv and groups.csv.

      Examples:
        undertone evaluate --data validation.csv
        undertone evaluate --data validation.csv --fit-temperature
        undertone evaluate --model output/train/fcmfcc --data validation.csv --against output/train/cnnatt
        undertone evaluate --data validation.csv --by age --by intensity
        undertone evaluate --data validation.csv --json --predictions predictions.csv
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
      Also fit a temperature by maximum likelihood, on other speakers than it is used on, and print the calibration with it.
      """)
  var fitTemperature = false

  @Option(
    help: ArgumentHelp(
      """
      Also compare with this model (a folder, or built-in) on the clips that both predict: the difference of UAR, and \
      McNemar's test. (default: none)
      """, valueName: "folder"))
  var against: String?

  @Option(
    help: ArgumentHelp(
      """
      Also group the clips by this column of the manifest; can be given several times. (default: origin, sex and speaker)
      """, valueName: "column"))
  var by: [String] = []

  @Option(
    help: ArgumentHelp("The seed of the intervals and of the temperature's folds: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

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
      let other = try against.map { try self.model.other($0) }
      if let other { for model in [model, other] { try model.checkClasses(for: "--against") } }
      let manifest = try readManifest(data)
      let columns = ["origin", "speaker"] + manifest.extraColumns
      if let stranger = by.first(where: { !columns.contains($0) }) {
        throw ValidationError(
          "--by: no column \"\(stranger)\" in \(shownPath(data)); there are \(columns.joined(separator: ", "))")
      }
      let folder = try OutputFolder(output)
      let (evaluation, resemblances, own) = try evaluated(manifest, by: model)
      var failures = own
      let rival = try other.map { other -> RivalModel in
        var common = manifest
        let predicted = Set(evaluation.predictions.map(\.path))
        common.entries.removeAll {
          !predicted.contains($0.path) || other.configuration.classIndex(of: $0.emotion) == nil
        }
        let found = try evaluated(common, by: other)
        failures += found.failures
        return RivalModel(other, found.evaluation, resemblances: found.resemblances)
      }
      let report = EvaluationReport(
        evaluation, model: model, manifest: manifest, path: data, resemblances: resemblances, columns: by,
        fitsTemperature: fitTemperature, against: rival, seed: seed)
      if rival != nil, report.difference == nil {
        throw ValidationError("--against: no clip is predicted by both models")
      }
      let drawn: [(name: String, figure: (any Figure)?)] = [
        ("confusion", report.confusion), ("calibration", report.calibration), ("coverage", report.coverageFigure),
      ]
      let figures = try drawn.flatMap { name, figure in
        try figure.map { try drawing.write($0, to: folder, as: name, provenance: report.provenance) } ?? []
      }
      let tables = try report.tables.map { name, rows -> String in
        try folder.write(CSV.text(of: rows), to: "\(name).csv")
        return folder.file("\(name).csv")
      }
      if let predictions { try write(evaluation, resemblances, to: predictions) }
      try Console.print(json ? report.json(figures: figures, tables: tables) : text(report))
      report.warnings.forEach { Console.note("undertone: warning: \($0)") }
      if !json { try Console.print((figures + tables).joined(separator: "\n")) }
      if html { try folder.write(report.page(played: sounds), as: "evaluate", isQuiet: json) }
      try Console.end(failures, of: manifest.entries.count)
    }
  }

  /// A model's predictions of the clips of a manifest.
  private func evaluated(
    _ manifest: Manifest, by model: TrainedModel
  ) throws -> (evaluation: Evaluation, resemblances: [Resemblance?], failures: [AudioFileError]) {
    let (features, failures) = try computeFeatures(manifest, for: model.configuration, label: "features")
    let bar = ProgressBar("evaluating", total: features.clips.count)
    let evaluation = model.evaluate(features) { bar.show($0) }
    guard evaluation.loss.isFinite else {
      throw ExplanationError.noPrediction(path: shownPath(data), model: model.name)
    }
    return (evaluation, features.resemblances(for: model), failures)
  }

  private func text(_ report: EvaluationReport) -> String {
    let evaluation = report.evaluation
    var parts: [String] = []
    if !evaluation.dimensions.isEmpty {
      var table = Table(header: ["dimension", "CCC", "correlation", "RMSE"])
      for (name, found) in zip(evaluation.dimensions, evaluation.agreement) {
        table.rows.append(
          [name] + [found.concordance, found.correlation, found.rootMeanSquareError].map { Self.number($0) })
      }
      parts += ["clips \(evaluation.predictions.count)", table.text]
    }
    guard let scores = report.scores, let calibration = report.clips?.calibration else {
      return parts.joined(separator: "\n\n") + "\n"
    }
    let speakers = scores.accuracy.speakers.map { " of \($0) speaker\($0 == 1 ? "" : "s")" } ?? ""
    var table = Table(header: ["clips \(scores.accuracy.clips)\(speakers)", "value", report.intervals])
    table.rows =
      report.summary.map { [$0.name, Self.number($0.value.mean), Self.interval($0.value)] }
      + [["expected calibration error", Self.number(calibration.expectedCalibrationError), ""]]
    parts.append(table.text)
    if let temperature = report.temperature { parts.append(Self.text(temperature)) }
    if let soft = report.softDecisions.min(by: { $0.squaredError.mean < $1.squaredError.mean }), soft.count > 1 {
      parts.append(
        wrapped(
          "Weighing the top \(soft.count) by their probabilities: squared error \(Self.number(soft.squaredError.mean)), "
            + "where the first alone has \(Self.number(report.softDecisions[0].squaredError.mean))"))
    }
    let classes = evaluation.classes
    var confusion = Table(header: ["true \\ predicted"] + classes.map { String($0.prefix(5)) } + ["recall"])
    for (index, name) in classes.enumerated() {
      let recall = scores.metrics.byClass[index].recall.map { String(format: "%.2f", $0) } ?? "no clips"
      confusion.rows.append([name] + scores.metrics.confusion[index].map(String.init) + [recall])
    }
    parts.append(confusion.text)
    if let difference = report.difference, let rival = report.rival {
      parts.append(Self.text(difference, rival.model.name))
    }
    let groups = report.groups.compactMap(Self.text)
    if !groups.isEmpty { parts.append(groups.joined(separator: "\n")) }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private static func number(_ value: Double) -> String { String(format: "%.3f", value) }

  /// "0.402 to 0.483"; empty where there is no interval.
  private static func interval(_ estimate: Estimate) -> String {
    guard let low = estimate.low, let high = estimate.high else { return "" }
    return "\(number(low)) to \(number(high))"
  }

  private static func words(_ estimate: Estimate) -> String {
    let interval = interval(estimate)
    return number(estimate.mean) + (interval.isEmpty ? "" : " (\(interval))")
  }

  private static func text(_ found: TemperatureScaling) -> String {
    let unit = found.keepsSpeakersApart ? "speakers" : "clips"
    var table = Table(header: ["temperature \(String(format: "%.3g", found.temperature))", "before", "after"])
    let measures: [(String, KeyPath<Calibration, Double>)] = [
      ("expected calibration error", \.expectedCalibrationError), ("Brier score", \.brierScore),
      ("log loss", \.negativeLogLikelihood),
    ]
    for (name, value) in measures {
      table.rows.append([name, number(found.before[keyPath: value]), number(found.after[keyPath: value])])
    }
    return table.text
      + "\nafter: \(found.foldTemperatures.count) folds, each with a temperature fitted on other \(unit)"
  }

  private static func text(_ found: ModelDifference, _ rival: String) -> String {
    wrapped(
      "Against \(rival), on \(found.difference.clips) clips that both predict: UAR \(number(found.first)) and "
        + "\(number(found.second)), difference \(words(found.difference)). Only this one is right on "
        + "\(found.onlyFirst) clips, only the other on \(found.onlySecond): McNemar's p = "
        + String(format: "%.2g", found.exactP), indentation: "")
  }

  /// The largest gap between the groups of a column; nil where no two have clips enough.
  private static func text(_ column: GroupedScores) -> String? {
    column.gap.map { gap in
      wrapped(
        "UAR by \(column.column): from \(words(gap.worst.scores.averageRecall)) of \(gap.worst.name) to "
          + "\(words(gap.best.scores.averageRecall)) of \(gap.best.name)")
    }
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
