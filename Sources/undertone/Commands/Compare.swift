import ArgumentParser
import Attributions
import Basics
import Corpora
import Figures
import Foundation
import Models
import Reports
import Tensors

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explains the same clips with several models, side by side, and measures their agreement.",
    usage: "undertone compare --model <folder> ... [<files> ...] [<options>]",
    discussion: """
      Explains each clip with each model by one method, on one grid of seconds × Hz; of models that trim clips differently \
      two agree over what both use. Writes a figure for each file (or, \
      with a manifest, for at most \(drawn) clips on which the models predict different emotions, or on which their values of \
      a dimension differ most): all models with their \
      differences from the first; for models with attention also the weights and the gradients of each head. For all \
      clips it writes the agreement of each pair of models with intervals (agreement.png, agreement.csv), and each \
      clip's predictions (clips.csv).

      Examples:
        undertone compare --model built-in --model output/train/fcmfcc clip.wav
        undertone compare --model a --model b --model c --data validation.csv --clips 20
        undertone compare --model a --model b clips/*.wav --method integrated-gradients --target angry
        undertone compare --model a --model b clip.wav --method saliency,deeplift --html
        undertone compare --model a --model b --data clips.csv --target arousal
      """)

  @OptionGroup var files: ClipFiles

  @Option(help: .manifest("Instead of files: a manifest"))
  var data: String?

  @Option(
    name: .customLong("model"),
    help: ArgumentHelp("A model folder, or built-in; give the option twice or more.", valueName: "folder"))
  var models: [String] = []

  @OptionGroup var method: MethodOption

  @Flag(
    help: """
      Also write a self-contained HTML page: the figures, their numbers as tables, and at most 24 of the \
      clips with figures to play, with their attributions by model, method and target.
      """)
  var html = false

  @OptionGroup var precision: PrecisionOption
  @OptionGroup var threads: ThreadOption

  @Option(help: "The input to explain; attributions are projected onto the mel's grid.")
  var input = InputSpace.mel

  @Option(
    help: """
      The output to explain: predicted (each model's own emotion; where a model has none, the first dimension that all \
      have), label (with --data), or an emotion or dimension that all models have.
      """)
  var target = "predicted"

  @Option(
    help: ArgumentHelp(
      "With --data: the number of clips sampled of each emotion: 1 or more.", valueName: "count"))
  var clips = 10

  @Option(
    help: ArgumentHelp(
      "The seed of the sampled clips and of a method's random samples: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @OptionGroup var drawing: OverlaidFigureOption

  @Flag(help: "Print one JSON object.")
  var json = false

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/compare"

  func validate() throws {
    guard clips > 0 else { throw ValidationError("--clips must be at least 1") }
    guard files.isEmpty != (data == nil) else {
      throw ValidationError(
        data == nil ? "there is nothing to compare: name files or --data" : "--data and files exclude each other")
    }
    guard target != "label" || data != nil else { throw ValidationError("--target label needs --data") }
  }

  /// Clips of a manifest whose figures are plotted.
  private static let drawn = 12

  func run() throws {
    try Console.run {
      let drawing = try self.drawing.files()
      let comparers = try makeComparers()
      let models = comparers[0].models
      let target = try target(of: models)
      let clips = try readItems(for: models)
      for model in models where target == .label {
        for truth in Set(clips.compactMap(\.truth)) { _ = try model.index(of: truth.rawValue) }
      }
      let reports = comparers.map {
        ComparisonReport(
          $0, target: target.words, dimension: target.dimension(of: models), seed: seed,
          source: data ?? files.source)
      }
      let folder = try OutputFolder(output)
      var written = ComparisonFiles(reports, in: folder, figures: drawing, hasPage: html)
      let bar = ProgressBar("comparing", total: clips.count)
      let job = ComparisonJob(
        reports, items: clips, target: target, seed: seed, plottedDisagreements: data == nil ? nil : Self.drawn)
      Interruption.listen()
      let result = try job.run(
        in: folder.path, plotsAgain: html, status: Console.exitStatus, shouldStop: { Interruption.wasAsked },
        { tell($0, bar) }, plot: { try written.write($0) })
      ProgressBar.clear()
      try Console.endInterrupted(result.isFinished)
      if !result.summaries.isEmpty { try show(result, of: reports, written: written.write(result)) }
      result.warnings.forEach { Console.note("undertone: warning: \($0)") }
      try Console.end(result.failures, of: clips.count)
    }
  }

  private func tell(_ event: ComparisonJob.Event, _ bar: ProgressBar) {
    switch event {
    case .resumed(let clips): Console.note("undertone: resuming after \(clips) clips")
    case .progress(let done): bar.show(done)
    case .cut(let path, let seconds): noteCut(path, seconds: seconds)
    case .failed(let error): Console.report(error)
    }
  }

  private func show(
    _ result: ComparisonJob.Result, of reports: [ComparisonReport], written: (figures: [String], page: String?)
  ) throws {
    let found = Array(zip(reports, result.summaries))
    guard !json else {
      return try Console.print(
        try ComparisonReport.json(
          found, disagreements: result.disagreements, warnings: result.warnings, seconds: result.seconds,
          figures: written.figures))
    }
    if let page = written.page { try Console.print(page) }
    try Console.print(text(found, result.disagreements))
    if let words = result.seconds.words { try Console.print("Of the clips \(words).\n") }
    if !reports[0].comparer.models.contains(where: { $0.kind.hasAttention }) {
      try Console.print("None of the models has attention.\n")
    }
    let drawn = "\(written.figures.count) figure\(written.figures.count == 1 ? "" : "s")"
    try Console.print("\(output): \(drawn), agreement.csv, clips.csv")
  }

  /// A comparer for each method, all of the same models.
  private func makeComparers() throws -> [ModelComparer] {
    var folders: [String] = []
    for folder in models where !folders.contains(folder) { folders.append(folder) }
    let loaded = try zip(folders, distinctNames(of: folders)).map { folder, name in
      precision.applied(to: try .named(folder, as: name))
    }
    guard let first = loaded.first else { throw ValidationError("\(ComparisonError.oneModel)") }
    try precision.check(loaded)
    do {
      return try method.makeAll(for: first, seed: seed).map {
        try ModelComparer(loaded, method: $0, space: input)
      }
    } catch let error as ComparisonError {
      throw ValidationError("\(error)")
    }
  }

  /// The output that is explained. Models without classes have no predicted one: they are compared on a dimension that all
  /// models have.
  private func target(of models: [TrainedModel]) throws -> ComparisonJob.Target {
    switch target {
    case "predicted" where models.allSatisfy({ !$0.classes.isEmpty }): return .predicted
    case "predicted":
      guard
        let common = models[0].dimensions.first(where: { name in models.allSatisfy { $0.dimensions.contains(name) } })
      else {
        let outputs = models.map { "\($0.name) has \($0.outputs.joined(separator: ", "))" }
        throw ValidationError(
          "a model without emotions is compared on a dimension that all models have; \(outputs.joined(separator: "; "))"
        )
      }
      return .named(common)
    case "label":
      for model in models { try model.checkClasses(for: "--target label") }
      return .label
    default:
      for model in models { _ = try model.index(of: target) }
      return .named(target)
    }
  }

  /// The clips of each emotion; where a manifest has no emotions, of all clips.
  private func readItems(for models: [TrainedModel]) throws -> [ComparisonJob.Item] {
    guard let data else { return try files.paths().map { ComparisonJob.Item($0) } }
    let manifest = try readManifest(data)
    var generator = SeededGenerator(seed: seed)
    let groups = manifest.emotions.isEmpty ? [.none] : manifest.emotions
    return groups.flatMap { emotion in
      generator.shuffled(manifest.entries.filter { $0.emotion == emotion }).prefix(clips).map {
        ComparisonJob.Item(
          manifest.fullPath(of: $0), truth: emotion == .none ? nil : emotion, speaker: $0.speaker,
          trueValues: $0.values(of: models.flatMap(\.dimensions)))
      }
    }
  }

  private func text(
    _ found: [(report: ComparisonReport, summary: AgreementSummary)],
    _ disagreements: [ComparisonJob.Disagreement]
  ) -> String {
    let summary = found[0].summary
    var lines = summary.models.enumerated().map { "\($0.offset + 1) \($0.element)" }
    for (report, summary) in found {
      var table = Table(header: [report.method] + Agreement.Measure.allCases.map(\.shortWords))
      for (first, second) in AgreementSummary.pairs(summary.models.count) {
        let cells = Agreement.Measure.allCases.map { measure in
          summary.estimates[measure]![first][second].map {
            String(format: "%.2f", $0.mean) + ($0.halfWidth.map { String(format: " ± %.2f", $0) } ?? "")
          } ?? "–"
        }
        table.rows.append(["\(first + 1) and \(second + 1)"] + cells)
      }
      lines += ["", table.text]
    }
    lines.append("")
    if let difference = summary.meanDifference {
      lines.append(
        "The models' \(found[0].report.dimension ?? "value") differs by \(String(format: "%.2f", difference)) on "
          + "average; the largest differences first:")
    } else {
      lines.append(
        "The models predict different emotions on \(disagreements.count) of \(summary.clips) "
          + "clip\(summary.clips == 1 ? "" : "s")" + (disagreements.isEmpty ? "." : ":"))
    }
    for clip in disagreements.prefix(Self.drawn) {
      lines.append(
        "  \(URL(fileURLWithPath: clip.path).lastPathComponent): \(clip.predictions.joined(separator: ", "))")
    }
    if disagreements.count > Self.drawn {
      lines.append("  and \(disagreements.count - Self.drawn) more; clips.csv has all of them")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Agreement.Measure {
  /// For the head of a column.
  fileprivate var shortWords: String {
    switch self {
    case .spearman: "rank corr."
    case .cosine: "cosine"
    case .overlap: "top tenth"
    case .similarity: "structure"
    }
  }
}
