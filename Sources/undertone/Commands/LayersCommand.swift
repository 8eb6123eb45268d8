import ArgumentParser
import Attributions
import Basics
import Corpora
import Foundation
import Models
import Reports
import Training

struct LayersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layers",
    abstract: "Which layer of an encoder knows the emotion: a probe on each.",
    discussion: """
      For each state of the encoder (the first layer's input, then each layer's output) a linear classifier of its mean \
      over time is trained on all folds of the clips but one and tried on that one; folds keep speakers apart where these \
      are known. A control learns shuffled labels: what it reaches, any vectors of that size would give. The encoder is \
      left as it is, and runs once a clip.

      Writes layers.png and layers.csv.

      Examples:
        undertone layers hubert-base-ls960 --data clips.csv
        undertone layers output/train/hubertft --data clips.csv --folds 10 --format pdf
      """)

  @Argument(help: "An encoder's folder as it is downloaded, a model's that has one, or \(Pretrained.tinyRandom).")
  var encoder: String

  @Option(help: ArgumentHelp("The number of folds: 2 to 100.", valueName: "count"))
  var folds = 5

  @OptionGroup var unit: SplitOption

  @Option(help: ArgumentHelp("Keep the encoder's states in this folder for the next run.", valueName: "folder"))
  var cache = "output/states"

  @Option(
    help: ArgumentHelp("The seed of folds, probes and shuffled labels: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @OptionGroup var options: MeasurementOptions

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/layers"

  func validate() throws {
    guard (2...100).contains(folds) else { throw ValidationError("--folds must lie between 2 and 100") }
  }

  func run() throws {
    try Console.run {
      Interruption.listen()
      _ = try options.drawing.files()  // what is wrong with them is said before the work
      let data = options.data
      let manifest = try readManifest(data)
      let classes = manifest.emotions.map(\.rawValue)
      guard classes.count > 1 else { throw TrainingError.oneClass(name: classes.first ?? "without a label") }
      let model = try load(classes: classes)
      guard let network = model.network as? any EncodingModel else {
        throw ValidationError("\(model.name) has no encoder of speech")
      }
      let (by, warning) = unit.unit(for: manifest, parts: folds)
      if let warning { Console.note("undertone: \(warning)") }
      let parts = try manifest.folds(folds, by: by, seed: seed)
      let folder = try OutputFolder(output)

      let (features, failures) = try computeFeatures(manifest, for: labelled(model, classes), label: "reading")
      let bar = ProgressBar("encoding", total: features.clips.count)
      let states = try EncodedStates(folder: cache)
      let encoded = try states.encode(
        features, by: network, at: .pooled, progress: { done, _ in bar.show(done) },
        shouldStop: { Interruption.wasAsked })
      ProgressBar.clear()
      guard let encoded else { throw ExitCode(130) }
      let places = Dictionary(
        encoded.clips.enumerated().map { ($0.element.path, $0.offset) }, uniquingKeysWith: { first, _ in first })
      let held = parts.map { $0.validation.entries.compactMap { places[$0.path] } }
      let probing = ProgressBar("probing", total: network.encoderConfiguration.layerCount + 1)
      let probes = LayerProbes(
        encoded, folds: held, classes: classes.count, seed: seed, progress: { probing.show($0) },
        shouldStop: { Interruption.wasAsked })
      ProgressBar.clear()
      guard let probes else { throw ExitCode(130) }

      let report = LayerProbesReport(
        probes, of: model, data: data, manifest: manifest, paths: encoded.clips.map(\.path),
        resemblances: features.resemblances(for: model), classes: classes, folds: folds,
        keepsSpeakersApart: by == .speaker, seed: seed)
      try options.write(report, text: text(report), to: folder, named: "layers")
      report.warnings.forEach { Console.note("undertone: warning: \($0)") }
      try Console.end(failures, of: manifest.entries.count)
    }
  }

  private func text(_ report: LayerProbesReport) -> String {
    var table = Table(header: ["state", "accuracy", "shuffled labels"])
    table.rows = zip(report.accuracy, report.control).enumerated().map { state, pair in
      [state == 0 ? "0 (input)" : "\(state)", words(pair.0), words(pair.1)]
    }
    return "\(report.accuracy[0].clips) clips; mean and 95 % interval\n\(table.text)\nhighest: state \(report.best)"
  }

  private func words(_ estimate: Estimate) -> String {
    let mean = String(format: "%.3f", estimate.mean)
    guard let low = estimate.low, let high = estimate.high else { return mean }
    return mean + String(format: " (%.3f to %.3f)", low, high)
  }

  /// A model whose encoder is the one that is named.
  private func load(classes: [String]) throws -> TrainedModel {
    if encoder != Pretrained.tinyRandom, try !TrainedModel.isDownloaded(encoder) {
      return try TrainedModel(folder: encoder)
    }
    let parts = try Pretrained([.encoder: encoder])
    let configuration = ModelConfiguration(
      SpeechClassifier.self, network: SpeechClassifier.configuration(around: parts), classes: classes, trimming: .off)
    let model = try TrainedModel(untrained: configuration, around: parts, seed: seed)
    return TrainedModel(
      configuration: configuration, network: model.network,
      name: URL(fileURLWithPath: encoder).lastPathComponent)
  }

  /// The model's configuration with the manifest's labels for classes.
  private func labelled(_ model: TrainedModel, _ classes: [String]) -> ModelConfiguration {
    var configuration = model.configuration
    (configuration.classes, configuration.dimensions) = (classes, [])
    return configuration
  }
}
