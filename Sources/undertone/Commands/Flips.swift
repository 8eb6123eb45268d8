import ArgumentParser
import Attributions
import AudioFeatures
import Basics
import Corpora
import Foundation
import Models
import Reports

struct Flips: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Which changes of the voice make a model say which emotion instead of which.",
    usage: "undertone flips --data <file> [<options>]",
    discussion: """
      For a sample of the clips the search of `undertone counterfactual`, to each other emotion: the share of clips with \
      an edit that does it, its mean size in just-noticeable steps, and what it changes, from each emotion that the \
      model predicts to each other. The mean steps towards an emotion stand beside what listeners are known to hear of \
      anger, fear, happiness and sadness (Juslin and Laukka 2003): holds, does not hold, no effect, or \
      undecided, as with fewer than \(Estimate.leastClips) clips or \(Estimate.leastSpeakers) speakers. 20 random edits as large as each say what chance does. A run that is stopped resumes.

      Writes flips.png, flips.steps.png (the mean steps towards each emotion) and flips.csv (a row for each clip and \
      emotion).

      Examples:
        undertone flips --data validation.csv
        undertone flips --data validation.csv --clips 24 --to happy,sadness --json
        undertone flips --data validation.csv --edits pitch,range,tempo,tilt --most 2
      """)

  @OptionGroup var model: ModelOption

  @Option(
    help: ArgumentHelp(
      "The emotions the model is to say, separated by commas. (default: each)", valueName: "emotions"))
  var to: String?

  @Option(help: ArgumentHelp("The number of clips sampled of each emotion, at most: 1 or more.", valueName: "count"))
  var clips = 10

  @OptionGroup var searched: SearchOptions

  @Option(
    help: ArgumentHelp(
      "The seed of sampled clips, noise, breath, rooms, roughness and random edits: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @OptionGroup var options: MeasurementOptions

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/flips"

  func validate() throws {
    guard clips > 0 else { throw ValidationError("--clips must be at least 1") }
  }

  func run() throws {
    try Console.run {
      Interruption.listen()
      let drawing = try options.drawing.files()  // what is wrong with them is said before the work
      let search = try searched.search()
      let data = options.data
      let model = try self.model.load()
      guard !model.classes.isEmpty else { throw EditError.noClasses(model: model.name) }
      let targets = try to.map(model.classIndices) ?? Array(model.classes.indices)
      let manifest = try readManifest(data)
      let entries = manifest.sampled(clips, seed: seed)
      let folder = try OutputFolder(output)
      let job = ClipJob<ClipFlips>(entries, of: manifest, sampleRate: model.configuration.frontEnd.sampleRate)
      let bar = ProgressBar("searching", total: entries.count)
      var done = 0
      let result = try job.run(
        in: folder.path,
        asked: model.asked(source: data, manifest: manifest) + ["flips, \(search), to \(targets), seed \(seed)"],
        status: Console.exitStatus, shouldStop: { Interruption.wasAsked },
        isPossible: { $0.isPossible(classes: model.classes.count) },
        { event in
          if case .progress(let count) = event { done = count }
          tell(event, bar)
        }
      ) { _, path, clip in
        let edited = try EditedClip(clip.samples, path: path, model: model, seed: seed)
        return try ClipFlips(edited, to: targets, search: search, seed: seed) { bar.show(done, of: $0) }
      }
      ProgressBar.clear()
      try Console.endInterrupted(result.isFinished)
      if !result.rows.isEmpty {
        let report = FlipsReport(
          result.rows.map { ($0.entry, $0.row) }, of: model, kinds: search.kinds, data: data, seed: seed)
        if report.pairs.isEmpty { throw ValidationError("all clips are predicted what --to asks for") }
        if !report.ofTargets.isEmpty {
          _ = try drawing.write(report.stepsFigure, to: folder, as: "flips.steps", provenance: report.provenance)
        }
        try options.write(report, text: text(report), to: folder, named: "flips")
      }
      result.finish()
      try Console.end(result.failures, of: entries.count)
    }
  }

  private func text(_ report: FlipsReport) -> String {
    let names = report.model.classes
    var matrix = Table(header: ["from \\ to"] + names)
    for from in names.indices where report.pairs.contains(where: { $0.from == from }) {
      matrix.rows.append(
        [names[from]]
          + names.indices.map { to in
            guard let pair = report.pairs.first(where: { $0.from == from && $0.to == to }) else { return "·" }
            let share = "\(Int((100 * pair.found.mean).rounded()))%"
            return pair.size.map { share + String(format: " %.1f", $0.mean) } ?? share
          })
    }
    var parts = [
      wrapped(
        "\(report.clips) clip\(report.clips == 1 ? "" : "s"): share with an edit that does it, and its mean size in "
          + "just-noticeable steps"), matrix.text,
    ]
    if let random = report.random {
      parts.append(
        wrapped(
          String(
            format: "Of random edits as large, the model says the same of %.0f %% (each edit that was found: 100 %%).",
            100 * random.mean)))
    }
    var steps = Table(header: ["to say"] + report.kinds.map(\.brief))
    for target in report.ofTargets {
      steps.rows.append(
        [names[target.emotion]]
          + report.kinds.map { kind in
            target.steps[kind].map { own in
              let isSure = own.isBesideZero && abs(own.mean) >= KnownDirection.leastSteps
              return String(format: "%+.1f", own.mean).replacing("-", with: "−") + (isSure ? "*" : " ")
            } ?? "–"
          })
    }
    if !steps.rows.isEmpty {
      parts.append("mean steps of each kind (* the 95 % interval lies beside 0)\n\(steps.text)")
    }
    if !report.known.isEmpty {
      let rows = report.known.map {
        KnownRow(
          words: "\($0.emotion): \($0.kind.title)", direction: $0.direction, effect: $0.steps, verdict: $0.verdict)
      }
      parts.append(knownTable(rows, effect: "steps", digits: 2))
    }
    return parts.joined(separator: "\n\n") + "\n"
  }
}
