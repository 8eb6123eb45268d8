import ArgumentParser
import Attributions
import Basics
import Corpora
import Foundation
import Models
import Reports

struct ModalitiesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "modalities",
    abstract: "What each input of a fusion contributes: waveform, mel and MFCC.",
    discussion: """
      For models that read several inputs, such as mmfusion. All inputs are taken from silence at once, and the \
      difference of scores is shared among them, so that the contributions of a clip sum to f(x) − f(silence).

      Writes modalities.png, the means by emotion, and modalities.csv, a row for each clip.

      Examples:
        undertone modalities --model output/train/mmfusion --data validation.csv
        undertone modalities --model output/train/mmfusion --data validation.csv --target label --json
      """)

  @OptionGroup var model: ModelOption

  @Option(
    help: ArgumentHelp(
      "The output to explain: predicted, label (the clip's own emotion), or one by its name, such as angry.",
      valueName: "output"))
  var target = "predicted"

  @Option(help: ArgumentHelp("The number of clips sampled of each emotion, at most: 1 or more.", valueName: "count"))
  var clips = 24

  @Option(help: ArgumentHelp("The seed of the sampled clips: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @OptionGroup var options: MeasurementOptions

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/modalities"

  func validate() throws {
    guard clips > 0 else { throw ValidationError("--clips must be at least 1") }
  }

  func run() throws {
    try Console.run {
      Interruption.listen()
      _ = try options.drawing.files()  // what is wrong with them is said before the work
      let model = try self.model.load()
      guard model.kind.inputs.count > 1 else {
        throw ValidationError(
          "\(model.name) reads the \(model.kind.input.rawValue) only; modalities needs several inputs")
      }
      if target == "label" { try model.checkClasses(for: "--target label") }
      let named = ["predicted", "label"].contains(target) ? nil : try model.index(of: target)
      let manifest = try readManifest(options.data)
      if target == "label" { try model.configuration.check(manifest) }
      let folder = try OutputFolder(output)
      let entries = manifest.sampled(clips, seed: seed)
      let bar = ProgressBar("explaining", total: entries.count)
      var rows: [ModalityReport.Row] = []
      try Console.forEach(
        entries.map(manifest.fullPath), atEnd: { try write(rows, model, to: folder) }
      ) { index, path in
        bar.show(index)
        let clip = Clip(try readSpeech(path, for: model), model: model)
        let probabilities = try clip.probabilities(path: path)
        let chosen =
          named ?? (target == "label" ? model.classes.firstIndex(of: entries[index].emotion.rawValue) : nil)
          ?? probabilities.likeliestClass
        let shares = try ModalityShares(clip, target: Target(chosen))
        rows.append(ModalityReport.Row(entries[index], target: model.outputs[chosen], shares))
      }
    }
  }

  private func write(_ rows: [ModalityReport.Row], _ model: TrainedModel, to folder: OutputFolder) throws {
    ProgressBar.clear()
    guard !rows.isEmpty else { return }
    let report = ModalityReport(rows, of: model, data: options.data, seed: seed)
    var table = Table(header: ["emotion", "clips"] + report.inputs.map(\.rawValue))
    table.rows = report.groups.map { group in
      [group.name, "\(group.estimates.first?.clips ?? 0)"] + group.estimates.map { String(format: "%+.3f", $0.mean) }
    }
    let text = ["mean contribution to the score, logits", table.text].joined(separator: "\n")
    try options.write(report, text: text, to: folder, named: "modalities")
  }
}
