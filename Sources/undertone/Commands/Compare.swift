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
    abstract: "Shows side by side what models heard in the same clips, and how far they agree.",
    usage: "undertone compare --model <folder> ... [<files> ...] [<options>]",
    discussion: """
      Explains each clip with each model by one method and lays the attributions on one grid of seconds × Hz. Writes, \
      for each file (or for a manifest's clips on which the models predict different emotions, at most twelve), a \
      figure of all models with their differences from the first, and for models with attention what each of its heads \
      takes from which channels, time and band. For all clips: the agreement of each two models as a matrix with \
      intervals (agreement.png, agreement.csv), and each clip's predictions (clips.csv).

      Examples:
        undertone compare --model built-in --model output/train/fcmfcc clip.wav
        undertone compare --model a --model b --model c --data validation.csv --clips 20
        undertone compare --model a --model b clips/*.wav --method integrated-gradients --target angry
        undertone compare --model a --model b clip.wav --method saliency,deeplift --html
      """)

  @Argument(help: "Audio files.")
  var files: [String] = []

  @Option(help: ArgumentHelp("A manifest, instead of files.", valueName: "file"))
  var data: String?

  @Option(
    name: .customLong("model"), help: ArgumentHelp("A model folder, or built-in; at least two.", valueName: "folder"))
  var models: [String] = []

  @OptionGroup var method: MethodOption

  @OptionGroup var page: PageOption

  @Option(help: "Where to explain; what is found is laid on the mel's grid.")
  var input = InputSpace.mel

  @Option(
    help: "What to explain: predicted (by each model itself), label (with --data), or an emotion that all models have.")
  var target = "predicted"

  @Option(help: "With --data: clips an emotion.")
  var clips = 10

  @Option(help: "What a manifest's clips are drawn by, and what a method draws.")
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
        data == nil ? "there is nothing to compare: name files or --data" : "--data is instead of files")
    }
    guard target != "label" || data != nil else { throw ValidationError("--target label needs --data") }
  }

  /// A clip to compare.
  private struct Clip {
    let path: String
    let truth: Emotion?
  }

  /// Clips of a manifest whose figures are drawn.
  private static let drawn = 12

  func run() throws {
    try Console.run {
      let drawing = try self.drawing.files()
      let comparers = try makeComparers()
      let models = comparers[0].models
      let clips = try readClips()
      for model in models where target != "predicted" {
        if target == "label" {
          for truth in Set(clips.compactMap(\.truth)) { _ = try model.index(of: truth.rawValue) }
        } else {
          _ = try model.index(of: target)
        }
      }
      let words = target == "predicted" ? "each model's prediction" : target == "label" ? "the true emotion" : target
      let reports = comparers.map {
        ComparisonReport($0, target: words, seed: seed, source: data ?? files.joined(separator: "; "))
      }
      var folder = try OutputFolder(output)
      var page = page.html ? ComparisonPage(reports, overlay: drawing.overlay) : nil
      let bar = ProgressBar("comparing", total: clips.count)
      let pairs = AgreementSummary.pairs(models.count)
      /// By method, clip and pair.
      var agreements = reports.map { _ in [[Agreement]]() }
      var rows = [reports[0].clipHeader]
      var disagreements: [(path: String, predictions: [String])] = []
      var figures: [String] = []
      var failures: [any Error] = []
      for (index, clip) in clips.enumerated() {
        bar.show(index)
        do {
          let samples = try readClip(clip.path, for: models[0])
          let truth = clip.truth?.rawValue
          let compared = try comparers.map { comparer in
            try comparer.compare(samples, path: clip.path) { model in
              switch target {
              case "predicted": nil
              case "label": model.classes.firstIndex(of: truth!)
              default: model.classes.firstIndex(of: target)
              }
            }
          }
          for (number, found) in compared.enumerated() {
            agreements[number].append(pairs.map { found.agreement($0.0, $0.1) })
            rows.append(reports[number].row(found, truth: truth, agreements: agreements[number].last!))
          }
          // Each method has the same predictions.
          let (areOneMind, predictions) = (compared[0].areOneMind, compared[0].predictions)
          if !areOneMind { disagreements.append((clip.path, predictions)) }
          guard data == nil || (!areOneMind && disagreements.count <= Self.drawn) else { continue }
          let stem = folder.stem(for: clip.path)
          var drawn: [any Figure] = []
          for (report, found) in zip(reports, compared) {
            let figure = report.figure(found, truth: truth)
            figures += try drawing.write(
              figure, to: folder, as: stem + suffix(report, of: reports), provenance: report.provenance(clip.path))
            drawn.append(figure)
          }
          for model in models {
            guard let figure = reports[0].attentionFigure(samples, path: clip.path, of: model) else { continue }
            figures += try drawing.write(
              figure, to: folder, as: "\(stem).attention-\(model.name.replacing("/", with: "-"))",
              provenance: reports[0].provenance(clip.path))
            drawn.append(figure)
          }
          try page?.add(compared, samples: samples, figures: drawn, truth: truth)
        } catch let error as ExplanationError where error.isOfTheMethod {
          throw error
        } catch {
          Console.report(error)
          failures.append(error)
        }
      }
      ProgressBar.clear()
      if !agreements[0].isEmpty {
        let summaries = agreements.map { found in
          AgreementSummary(
            models: models.map(\.name), clips: found, disagreements: disagreements.count, seed: seed)
        }
        for (report, summary) in zip(reports, summaries) {
          figures += try drawing.write(
            report.figure(summary), to: folder, as: "agreement" + suffix(report, of: reports),
            provenance: report.provenance())
        }
        let table = ComparisonReport.rows(Array(zip(reports, summaries)))
        try folder.write(CSV.text(of: table), to: "agreement.csv")
        try folder.write(CSV.text(of: rows), to: "clips.csv")
        try page?.finish(summaries, clipRows: rows)
        if let page { try folder.write(page.page, as: "compare", isQuiet: json) }
        if json {
          try Console.print(
            try ComparisonReport.json(
              Array(zip(reports, summaries)), disagreements: disagreements, figures: figures))
        } else {
          try Console.print(text(Array(zip(reports, summaries)), disagreements))
          if !models.contains(where: \.hasChannelAttention) {
            try Console.print("None of the models has attention.\n")
          }
          let drawn = "\(figures.count) figure\(figures.count == 1 ? "" : "s")"
          try Console.print("\(folder.path): \(drawn), agreement.csv, clips.csv")
        }
      }
      try Console.end(failures, of: clips.count)
    }
  }

  /// What tells a method's files apart, where there are several.
  private func suffix(_ report: ComparisonReport, of reports: [ComparisonReport]) -> String {
    reports.count > 1 ? ".\(report.method)" : ""
  }

  /// By method, of the same models.
  private func makeComparers() throws -> [ModelComparer] {
    var folders: [String] = []
    for folder in models where !folders.contains(folder) { folders.append(folder) }
    let loaded = try zip(folders, distinctNames(of: folders)).map { folder, name in
      try folder == "built-in" ? TrainedModel.builtIn() : TrainedModel(folder: folder, name: name)
    }
    guard let first = loaded.first else { throw ValidationError("\(ComparisonError.oneModel)") }
    do {
      return try method.makeAll(for: first, seed: seed).map {
        try ModelComparer(loaded, method: $0, space: input)
      }
    } catch let error as ComparisonError {
      throw ValidationError("\(error)")
    }
  }

  private func readClips() throws -> [Clip] {
    guard let data else { return files.map { Clip(path: $0, truth: nil) } }
    let manifest = try readManifest(data)
    var generator = SeededGenerator(seed: seed)
    return Emotion.allCases.flatMap { emotion in
      generator.shuffled(manifest.entries.filter { $0.emotion == emotion }).prefix(clips).map {
        Clip(path: manifest.fullPath(of: $0), truth: emotion)
      }
    }
  }

  private func text(
    _ found: [(report: ComparisonReport, summary: AgreementSummary)],
    _ disagreements: [(path: String, predictions: [String])]
  ) -> String {
    let summary = found[0].summary
    var lines = summary.models.enumerated().map { "\($0.offset + 1) \($0.element)" }
    for (report, summary) in found {
      var table = Table(header: [report.method] + Agreement.Measure.allCases.map(\.shortWords))
      for (first, second) in AgreementSummary.pairs(summary.models.count) {
        let cells = Agreement.Measure.allCases.map { measure in
          summary.estimates[measure]![first][second].map {
            String(format: "%.2f", $0.mean) + ($0.clips > 1 ? String(format: " ± %.2f", $0.halfWidth) : "")
          } ?? "–"
        }
        table.rows.append(["\(first + 1) and \(second + 1)"] + cells)
      }
      lines += ["", table.text]
    }
    lines.append("")
    lines.append(
      "The models predict different emotions on \(disagreements.count) of \(summary.clips) "
        + "clip\(summary.clips == 1 ? "" : "s")" + (disagreements.isEmpty ? "." : ":"))
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
