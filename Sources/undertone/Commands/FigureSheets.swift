import ArgumentParser
import Corpora
import Models
import Reports

struct FigureSheets: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figures",
    abstract: "Draws, for each emotion, what the model heard in clips of a manifest, and what they say together.",
    usage: "undertone figures --data <file> [<options>]",
    discussion: """
      One sheet an emotion and input: clips with their attributions over them, as the report's Figure 3. The first \
      twelve clips (--drawn) are drawn; all of them count for what they say together on the log-mel: where the \
      attributions of each emotion lie over frequency and over the speech (profiles), how much they prefer loud and \
      voiced frames, edges of bands and onsets, how what is salient sounds beside the rest (measures, emotions.csv), \
      and whether what the report says of three emotions holds on these clips (claims.csv), each with a 95 % bootstrap \
      interval over clips. Ctrl-C keeps what was found; the same command goes on from there.

      Examples:
        undertone figures --data clips.csv
        undertone figures --data clips.csv --clips 9 --which errors
        undertone figures --data clips.csv --clips 100 --method integrated-gradients --html
        undertone figures --data clips.csv --input mel,waveform,mfcc --clips 48 --drawn 48
        undertone figures --data clips.csv --model output/train/cnnlstm --format pdf
      """)

  @Option(help: ArgumentHelp("A manifest.", valueName: "file"))
  var data: String

  @OptionGroup var model: ModelOption

  @Option(help: "Clips an emotion.")
  var clips = 6

  @Option(help: "Clips in a sheet, at most.")
  var drawn = 12

  @Option(help: "Which clips: all, correct or errors.")
  var which = ClipSelection.Choice.all

  @OptionGroup var method: MethodOption

  @OptionGroup var page: PageOption

  @Option(help: "What the sheets show: waveform, spectrogram, mel, mfcc or all; several with commas.")
  var input = "mel"

  @Option(help: "What to explain: the predicted emotion or the true one.")
  var target = ClipSelection.TargetChoice.predicted

  @OptionGroup var drawing: FigureOption

  @Option(help: "What the clips are drawn by, and what a method draws.")
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
      let spaces = try inputSpaces(input)
      let model = try self.model.load()
      let manifest = try readManifest(data)
      // What the model has no class for cannot be explained as itself.
      if target == .label { try model.configuration.check(manifest) }
      let selection = ClipSelection(
        model: model, method: try method.make(for: model, seed: seed), target: target, choice: which, seed: seed,
        manifest: manifest, path: data)
      let job = FiguresJob(
        selection, spaces: spaces, clips: clips, drawn: drawn, folder: try OutputFolder(output), figures: drawing,
        hasPage: page.html, status: Console.exitStatus)
      let bar = ProgressBar("figures", total: manifest.emotions.count * clips)
      let result = try job.run({ try tell($0, bar) }, shouldStop: { Interruption.wasAsked })
      ProgressBar.clear()
      guard result.isFinished else {
        Console.note("undertone: stopped; the same command goes on from here")
        throw ExitCode(130)
      }
      try Console.end(result.failures, of: result.looked)
    }
  }

  private func tell(_ event: FiguresEvent, _ bar: ProgressBar) throws {
    switch event {
    case .resumed(let looked, let path): Console.note("undertone: going on after \(looked) clips (\(path))")
    case .looking(let emotion, let done): bar.show(done, note: emotion.rawValue)
    case .cut(let path, let seconds): noteCut(path, seconds: seconds)
    case .failed(let error): Console.report(error)
    case .none(let emotion):
      Console.note(
        "undertone: no clip of \(emotion.rawValue)\(which == .all ? "" : " is among the \(which.rawValue)")")
    case .sheet(let path, let shown, let found):
      try Console.print("\(path): \(shown) clip\(shown == 1 ? "" : "s")" + (found > shown ? " of \(found)" : ""))
    case .written(let path): try Console.print(path)
    case .claim(let line): try Console.print(wrapped(line))
    }
  }
}

extension ClipSelection.Choice: ExpressibleByArgument {}
extension ClipSelection.TargetChoice: ExpressibleByArgument {}
