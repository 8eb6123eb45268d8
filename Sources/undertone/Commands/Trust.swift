import ArgumentParser
import Attributions
import Basics
import Corpora
import Figures
import Foundation
import Models
import Reports

struct Trust: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures the faithfulness of attribution methods, against loudness and chance.",
    usage: "undertone trust --data <file> [<options>]",
    discussion: """
      Explains the predicted emotion of clips of a manifest with each method and measures the attributions: whether \
      they find what the score depends on, whether they depend on what the model learned, how stable and how \
      concentrated they are. Removed cells are set to silence; --replacement mean uses the time average, which is \
      fairer to quiet cells. The same table has two controls, loudness and random numbers: a method that does no \
      better than loudness has not shown that it depends on the model, and the output names it. Better means a \
      higher insertion minus deletion on the same clips, with an interval above zero that holds with 95 % for all \
      comparisons together (Bonferroni). Intervals resample speakers where the manifest names them, else clips. \
      Methods are not ranked on fewer than \(Estimate.leastClips) clips or \(Estimate.leastSpeakers) speakers, or where the \
      model predicts no better than chance.

      Of a dimension, such as arousal, deletion and insertion follow the change of its value instead of a probability: \
      its distance from the value of the clip with all cells removed.

      On a corpus with a planted cue (`undertone corpus synthesize --plant angry`) half of the clips are sampled \
      from those with the cue, and the table also has the share of the attribution inside the cue and the pointing \
      game.

      Writes trust.csv (means and intervals), clips.csv (every clip), trust.json and a figure.

      Examples:
        undertone trust --data validation.csv
        undertone trust --data clips.csv --model output/train/fcmfcc --method saliency
        undertone trust --data validation.csv --input mfcc --clips 50 --format pdf
        undertone trust --data validation.csv --html
        undertone trust --data validation.csv --model output/train/cnnatt --target arousal
      """)

  @OptionGroup var model: ModelOption

  @Option(help: .manifest())
  var data: String

  @OptionGroup var examined: ExaminedMethodsOption

  @Option(
    help: "The output to explain: predicted (of a model without emotions its first dimension), or one by its name.")
  var target = "predicted"

  @Option(
    help: "The values that replace removed cells: silence (the clip's own), or mean (of the cell's row over time).")
  var replacement = RemovalFilling.silence

  @Option(help: ArgumentHelp("The number of clips sampled: 1 or more.", valueName: "count"))
  var clips = 24

  @OptionGroup var drawing: FigureOption

  @Flag(help: "Also write a self-contained HTML page: the figure, with its numbers as tables.")
  var html = false

  @OptionGroup var threads: ThreadOption

  @Flag(help: "Print one JSON object.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "The seed of the sampled clips, the noise and the random weights: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/trust"

  func validate() throws {
    guard clips > 0 else { throw ValidationError("--clips must be at least 1") }
  }

  func run() throws {
    try Console.run {
      let drawing = try self.drawing.files()
      let methods = try examined.methods(seed: seed)
      let model = try self.model.load()
      let target = target == "predicted" ? nil : try model.index(of: target)
      let manifest = try readManifest(data)
      let folder = try OutputFolder(output)
      var settings = TrustSettings()
      (settings.seed, settings.filling) = (seed, replacement)
      var job = TrustJob(
        TrustExaminer(
          model: model, methods: methods, space: try inputSpace(examined.input, of: model), settings: settings,
          target: target),
        manifest: manifest, path: data, clips: clips)
      let bar = ProgressBar("examining", total: job.count)
      Interruption.listen()
      let result = try job.run(
        in: folder.path, status: Console.exitStatus, shouldStop: { Interruption.wasAsked }, { tell($0, bar) })
      ProgressBar.clear()
      try Console.endInterrupted(result.isFinished)
      if let report = result.report {
        let files = try report.write(to: folder, figures: drawing, hasPage: html)
        try Console.print(json ? files.json : text(report))
        if !json { try Console.print(files.paths.joined(separator: "\n")) }
      }
      try Console.end(result.failures, of: result.tried)
    }
  }

  private func tell(_ event: TrustJob.Event, _ bar: ProgressBar) {
    switch event {
    case .resumed(let clips): Console.note("undertone: resuming after \(clips) clips")
    case .leftOut(let error): Console.note("undertone: left out: \(error)")
    case .progress(let done, let share, let method): bar.show(done, of: share, note: method)
    case .cut(let path, let seconds): noteCut(path, seconds: seconds)
    case .failed(let error): Console.report(error)
    }
  }

  // MARK: Text

  private func text(_ report: TrustReport) -> String {
    let summary = report.summary
    let groups: [[TrustMeasure]] = [
      [.deletion, .insertion, .infidelity, .redrawn, .otherClass],
      [.sensitivity, .gini, .entropy, .silence, .loudness], [.inCue, .pointing],
    ]
    var parts = [
      "\(summary.clips) clip\(summary.clips == 1 ? "" : "s"), \(report.space.rawValue), \(report.targetWords); "
        + (Estimate.noInterval(clips: summary.clips, speakers: summary.speakers).map { "mean; \($0)\n" }
          ?? "mean ± half of the 95 % interval\n")
        + "removed cells are replaced by \(replacement == .silence ? "silence" : "the mean over time")"
        + (report.dimension.map { "\nchange of \($0): its distance from the value without any cell" } ?? "")
    ]
    for group in groups {
      let measures = group.filter(summary.measures.contains)
      guard !measures.isEmpty else { continue }
      var table = Table(header: ["method"] + measures.map { $0.title + $0.arrow })
      for method in summary.methods {
        table.rows.append([method.name] + measures.map { method.estimates[$0]?.cell ?? "–" })
      }
      if let area = measures.contains(.inCue) ? summary.cueArea : nil {
        table.rows.append(["by chance"] + measures.map { _ in String(format: "%.3f", area) })
      }
      parts.append(table.text)
      parts.append(measures.map { "\($0.title): \($0.summary(of: report.dimension))" }.joined(separator: "\n"))
    }
    parts += agreement(summary)
    if summary.noRanking == nil { parts.append(wrapped(summary.criterion)) }
    parts.append(summary.verdicts.map { wrapped($0) }.joined(separator: "\n"))
    if let remark = summary.cueRemark { parts.append(wrapped(remark)) }
    parts += report.warnings.map { wrapped("Warning: \($0)") }
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// How alike the methods' rankings are, in hundredths; as many columns as 80 characters hold.
  private func agreement(_ summary: TrustSummary) -> [String] {
    let names = summary.methods.enumerated().map { "\($0.offset + 1) \($0.element.name)" }
    let room = (80 - names.map(\.count).max()!) / 5
    return stride(from: 0, to: names.count, by: room).map { first in
      let columns = first..<min(names.count, first + room)
      var table = Table(header: ["agreement"] + columns.map { String($0 + 1) })
      for (row, name) in names.enumerated() {
        table.rows.append(
          [name]
            + columns.map { column in
              if row == column { return "·" }
              let value = row < column ? summary.correlation[row][column] : summary.overlap[row][column]
              return value.map { String(Int(($0 * 100).rounded())) } ?? "–"
            })
      }
      return table.text
    } + ["agreement: rank correlation above the dots, shared top tenth below, times 100"]
  }
}

extension RemovalFilling: ExpressibleByArgument {}

extension TrustMeasure {
  /// To where a good attribution lies.
  fileprivate var arrow: String {
    switch better {
    case .lower: "↓"
    case .higher: "↑"
    case .neither: ""
    }
  }
}
