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
    abstract: "Draws, for each emotion, clips of a manifest with what the model heard in them.",
    usage: "undertone figures --data <file> [<options>]",
    discussion: """
      One sheet an emotion: each clip's log-mel spectrogram with its attribution over it, as the report's Figure 3.

      Examples:
        undertone figures --data clips.csv
        undertone figures --data clips.csv --clips 9 --which errors
        undertone figures --data clips.csv --model output/train/cnnlstm --format pdf
      """)

  @Option(help: ArgumentHelp("A manifest.", valueName: "file"))
  var data: String

  @OptionGroup var model: ModelOption

  @Option(help: "Clips an emotion, 1 to 12.")
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
    guard (1...12).contains(clips) else { throw ValidationError("--clips must lie between 1 and 12") }
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
      var generator = SeededGenerator(seed: seed)
      for (index, emotion) in emotions.enumerated() {
        let candidates = generator.shuffled(manifest.entries.filter { $0.emotion == emotion })
        var chosen: [SheetReport.Clip] = []
        for entry in candidates where chosen.count < clips {
          bar.show(index * clips + chosen.count, note: emotion.rawValue)
          tried += 1
          do {
            if let clip = try explained(entry, in: manifest, explainer) { chosen.append(clip) }
          } catch {
            Console.report(error)
            failures.append(error)
          }
        }
        guard !chosen.isEmpty else {
          Console.note(
            "undertone: no clip of \(emotion.rawValue)\(which == .all ? "" : " is among the \(which.rawValue)")")
          continue
        }
        let report = SheetReport(
          emotion, chosen, model: model, method: method.name, target: target, choice: which, seed: seed,
          manifest: manifest, path: data)
        for format in formats {
          let path = folder.file("\(emotion.rawValue).\(format.rawValue)")
          try report.figure.write(to: path, as: format, provenance: report.provenance)
          try Console.print("\(path): \(chosen.count) clip\(chosen.count == 1 ? "" : "s")")
        }
      }
      ProgressBar.clear()
      try Console.end(failures, of: tried)
    }
  }

  /// The clip with its attribution; nil where it is not one of those asked for.
  private func explained(
    _ entry: Manifest.Entry, in manifest: Manifest, _ explainer: Explainer
  ) throws -> SheetReport.Clip? {
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
    default: return SheetReport.Clip(entry, explanation)
    }
  }
}

extension SheetReport.Choice: ExpressibleByArgument {}
extension SheetReport.TargetChoice: ExpressibleByArgument {}
