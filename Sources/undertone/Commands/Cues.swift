import ArgumentParser
import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Models
import Reports

struct Cues: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The voice where a model finds its prediction, against the rest of the clip.",
    usage: "undertone cues (<files> ... | --data <file>) [<options>]",
    discussion: """
      Explains the predicted emotion on the log-mel, with --data the clip's own where the model has it. The fewest audible frames (less than 40 dB under the loudest) that \
      hold half of the attribution are inside, the other audible ones outside; in both the cues of eGeMAPS v02 are \
      averaged, pitch in semitones. Differences stand in the cue's unit, and in standard deviations of the cue in the \
      clip, without the mean difference of 20 random sets of frames in runs as long. A cue with fewer than 3 frames on a \
      side is left out.

      With --data: the means of these differences by the clips' emotion, with 95 % intervals by speaker. They stand \
      beside what listeners are known to hear of anger, fear, happiness and sadness (Juslin and Laukka 2003): holds where \
      the cue lies further that way inside by 0.05 standard deviations or more, does not hold, no effect where all of the \
      interval is smaller, else undecided, as with fewer than \(Estimate.leastClips) clips or \(Estimate.leastSpeakers) speakers. A run that is stopped \
      resumes.

      Writes clip.cues.csv of each file (all cues every 10 ms), or cues.png (the nine cues that differ most) and cues.csv.

      Examples:
        undertone cues clip.wav
        undertone cues clips/*.wav --method integrated-gradients --json
        undertone cues --data validation.csv
        undertone cues --data validation.csv --clips 48 --model output/train/cnnatt
      """)

  @OptionGroup var files: ClipFiles

  @OptionGroup var model: ModelOption

  @OptionGroup var method: MethodOption

  @Option(help: .manifest("Instead of files, a manifest"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "Of a manifest, the number of clips sampled of each emotion at most: 1 or more.", valueName: "count"))
  var clips = 24

  @OptionGroup var drawing: FigureOption

  @OptionGroup var threads: ThreadOption

  @Flag(help: "Print one JSON object (of files: one for each) instead of text.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "The seed of sampled clips, random frames and a method's random samples: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/cues"

  func validate() throws {
    guard clips > 0 else { throw ValidationError("--clips must be at least 1") }
    guard files.isEmpty != (data == nil) else {
      throw ValidationError("name either files or a manifest with --data")
    }
    if data == nil, let option = drawing.format != nil ? "--format" : drawing.size.given {
      throw ValidationError("\(option) is of the figure, which is drawn with --data")
    }
  }

  func run() throws {
    try Console.run {
      let model = try self.model.load()
      let explainer = Explainer(model: model, method: try method.make(for: model, seed: seed), spaces: [.mel])
      if let data { return try measure(data, explainer) }
      let files = try self.files.paths()
      var folder = try OutputFolder(output)
      let bar = ProgressBar("explaining", total: files.count)
      try Console.forEach(files) { index, file in
        if files.count > 1 { bar.show(index) }
        let clip = try ClipCues(readSpeech(file, for: model), file: file, explainer: explainer, seed: seed)
        let table = "\(folder.stem(for: file)).cues.csv"
        try folder.write(CSV.text(of: clip.csv), to: table)
        note(leftOut: clip.found.leftOut, of: file, hasVoice: clip.hasVoice)
        try Console.print(json ? clip.json(table: folder.file(table)) : text(clip) + "\n→ \(folder.file(table))")
      }
    }
  }

  private func measure(_ data: String, _ explainer: Explainer) throws {
    Interruption.listen()
    let drawing = try self.drawing.files()  // what is wrong with them is said before the work
    let model = explainer.model
    let manifest = try readManifest(data)
    let entries = manifest.sampled(clips, seed: seed)
    let folder = try OutputFolder(output)
    let method = explainer.method.nameWithParameters
    let job = ClipJob<SalientCues>(entries, of: manifest, sampleRate: model.configuration.frontEnd.sampleRate)
    let bar = ProgressBar("explaining", total: entries.count)
    let result = try job.run(
      in: folder.path, asked: model.asked(source: data, manifest: manifest) + ["cues, \(method), seed \(seed)"],
      status: Console.exitStatus, shouldStop: { Interruption.wasAsked }, isPossible: \.isPossible, { tell($0, bar) }
    ) { entry, path, clip in
      guard let speech = clip.trimmed(model.configuration.trimming) else { throw ExplanationError.silent(path: path) }
      return try ClipCues(
        speech, file: path, explainer: explainer, output: model.configuration.classIndex(of: entry.emotion), seed: seed
      ).found
    }
    ProgressBar.clear()
    try Console.endInterrupted(result.isFinished)
    if !result.rows.isEmpty {
      let report = CuesReport(
        result.rows.map { ($0.entry, $0.row) }, of: model, method: method, data: data, seed: seed)
      note(leftOut: report.leftOut, of: data, hasVoice: !report.leftOut.contains(.fundamental))
      let figures = try drawing.write(report.figure, to: folder, as: "cues", provenance: report.provenance)
      try folder.write(CSV.text(of: report.csv), to: "cues.csv")
      try Console.print(
        json
          ? report.json(figures: figures)
          : ([text(report)] + figures + [folder.file("cues.csv")]).joined(separator: "\n"))
    }
    result.finish()
    try Console.end(result.failures, of: entries.count)
  }

  /// Says which cues have too few frames.
  private func note(leftOut: [VoiceCue], of source: String, hasVoice: Bool) {
    guard !leftOut.isEmpty else { return }
    let reason = hasVoice ? "too few frames inside or outside" : "no frame is voiced"
    Console.note(
      "undertone: \(shownPath(source)): \(reason): left out: \(leftOut.map(\.title).joined(separator: ", "))")
  }

  // MARK: Text

  private func text(_ clip: ClipCues) -> String {
    var table = Table(header: ["cue", "unit", "clip", "inside", "outside", "difference", "in SD"])
    table.rows = clip.found.differences.map { own in
      [
        own.cue.name, own.cue.unit?.prefix { $0 != " " }.description ?? "", own.cue.number(own.mean),
        own.cue.number(own.inside), own.cue.number(own.outside), own.cue.number(own.difference, sign: "+"),
        signed(own.net) + (own.isBeyondControl ? "*" : " "),
      ]
    }
    return [
      wrapped("\(clip.file): \(clip.words)"), table.text,
      wrapped(
        "in SD: the difference in standard deviations of the cue, without that of random frames; * beyond each of "
          + "\(SalientCues.draws) random sets, as one of 21 cues is by chance"),
    ].joined(separator: "\n\n")
  }

  private func text(_ report: CuesReport) -> String {
    let cues = VoiceCue.allCases.filter { !report.leftOut.contains($0) }
    let clips = report.emotions.reduce(0) { $0 + $1.clips }
    var parts = [
      wrapped(
        "\(clips) clip\(clips == 1 ? "" : "s"): cues inside the half of the attribution minus outside, in standard "
          + "deviations, without the difference of random frames")
    ]
    // Five emotions beside the cues have room in 80 columns.
    for first in stride(from: 0, to: report.emotions.count, by: 5) {
      let emotions = report.emotions.map(\.name)[first..<min(first + 5, report.emotions.count)]
      var table = Table(header: ["cue"] + emotions.map { String($0.prefix(10)) })
      table.rows = cues.map { cue in
        [cue.name]
          + emotions.map { emotion in
            report.measured(cue, of: emotion).map { signed($0.net.mean) + ($0.isSure ? "*" : " ") } ?? "– "
          }
      }
      parts.append(table.text)
    }
    parts.append("* the 95 % interval lies beside 0, and the mean is 0.05 or more")
    if !report.known.isEmpty {
      let rows = report.known.map {
        KnownRow(
          words: "\($0.emotion): \($0.cue.name)", direction: $0.known!, effect: $0.net, verdict: $0.verdict!)
      }
      parts.append(knownTable(rows, effect: "inside", digits: 2))
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// "+0.42".
  private func signed(_ number: Double) -> String { String(format: "%+.2f", number).replacing("-", with: "−") }
}

extension VoiceCue {
  /// A title for a narrow column.
  fileprivate var name: String {
    switch self {
    case .fundamental: "Pitch"
    case .slopeTo500: "Slope 0–500 Hz"
    case .slopeTo1500: "Slope 500–1500 Hz"
    default: title
    }
  }

  /// A number of the cue with the digits that differences of it need.
  fileprivate func number(_ value: Double, sign: String = "") -> String {
    let digits =
      switch self {
      case .loudness, .spectralFlux: 3
      case .jitter, .slopeTo500, .slopeTo1500: 4
      case .fundamental, .shimmer, .alphaRatio, .hammarbergIndex: 2
      default: unit == "Hz" ? 0 : 1
      }
    return String(format: "%\(sign).\(digits)f", value).replacing("-", with: "−")
  }
}
