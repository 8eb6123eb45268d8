import ArgumentParser
import Figures
import Foundation
import Reports

struct Curves: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Plots the training curves of models and prints their best results.",
    usage: "undertone curves <folders> ... [<options>]",
    discussion: """
      Reads config.json and history.csv of each folder that `train` wrote, also during the training. Runs that differ \
      only in their seed form a group: they share a colour and a summary.

      Examples:
        undertone curves output/train/cnnatt
        undertone curves runs/cnnatt-seed-* runs/fcmfcc-seed-* --format png,pdf
        undertone curves runs/* --json
      """)

  @Argument(help: "Model folders that `train` wrote.")
  var folders: [String]

  @OptionGroup var drawing: FigureOption

  @Option(help: ArgumentHelp("The folder for the figure.", valueName: "folder"))
  var output = "output/curves"

  @Flag(help: "Also write a self-contained HTML page: the curves, with their numbers as tables.")
  var html = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    try Console.run {
      let drawing = try self.drawing.files()
      var places: Set<String> = []
      for folder in folders where !places.insert(URL(fileURLWithPath: folder).standardized.path).inserted {
        throw ValidationError("\(folder) is named twice")
      }
      var runs: [FinishedRun] = []
      var failures: [any Error] = []
      for folder in folders {
        do {
          runs.append(try FinishedRun(folder: folder))
        } catch {
          Console.report(error)
          failures.append(error)
        }
      }
      if !runs.isEmpty {
        let report = RunsReport(runs)
        let folder = try OutputFolder(output)
        let figures = try drawing.write(report.figure, to: folder, as: "curves", provenance: report.provenance)
        try Console.print(json ? report.json(figures: figures) : text(report))
        if !json { try Console.print(figures.joined(separator: "\n")) }
        if html { try folder.write(report.page, as: "curves", isQuiet: json) }
      }
      try Console.end(failures, of: folders.count, "folders")
    }
  }

  /// A row a run at its best epoch; below it the groups of several runs, and all.
  private func text(_ report: RunsReport) -> String {
    var table = Table(header: ["run", "epochs", "best", "loss", "accuracy", "macro F1"])
    for (run, curves) in zip(report.runs, report.figure.runs) {
      table.rows.append(
        [shortened(curves.name), "\(run.history.count)"] + run.bestCells { String(format: "%.3f", $0) })
    }
    guard report.runs.count > 1 else { return table.text + "\n" }
    var means = Table(header: ["mean (range)", "runs", "best epoch", "accuracy", "macro F1"])
    let groups = report.figure.groups
    for group in groups.filter({ $0.runs > 1 && $0.runs < report.runs.count }) + [report.figure.summary] {
      means.rows.append(
        [shortened(group.name), "\(group.runs)", group.bestEpoch?.text(digits: 0) ?? "–"]
          + [group.accuracy, group.macroF1].map { $0?.text(digits: 3) ?? "–" })
    }
    return table.text + "\n\n" + means.text + "\n"
  }

  /// A name of at most 20 characters, its end kept, where seeds stand.
  private func shortened(_ name: String) -> String { name.count > 20 ? "…\(name.suffix(19))" : name }
}
