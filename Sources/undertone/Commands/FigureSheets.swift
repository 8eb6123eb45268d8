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
    abstract: "Plots attributions of many clips by emotion, and summarises them with confidence intervals.",
    usage: "undertone figures --data <file> [<options>]",
    discussion: """
      Writes one sheet per emotion and input: clips with their attributions over them. A sheet has the first twelve \
      clips (--drawn); the summaries on the log-mel use all clips: the attributions over frequency and over the speech \
      (profiles); their preference for loud and voiced frames, edges of bands and onsets, and acoustic measures of the \
      salient part against the rest (measures, emotions.csv); and a test of three claims of Biagini (LoopQ Prize \
      2022, Case A) on these clips (claims.csv). Each has a 95 % bootstrap interval over clips. Ctrl-C keeps the \
      results so far; the same command resumes from there.

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

  @Option(help: "The number of clips per emotion.")
  var clips = 6

  @Option(help: "The largest number of clips plotted on a sheet.")
  var drawn = 12

  @Option(help: "The clips to use: all, correct or errors.")
  var which = ClipSelection.Choice.all

  @OptionGroup var method: MethodOption

  @OptionGroup var page: PageOption

  @Option(help: "Inputs on the sheets: waveform, spectrogram, mel, mfcc or all; separate several with commas.")
  var input = "mel"

  @Option(help: "The emotion to explain: the predicted or the true one.")
  var target = ClipSelection.TargetChoice.predicted

  @OptionGroup var drawing: FigureOption

  @Option(help: "The seed of the sampled clips and of a method's random samples.")
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
      let folder = try OutputFolder(output)
      var page = page.html ? EmotionsPage(selection) : nil

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
            Console.note("undertone: stopped; the same command resumes from here")
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
          page?.add(clip.explanation, clip.samples, clip.entry)
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
      Console.note("undertone: resuming after \(looked) clips (\(folder.file(FigureProgress.file)))")
      return left
    }
    return FigureProgress(asked: asked, emotions: selection.manifest.emotions.map(FigureProgress.OfEmotion.init))
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
