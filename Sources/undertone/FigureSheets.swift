import ArgumentParser
import Attributions
import Corpora
import Figures
import Foundation
import Layers
import Models
import Reports
import Training

struct FigureSheets: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figures",
    abstract: "Draws, for each emotion, what the model heard in clips of a manifest, and what they say together.",
    usage: "undertone figures --data <file> [<options>]",
    discussion: """
      One sheet an emotion: clips' log-mel spectrograms with their attributions over them, as the report's Figure 3. \
      The first twelve clips are drawn; all of them count for what they say together: where the attributions of \
      each emotion lie over frequency and over the speech (profiles), how much they prefer loud frames, edges of \
      bands and onsets (emotions.csv), and whether what the report says of three emotions holds on these clips \
      (claims.csv), each with a 95 % bootstrap interval over clips.

      Examples:
        undertone figures --data clips.csv
        undertone figures --data clips.csv --clips 9 --which errors
        undertone figures --data clips.csv --clips 100 --method integrated-gradients
        undertone figures --data clips.csv --model output/train/cnnlstm --format pdf
      """)

  @Option(help: ArgumentHelp("A manifest.", valueName: "file"))
  var data: String

  @OptionGroup var model: ModelOption

  @Option(help: "Clips an emotion.")
  var clips = 6

  @Option(help: "Which clips: all, correct or errors.")
  var which = SheetReport.Choice.all

  @OptionGroup var method: MethodOption

  @Option(help: "What to explain: the predicted emotion or the true one.")
  var target = SheetReport.TargetChoice.predicted

  @Option(help: "Figure formats: png, svg, pdf; several with commas.")
  var format = "png"

  @Option(help: "What the clips are drawn by, and what a method draws.")
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The folder for the sheets.", valueName: "folder"))
  var output = "output/figures"

  func validate() throws {
    guard clips > 0 else { throw ValidationError("--clips must be at least 1") }
  }

  func run() throws {
    try Console.run {
      let formats = try figureFormats(format)
      let model = try self.model.load()
      let method = try method.make(for: model, seed: seed)
      let manifest = try readManifest(data)
      // What the model has no class for cannot be explained as itself.
      if target == .label { _ = try model.labels(of: manifest) }
      let folder = try OutputFolder(output)
      let explainer = Explainer(model: model, method: method, spaces: [.mel])
      let emotions = Emotion.allCases.filter { emotion in manifest.entries.contains { $0.emotion == emotion } }
      let bar = ProgressBar("figures", total: emotions.count * clips)

      var failures: [any Error] = []
      var tried = 0
      var profiles: [(name: String, clips: [RelevanceProfile])] = []
      var generator = SeededGenerator(seed: seed)
      for (index, emotion) in emotions.enumerated() {
        let candidates = generator.shuffled(manifest.entries.filter { $0.emotion == emotion })
        var drawn: [SheetReport.Clip] = []
        var found: [RelevanceProfile] = []
        var count = 0
        for entry in candidates where count < clips {
          bar.show(index * clips + count, note: emotion.rawValue)
          tried += 1
          do {
            guard let explanation = try explained(entry, in: manifest, explainer) else { continue }
            count += 1
            if drawn.count < Self.drawn { drawn.append(.init(entry, explanation)) }
            found += explanation.profile(frontEnd: model.configuration.frontEnd).map { [$0] } ?? []
          } catch {
            Console.report(error)
            failures.append(error)
          }
        }
        profiles.append((emotion.rawValue, found))
        guard !drawn.isEmpty else {
          Console.note(
            "undertone: no clip of \(emotion.rawValue)\(which == .all ? "" : " is among the \(which.rawValue)")")
          continue
        }
        let report = SheetReport(
          emotion, drawn, model: model, method: method.name, target: target, choice: which, seed: seed,
          manifest: manifest, path: data)
        for format in formats {
          let path = folder.file("\(emotion.rawValue).\(format.rawValue)")
          try report.figure()?.write(to: path, as: format, provenance: report.provenance)
          try Console.print(
            "\(path): \(drawn.count) clip\(drawn.count == 1 ? "" : "s")" + (count > drawn.count ? " of \(count)" : ""))
        }
      }
      ProgressBar.clear()
      if profiles.contains(where: { !$0.clips.isEmpty }) {
        let report = ProfilesReport(
          EmotionProfiles(profiles, seed: seed), model: model, method: method.name, target: target, choice: which,
          seed: seed, manifest: manifest, path: data)
        for format in formats {
          let path = folder.file("profiles.\(format.rawValue)")
          try report.figure.write(to: path, as: format, provenance: report.provenance)
          try Console.print(path)
        }
        try folder.write(CSV.text(of: report.profileRows), to: "profiles.csv")
        try folder.write(CSV.text(of: report.emotionRows), to: "emotions.csv")
        try folder.write(CSV.text(of: report.claimRows), to: "claims.csv")
        for line in report.claimLines { try Console.print(line) }
      }
      try Console.end(failures, of: tried)
    }
  }

  /// Clips that a sheet has room for.
  private static let drawn = 12

  /// The clip's explanation; nil where it is not one of those asked for.
  private func explained(
    _ entry: Manifest.Entry, in manifest: Manifest, _ explainer: Explainer
  ) throws -> Explanation? {
    let path = manifest.fullPath(of: entry)
    let model = explainer.model
    let samples = try readClip(path, for: model)
    let truth = model.classes.firstIndex(of: entry.emotion.rawValue)
    let explanation = try explainer.explain(samples, path: path) { predicted in
      Target(target == .label ? truth! : predicted)
    }
    switch which {
    case .correct where explanation.predicted != truth: return nil
    case .errors where explanation.predicted == truth: return nil
    default: return explanation
    }
  }
}

extension SheetReport.Choice: ExpressibleByArgument {}
extension SheetReport.TargetChoice: ExpressibleByArgument {}
