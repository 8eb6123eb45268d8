import ArgumentParser
import Attributions
import Basics
import Corpora
import Figures
import Foundation
import Models
import Reports
import Training

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

  @OptionGroup var drawing: OverlaidFigureOption

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
      if target == .label { _ = try model.labels(of: manifest) }
      let selection = ClipSelection(
        model: model, method: try method.make(for: model, seed: seed), target: target, choice: which, seed: seed,
        manifest: manifest, path: data)
      let folder = try OutputFolder(output)
      var page = page.html ? EmotionsPage(selection, overlay: drawing.overlay) : nil

      var progress = begun(selection, in: folder)
      let survey = ClipSurvey(selection, spaces: spaces, clips: clips, drawn: drawn)
      let bar = ProgressBar("figures", total: progress.emotions.count * clips)
      var saved = ContinuousClock.now
      var generator = SeededGenerator(seed: seed)
      for index in progress.emotions.indices {
        let emotion = progress.emotions[index].emotion
        let candidates = generator.shuffled(manifest.entries.filter { $0.emotion == emotion })
        while survey.isWanted(progress.emotions[index], of: candidates) {
          bar.show(index * clips + progress.emotions[index].count, note: emotion.rawValue)
          progress.failures += try survey.go(on: &progress.emotions[index], through: candidates).map(Console.exitStatus)
          if Interruption.wasAsked || saved.duration(to: .now) > .seconds(30) {
            try progress.save(in: folder)
            saved = .now
          }
          guard !Interruption.wasAsked else {
            Console.note("undertone: stopped; the same command goes on from here")
            throw ExitCode(130)
          }
        }
        let shown = try survey.shown(progress.emotions[index], of: candidates)
        guard !shown.isEmpty else {
          Console.note(
            "undertone: no clip of \(emotion.rawValue)\(which == .all ? "" : " is among the \(which.rawValue)")")
          continue
        }
        let report = SheetReport(emotion, shown.map { .init($0.entry, $0.explanation) }, of: selection)
        for space in spaces {
          guard let figure = report.figure(at: space) else { continue }
          let stem = space == .mel ? emotion.rawValue : "\(emotion.rawValue)-\(space.rawValue)"
          let all = progress.emotions[index].count
          for path in try drawing.write(figure, to: folder, as: stem, provenance: report.provenance) {
            try Console.print(
              "\(path): \(shown.count) clip\(shown.count == 1 ? "" : "s")" + (all > shown.count ? " of \(all)" : ""))
          }
          try page?.add(figure)
        }
        for clip in shown.prefix(EmotionsPage.clipsOfEmotion) {
          try page?.add(clip.explanation, clip.samples, clip.entry)
        }
      }
      ProgressBar.clear()
      try writeProfiles(
        EmotionProfiles(progress.emotions.map(\.profiles), seed: seed), selection, folder, drawing, &page)
      if let page { try folder.write(page.page, as: "figures") }
      FigureProgress.remove(from: folder)
      try Console.end(progress.failures, of: progress.emotions.reduce(0) { $0 + $1.looked })
    }
  }

  /// Where to go on from: what an interrupted run of the same command left, or nothing.
  private func begun(_ selection: ClipSelection, in folder: OutputFolder) -> FigureProgress {
    let asked =
      selection.provenance.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      + ["\(clips) clips, \(drawn) drawn"]
    if let left = FigureProgress.left(in: folder, asked: asked) {
      let looked = left.emotions.reduce(0) { $0 + $1.looked }
      Console.note("undertone: going on after \(looked) clips (\(folder.file(FigureProgress.file)))")
      return left
    }
    let entries = selection.manifest.entries
    return FigureProgress(
      asked: asked,
      emotions: Emotion.allCases.filter { emotion in entries.contains { $0.emotion == emotion } }
        .map(FigureProgress.OfEmotion.init))
  }

  /// What all clips say together.
  private func writeProfiles(
    _ profiles: EmotionProfiles, _ selection: ClipSelection, _ folder: OutputFolder, _ drawing: FigureFiles,
    _ page: inout EmotionsPage?
  ) throws {
    guard !profiles.emotions.isEmpty else { return }
    let report = ProfilesReport(profiles, of: selection)
    let paths =
      try drawing.write(report.figure, to: folder, as: "profiles", provenance: report.provenance)
      + drawing.write(report.measuresFigure, to: folder, as: "measures", provenance: report.provenance)
    for path in paths { try Console.print(path) }
    try folder.write(CSV.text(of: report.profileRows), to: "profiles.csv")
    try folder.write(CSV.text(of: report.emotionRows), to: "emotions.csv")
    try folder.write(CSV.text(of: report.claimRows), to: "claims.csv")
    for line in report.claimLines { try Console.print(wrapped(line)) }
    try page?.add(report)
  }
}

extension ClipSelection.Choice: ExpressibleByArgument {}
extension ClipSelection.TargetChoice: ExpressibleByArgument {}
