import ArgumentParser
import Attributions
import AudioFeatures
import Basics
import Corpora
import Foundation
import Models
import Reports

struct ResponseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "response",
    abstract: "What a model says of clips as their voice is changed: response curves.",
    usage: "undertone response (<files> ... | --data <file>) [<options>]",
    discussion: """
      Each clip is made again at other pitches, tempos and so on, in steps that listeners just notice, and the model is \
      asked about each. The table has derivatives: by how much a probability, or the value of a dimension, rises a step, \
      by the steps to both sides; of breath, roughness, rooms and noise by the first. They stand beside what listeners are known to hear of anger, fear, happiness and sadness (Juslin and Laukka 2003): \
      holds, does not hold, no effect, or undecided, as with fewer than \(Estimate.leastClips) clips or \(Estimate.leastSpeakers) speakers. \
      Of many clips there are means with 95 % intervals by speaker, for all, by emotion, and by sex where the manifest \
      names it. A run that is stopped resumes.

      Where the voice is put together anew, the clip changed and changed back is a curve too (dashed): how far it is from \
      flat is the resynthesis's own doing; at 0 is the clip itself, which is not put together anew. `undertone edit --help` has what the edits are.

      Writes response.png, response.csv (all curves), and with --groups a figure for each emotion and sex.

      Examples:
        undertone response clip.wav
        undertone response clip.wav --edits pitch,tempo --json
        undertone response --data validation.csv --clips 24 --groups
      """)

  @OptionGroup var files: ClipFiles

  @OptionGroup var model: ModelOption

  @Option(help: .manifest("Instead of files, a manifest"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "The number of clips sampled of each emotion of a manifest, at most: 1 or more.", valueName: "count"))
  var clips = 24

  @OptionGroup var edits: EditKindsOption

  @Flag(help: "Do not change clips back: half the time.")
  var noControl = false

  @Flag(help: "Also draw a figure for each emotion and sex.")
  var groups = false

  @OptionGroup var drawing: FigureOption

  @OptionGroup var threads: ThreadOption

  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "The seed of sampled clips, noise, breath, rooms and roughness: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/response"

  func validate() throws {
    guard clips > 0 else { throw ValidationError("--clips must be at least 1") }
    guard files.isEmpty != (data == nil) else {
      throw ValidationError("name either files or a manifest with --data")
    }
    _ = try edits.kinds()
  }

  func run() throws {
    try Console.run {
      Interruption.listen()
      let drawing = try self.drawing.files()
      let kinds = try edits.kinds()
      let model = try self.model.load()
      let (manifest, entries) = try sampledClips(files, data: data, clips: clips, seed: seed)
      let folder = try OutputFolder(output)
      let job = ClipJob<ClipResponse>(entries, of: manifest, sampleRate: model.configuration.frontEnd.sampleRate)
      let bar = ProgressBar("editing", total: entries.count)
      let result = try job.run(
        in: folder.path,
        asked: model.asked(source: data ?? files.source, manifest: manifest) + [
          "response, \(kinds.map(\.rawValue)), control \(!noControl), seed \(seed)"
        ], status: Console.exitStatus, shouldStop: { Interruption.wasAsked },
        isPossible: { $0.isPossible(kinds, outputs: model.outputs.count) }, { tell($0, bar) }
      ) { _, path, clip in
        let edited = try EditedClip(clip.samples, path: path, model: model, seed: seed)
        return try ClipResponse(edited, kinds: kinds, hasControl: !noControl)
      }
      ProgressBar.clear()
      try Console.endInterrupted(result.isFinished)
      if !result.rows.isEmpty {
        let report = ResponseReport(
          result.rows.map { ($0.entry, $0.row) }, of: model, kinds: kinds, source: data ?? files.source, seed: seed)
        guard !report.all.curves.isEmpty else {
          throw EditError.noVoice(path: data ?? files.source, edits: SoundEdits(steps: [kinds[0]: 1]))
        }
        if !report.leftOut.isEmpty {
          Console.note(
            "undertone: no clip has a voice: left out: \(report.leftOut.map(\.title).joined(separator: ", "))")
        }
        var figures = try drawing.write(report.figure, to: folder, as: "response", provenance: report.provenance)
        if groups {
          for group in report.groups.dropFirst() {
            figures += try drawing.write(
              report.figure(of: group), to: folder, as: "response.\(group.name.replacing(" ", with: "-"))",
              provenance: report.provenance)
          }
        }
        try folder.write(CSV.text(of: report.csv), to: "response.csv")
        try Console.print(
          json
            ? report.json(figures: figures)
            : ([text(report)] + figures + [folder.file("response.csv")]).joined(separator: "\n"))
      }
      result.finish()
      try Console.end(result.failures, of: entries.count)
    }
  }

  private func text(_ report: ResponseReport) -> String {
    let hasIntervals = report.all.curves.first?.slopes.first?.low != nil
    var table = Table(header: ["a step of"] + report.outputs)
    for curve in report.all.curves {
      table.rows.append(
        [curve.kind.brief]
          + curve.slopes.map { slope in
            let isSure = slope.isBesideZero && abs(slope.mean) >= KnownDirection.leastSlope
            return String(format: "%+.3f", slope.mean).replacing("-", with: "−")
              + (hasIntervals ? isSure ? "*" : " " : "")
          })
    }
    let what = report.model.classes.isEmpty ? "the value" : "the probability"
    var parts = [
      "\(report.clips) clip\(report.clips == 1 ? "" : "s"): change of \(what) a just-noticeable step",
      table.text,
    ]
    if hasIntervals { parts.append("* the 95 % interval lies beside 0") }
    parts.append(
      wrapped(
        "one step: " + report.all.curves.map { Self.step(of: $0.kind) }.joined(separator: ", "), indentation: "  "))
    if hasIntervals, !report.known.isEmpty {
      let rows = report.known.map {
        KnownRow(
          words: "\($0.output): \($0.kind.title)", direction: $0.direction, effect: $0.slope, verdict: $0.verdict)
      }
      parts.append(knownTable(rows, effect: "slope", digits: 3))
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// "pitch +2.0 semitones".
  private static func step(of kind: SoundEdits.Kind) -> String { SoundEdits(steps: [kind: 1]).words }
}
