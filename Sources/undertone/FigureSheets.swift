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
  var which = Choice.all

  @Option(help: "The attribution method; `undertone methods` lists them.")
  var method = Saliency.name

  @Option(help: "What to explain: the predicted emotion or the true one.")
  var target = TargetChoice.predicted

  @Option(help: "Figure formats: png, svg, pdf; several with commas.")
  var format = "png"

  @Option(help: "What the clips are drawn by.")
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The folder for the sheets.", valueName: "folder"))
  var output = "output/figures"

  enum Choice: String, ExpressibleByArgument, CaseIterable {
    case all, correct, errors

    var words: String {
      switch self {
      case .all: "all clips"
      case .correct: "clips predicted right"
      case .errors: "clips predicted wrong"
      }
    }
  }
  enum TargetChoice: String, ExpressibleByArgument, CaseIterable { case predicted, label }

  func validate() throws {
    guard (1...12).contains(clips) else { throw ValidationError("--clips must lie between 1 and 12") }
  }

  func run() throws {
    try Console.run {
      let method = try attributionMethod(named: method)
      let formats = try figureFormats(format)
      let model = try self.model.load()
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
        var chosen: [ContactSheet.Clip] = []
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
        let sheet = ContactSheet(
          title: [
            "\(emotion.rawValue): \(method.name) on the log-mel spectrogram",
            "\(model.architecture.title) \(model.name) · target: the \(target == .label ? "true" : "predicted") emotion · "
              + "\(which.words), drawn with seed \(seed)",
          ], clips: chosen, maximumFrequency: Double(model.configuration.frontEnd.sampleRate) / 2)
        for format in formats {
          let path = folder.file("\(emotion.rawValue).\(format.rawValue)")
          try sheet.write(
            to: path, as: format,
            provenance: model.provenance(source: data).merging([
              "Method": method.name, "Target": target.rawValue, "Seed": String(seed),
              "Clips": chosen.map(\.name).joined(separator: "; "),
            ]) { $1 })
          try Console.print("\(path): \(chosen.count) clip\(chosen.count == 1 ? "" : "s")")
        }
      }
      ProgressBar.clear()
      try Console.end(failures, of: tried)
    }
  }

  /// The clip with its attribution; nil where it is not one of those asked for.
  private func explained(_ entry: Manifest.Entry, in manifest: Manifest, _ explainer: Explainer) throws -> ContactSheet
    .Clip?
  {
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
    default: break
    }
    let mel = explanation.inputs[0]
    return ContactSheet.Clip(
      name: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent,
      logMel: FrameMatrix(
        values: mel.values.floats, rows: mel.values.shape[0], columns: mel.values.shape[1], hop: explanation.hop),
      attribution: Figures.Attribution(
        values: mel.attribution.floats, isSigned: explanation.isSigned, name: explanation.method,
        unit: Explanation.unit(.mel)),
      duration: explanation.duration, predicted: explanation.classes[explanation.predicted],
      probability: explanation.probabilities[explanation.predicted], truth: entry.emotion.rawValue)
  }
}
