import ArgumentParser
import Corpora
import Models
import Reports

struct FiguresCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figures",
    abstract: "Plots attributions of many clips by emotion, and summarises them with confidence intervals.",
    usage: "undertone figures --data <file> [<options>]",
    discussion: """
      Writes one sheet per emotion and input: clips with their attributions over them. A sheet has the first \
      clips (--drawn); the summaries on the log-mel use all clips: the attributions over frequency and over the speech \
      (profiles); their preference for loud and voiced frames, edges of bands and onsets, and acoustic measures of the \
      salient part against the rest (measures, emotions.csv); and a test of three claims of Biagini (LoopQ Prize \
      2022, Case A) on these clips (claims.csv). clips.csv has the predictions beside what is true. Each has a 95 % bootstrap interval over clips. Ctrl-C keeps the \
      results so far; the same command resumes from there.

      Examples:
        undertone figures --data clips.csv
        undertone figures --data clips.csv --clips 9 --which errors
        undertone figures --data clips.csv --clips 100 --method integrated-gradients --html
        undertone figures --data clips.csv --input mel,waveform,mfcc --clips 48 --drawn 48
        undertone figures --data clips.csv --model output/train/cnnlstm --format pdf
        undertone figures --data clips.csv --model output/train/cnnatt --target arousal
      """)

  @Option(help: .manifest())
  var data: String

  @OptionGroup var model: ModelOption

  @Option(
    help: ArgumentHelp("The number of clips sampled of each emotion: 1 or more.", valueName: "count"))
  var clips = 32

  @Option(
    help: ArgumentHelp("The largest number of clips on a sheet: 1 or more.", valueName: "count"))
  var drawn = 12

  @Option(
    help: ArgumentHelp(
      "The clips to use: all, or those that the model predicts right (correct) or wrong (errors).",
      valueName: "choice"))
  var which = ClipSelection.Choice.all

  @OptionGroup var method: MethodOption

  @Flag(
    help: """
      Also write a self-contained HTML page: the figures, their numbers as tables, and three clips of each \
      emotion to play, with their attributions.
      """)
  var html = false

  @OptionGroup var threads: ThreadOption

  @Option(
    help: ArgumentHelp(
      "Inputs on the sheets: waveform, spectrogram, mel, mfcc or all; separate several with commas.",
      valueName: "inputs"))
  var input = "mel"

  @Option(
    help: """
      The output to explain: predicted (the predicted emotion; of a model without emotions its first dimension), label \
      (the true emotion), or one by its name, such as arousal.
      """)
  var target = "predicted"

  @OptionGroup var drawing: OverlaidFigureOption

  @Option(
    help: ArgumentHelp(
      "The seed of the sampled clips and of a method's random samples: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The folder for the sheets.", valueName: "folder"))
  var output = "output/figures"

  func validate() throws {
    guard clips > 0 else { throw ValidationError("--clips must be at least 1") }
    guard drawn > 0 else { throw ValidationError("--drawn must be at least 1") }
  }

  func run() throws {
    try Console.run {
      Interruption.listen()
      let drawing = try self.drawing.files()
      let model = try self.model.load()
      let spaces = try inputSpaces(input, of: model, standard: [])
      if which != .all { try model.checkClasses(for: "--which \(which.rawValue)") }
      if target == "label" { try model.checkClasses(for: "--target label") }
      let target = ClipSelection.TargetChoice(self.target, of: model)
      if case .named(let name) = target { _ = try model.index(of: name) }
      let manifest = try readManifest(data)
      // What the model has no class for cannot be explained as itself.
      if target == .label { try model.configuration.check(manifest) }
      let selection = ClipSelection(
        model: model, method: try method.make(for: model, seed: seed), target: target, choice: which, seed: seed,
        manifest: manifest, path: data)
      let job = FiguresJob(
        selection, spaces: spaces, clips: clips, drawn: drawn, folder: try OutputFolder(output), figures: drawing,
        hasPage: html, status: Console.exitStatus)
      let bar = ProgressBar("figures", total: max(1, manifest.emotions.count) * clips)
      let result = try job.run({ try tell($0, bar) }, shouldStop: { Interruption.wasAsked })
      ProgressBar.clear()
      try Console.endInterrupted(result.isFinished)
      try Console.end(result.failures, of: result.looked)
    }
  }

  private func tell(_ event: FiguresEvent, _ bar: ProgressBar) throws {
    switch event {
    case .resumed(let looked, let path): Console.note("undertone: resuming after \(looked) clips (\(path))")
    case .looking(let emotion, let done): bar.show(done, note: emotion.rawValue)
    case .leftOut(let words): Console.note("undertone: left out: \(words)")
    case .cut(let path, let seconds): noteCut(path, seconds: seconds)
    case .failed(let error): Console.report(error)
    case .none(let emotion):
      Console.note(
        "undertone: no clip\(emotion == .none ? "" : " of \(emotion.rawValue)")\(which == .all ? "" : " is among the \(which.rawValue)")"
      )
    case .sheet(let path, let shown, let found):
      try Console.print("\(path): \(shown) clip\(shown == 1 ? "" : "s")" + (found > shown ? " of \(found)" : ""))
    case .written(let path): try Console.print(path)
    case .warning(let line): Console.note("undertone: warning: \(line)")
    case .claim(let line): try Console.print(wrapped(line))
    }
  }
}

extension ClipSelection.Choice: ExpressibleByArgument {}
