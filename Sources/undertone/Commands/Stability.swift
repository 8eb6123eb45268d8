import ArgumentParser
import Attributions
import Basics
import Corpora
import Foundation
import Models
import Reports

struct Stability: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Whether predictions and explanations stay through noise, rooms and codecs.",
    usage: "undertone stability --data <file> [<options>]",
    discussion: """
      Clips of a manifest go through each of these:

      \(Disturbance.allCases.map { "  \($0.rawValue.padding(toLength: 11, withPad: " ", startingAt: 0))\($0.summary)" }.joined(separator: "\n"))

      The table has the share of clips whose predicted emotion stays, and of each method Spearman's rank correlation of \
      the attribution to the emotion predicted of the clip as it is, before and after; then the same of the clips whose \
      prediction stays. Sizes are compared, cell by cell; a disturbed clip is cut where the clip itself is, and padding \
      is left out. Beside them stands the correlation with another clip that is predicted the same, which is what any \
      two explanations have in common, and two controls, loudness and random numbers.

      An explanation holds where its mean correlation is at least \(StabilitySummary.leastCorrelation) and, clip by clip, above that with another clip, \
      by whole intervals that hold with 95 % for all comparisons together (Bonferroni). All are of the frames that \
      both clips have. Where it holds, and is not shown to stay more than loudness does, that is said. Intervals resample \
      speakers where the manifest names them, else clips. There is no verdict on fewer than \(Estimate.leastClips) clips or \(Estimate.leastSpeakers) speakers. \
      A run that is stopped resumes.

      Writes stability.png and stability.csv (a row for each clip, disturbance and method, with the share of the top \
      tenth of the cells in common).

      Examples:
        undertone stability --data validation.csv
        undertone stability --data validation.csv --method saliency,lrp --clips 24 --json
      """)

  @OptionGroup var model: ModelOption

  @OptionGroup var methods: MethodOption

  @Option(help: "The input to explain. (default: mel; of a model that reads the waveform only, spectrogram)")
  var input: InputSpace?

  @Option(help: ArgumentHelp("The number of clips sampled of each emotion, at most: 1 or more.", valueName: "count"))
  var clips = 8

  @Option(
    help: ArgumentHelp(
      "The seed of sampled clips, noise, rooms, methods and the random control: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @OptionGroup var options: MeasurementOptions

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/stability"

  func validate() throws {
    guard clips > 0 else { throw ValidationError("--clips must be at least 1") }
  }

  func run() throws {
    try Console.run {
      Interruption.listen()
      _ = try options.drawing.files()  // what is wrong with them is said before the work
      let model = try self.model.load()
      let methods = try self.methods.makeExamined(for: model, seed: seed)
      try model.checkClasses(for: "stability")
      let manifest = try readManifest(options.data)
      let entries = manifest.sampled(clips, seed: seed)
      var examiner = StabilityExaminer(
        model: model, methods: methods, space: try inputSpace(input, of: model), seed: seed)
      examiner.leaveOutInapplicable().forEach { Console.note("undertone: left out: \($0)") }
      guard examiner.examinedCount > 0 else { throw TrustJobError.noMethod }
      let folder = try OutputFolder(output)
      let job = ClipJob<ClipStability>(entries, of: manifest, sampleRate: model.configuration.frontEnd.sampleRate)
      let alike = AlikeClips(entries.map(manifest.fullPath), model: model)
      let bar = ProgressBar("disturbing", total: entries.count)
      var done = 0
      let result = try job.run(
        in: folder.path,
        asked: model.asked(source: options.data, manifest: manifest) + examiner.methods.map(\.nameWithParameters)
          + ["stability, \(examiner.space.rawValue), seed \(seed)"],
        status: Console.exitStatus, shouldStop: { Interruption.wasAsked },
        isPossible: { $0.isPossible(by: examiner) },
        { event in
          if case .progress(let count) = event { done = count }
          tell(event, bar)
        }
      ) { _, path, clip in
        try examiner.examine(clip, path: path) {
          alike.another(than: path, predicted: $0)
        } progress: {
          bar.show(done, of: $0, note: $1)
        }
      }
      ProgressBar.clear()
      try Console.endInterrupted(result.isFinished)
      if !result.rows.isEmpty {
        let report = StabilityReport(result.rows.map { ($0.entry, $0.row) }, by: examiner, data: options.data)
        try options.write(report, text: text(report), to: folder, named: "stability")
      }
      result.finish()
      try Console.end(result.failures, of: entries.count)
    }
  }

  // MARK: Text

  private func text(_ report: StabilityReport) -> String {
    let summary = report.summary
    let interval =
      Estimate.noInterval(clips: summary.clips, speakers: summary.speakers).map { "mean; \($0)" }
      ?? "mean ± half of the 95 % interval"
    var predictions = Table(header: ["through", "prediction stays", "change of its probability"])
    for (disturbance, found) in zip(Disturbance.allCases, summary.predictions) {
      predictions.rows.append([
        disturbance.title, found.stays.cell, (found.change.mean < 0 ? "" : "+") + found.change.cell,
      ])
    }
    let clips = "\(summary.clips) clip\(summary.clips == 1 ? "" : "s")"
    var parts = [
      wrapped("\(clips), \(report.space.rawValue), the predicted emotion; \(interval)"),
      predictions.text,
      wrapped("rank correlation of explanations before and after; another: with another clip predicted the same"),
    ]
    parts += tables(summary) { $0.all }
    if summary.predictions.contains(where: { $0.stays.mean < 1 }) {
      parts.append("of the clips whose prediction stays")
      parts += tables(summary) { $0.held }
    }
    if summary.noVerdict == nil { parts.append(wrapped(summary.criterion)) }
    parts.append(summary.verdicts.map { wrapped($0) }.joined(separator: "\n"))
    parts += report.warnings.map { wrapped("Warning: \($0)") }
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// Correlations by method and disturbance, with those of another clip last; as many columns as 80 characters hold.
  private func tables(
    _ summary: StabilitySummary, _ similarity: (StabilitySummary.OfDisturbance) -> StabilitySummary.Similarity?
  ) -> [String] {
    let header = Disturbance.allCases.map(\.brief) + ["another"]
    let rows = summary.methods.map { method in
      (method.disturbed.map(similarity) + [method.another]).map { $0?.correlation.cell ?? "–" }
    }
    let room = (80 - summary.methods.map(\.name.count).max()!) / 11
    return stride(from: 0, to: header.count, by: room).map { first in
      let columns = first..<min(header.count, first + room)
      var table = Table(header: ["method"] + header[columns])
      table.rows = zip(summary.methods, rows).map { [$0.name] + $1[columns] }
      return table.text
    }
  }
}

extension Disturbance {
  /// The title over a column.
  fileprivate var brief: String {
    switch self {
    case .noise20: "noise 20"
    case .noise10: "noise 10"
    case .room300: "room 0.3"
    case .room800: "room 0.8"
    case .opus: "Opus"
    case .mp3: "MP3"
    case .telephone: "phone"
    case .narrowband: "8 kHz"
    case .gain: "−12 dB"
    }
  }
}
