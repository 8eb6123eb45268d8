import ArgumentParser
import Basics
import Corpora
import Reports
import Training

struct Runs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the trainings below folders, and compares what they came to.",
    usage: "undertone runs <folders> ... [<options>]",
    discussion: """
      Lists each model that `train` wrote, in the folders and below them, with its best epoch, its scores on the \
      validation clips and its time; all models of a `train --folds` are one, with the mean and the standard deviation of \
      their tests. --table prints Table 4 of the report, with means and standard deviations where runs differ only in \
      their seed; `undertone curves` draws its Figure 11. --against compares cross-validations of the same clips: what a \
      change of the recipe or of the split brings.

      Examples:
        undertone runs output/train
        undertone runs output/train --sort time --csv runs.csv
        undertone runs output/train --table latex
        undertone runs output/train old/runs --json
        undertone runs output/folds --against output/folds/plain
      """)

  @Argument(help: "Folders with models that `train` wrote in them or below them.")
  var folders: [String]

  @Option(
    help: """
      The order: the best accuracy, macro-f1 or uar (of tests) first, or the least loss, epochs, time, or by name.
      """)
  var sort = RunOrder.accuracy

  @Option(help: ArgumentHelp("Also write the list to this CSV file. (default: none)", valueName: "file"))
  var csv: String?

  @Option(
    help: ArgumentHelp(
      "Print a table for a paper instead: markdown, latex or csv. (default: none)", valueName: "format"))
  var table: RunsTable.Format?

  @Option(
    help: ArgumentHelp(
      """
      Also print the UAR of all clips of each cross-validation (with several seeds the mean, and that of the mean of their \
      probabilities), and how far it is above that of this one, with 95 % intervals by speaker. (default: none)
      """, valueName: "folder"))
  var against: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if table != nil, json { throw ValidationError("--table and --json exclude each other") }
    if table != nil, against != nil { throw ValidationError("--table and --against exclude each other") }
  }

  func run() throws {
    try Console.run {
      var runs: [ListedRun] = []
      var failures: [any Error] = []
      for folder in folders {
        do {
          let found = try ListedRun.found(below: folder)
          runs += found.runs.filter { run in !runs.contains { $0.folder == run.folder } }
          failures += found.failures
        } catch {
          failures.append(error)
        }
      }
      failures.forEach(Console.report)
      let list = try RunsList(sort.sorted(runs), against: against)
      if let csv, !runs.isEmpty { try writeWhole(CSV.text(of: list.csv), to: csv) }
      if let table {
        let paper = RunsTable(list.runs)
        for folder in paper.leftOut { Console.note("undertone: \(folder) has no scores, and is left out") }
        if !paper.isEmpty { try Console.print(paper.text(table)) }
      } else if !runs.isEmpty {
        try Console.print(json ? list.line : text(list))
      }
      try Console.end(failures, of: runs.count + failures.count, "trainings")
    }
  }

  /// Two lines a training: what it came to, and under it what it was.
  private func text(_ list: RunsList) -> String {
    func number(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "–" }
    var table = Table(header: ["run", "best epoch", "accuracy", "macro F1", "test UAR", "time"])
    for (run, name) in zip(list.runs, list.names) {
      let epochs = run.models.count > 1 ? "\(run.models.count) models" : run.bestEpoch.map { "\($0)" } ?? "–"
      table.rows.append([
        name.count > 20 ? "…\(name.suffix(19))" : name, run.models.count > 1 ? epochs : "\(epochs) of \(run.epochs)",
        number(run.accuracy), number(run.macroF1),
        run.test.map { "\(number($0.mean.averageRecall)) ± \(number($0.deviation.averageRecall))" } ?? "",
        ProgressBar.time(run.seconds),
      ])
    }
    let lines = table.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let words = zip(list.runs, list.recalls).map { run, recall in
      let seeds = run.seeds.map(String.init).joined(separator: ", ")
      let facts = [
        run.architecture, run.recipe, seeds.isEmpty ? nil : "seed \(seeds)", run.trainingClips.map { "\($0) clips" },
      ]
      return ([facts.compactMap(\.self).joined(separator: ", ")] + (recall.map { [$0.words] } ?? []))
        .map { wrapped($0, first: "  ", indentation: "    ") }.joined(separator: "\n")
    }
    return ([lines[0]] + zip(lines.dropFirst(), words).flatMap { [$0, $1] }).joined(separator: "\n")
  }
}

extension RunOrder: ExpressibleByArgument {}
extension RunsTable.Format: ExpressibleByArgument {}
