import ArgumentParser
import Corpora
import Figures
import Foundation
import Models
import Reports
import Training

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains one of the report's models on a manifest of clips.",
    discussion: """
      Writes a model folder: the weights of the best epoch, config.json, history.csv and curves.png. Ctrl-C stops after
      the last whole epoch; --resume goes on to the same numbers as without the interruption.

      Examples:
        undertone train cnnatt --data train.csv --validation validation.csv
        undertone train fcmfcc --data all.csv --split 0.8 --by speaker --epochs 60
        undertone train --resume output/train/fcmfcc
      """)

  @Argument(help: "cnnlstm, fcmfcc or cnnatt.")
  var architecture: Architecture?

  @Option(help: ArgumentHelp("A manifest: path,emotion,origin,speaker.", valueName: "file"))
  var data: String?

  @Option(help: ArgumentHelp("A manifest to validate on.", valueName: "file"))
  var validation: String?

  @Option(help: "Without --validation: the share of --data that is trained on, the rest validates.")
  var split = 0.8

  @Option(help: "What --split keeps together: clip or speaker.")
  var by = SplitUnit.clip

  @Option(help: "`published` (the rates of the report's code) or `report` (a tenth: its Table 3).")
  var recipe = Recipe.Name.published

  @Option(help: "Epochs, instead of the recipe's.")
  var epochs: Int?

  @Option(help: "Clips in a batch, instead of the recipe's.")
  var batch: Int?

  @Option(help: "The learning rate, instead of the recipe's.")
  var rate: Double?

  @Option(help: "What weights, order and dropout are drawn from.")
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Go on with the training in this folder.", valueName: "folder"))
  var resume: String?

  @Option(help: ArgumentHelp("Keep computed features in this folder for the next run.", valueName: "folder"))
  var cache: String?

  @Option(help: ArgumentHelp("The model folder.", valueName: "folder"))
  var output: String?

  @Flag(help: "Train even where the output folder holds a model; it is replaced.")
  var overwrite = false

  @Flag(help: "Print one JSON object an epoch.")
  var json = false

  func validate() throws {
    guard resume != nil || (architecture != nil && data != nil) else {
      throw ValidationError("train needs an architecture and --data, or --resume")
    }
    guard split > 0, split < 1 else { throw ValidationError("--split must lie between 0 and 1") }
    if let epochs, epochs < 1 { throw ValidationError("--epochs must be at least 1") }
    if let batch, batch < 2 { throw ValidationError("--batch must be at least 2") }
    if let rate, !(rate > 0) { throw ValidationError("--rate must be above 0") }
  }

  func run() throws {
    try Console.run {
      Interruption.listen()
      let trainer = try resume.map(resumed) ?? started()
      trainer.warnings.forEach { Console.note("undertone: \($0)") }
      let result = try trainer.run(show, shouldStop: { Interruption.wasAsked })
      ProgressBar.clear()
      guard let best = result.best else {
        Console.note("undertone: stopped before the first epoch was done; start again")
        throw ExitCode(130)
      }
      try writeCurves(trainer)
      Console.note(
        "best epoch \(best.epoch): validation loss \(Self.number(best.validationLoss)), accuracy "
          + "\(Self.number(best.validationAccuracy)), macro F1 \(Self.number(best.validationMacroF1))")
      if !json { print(trainer.folder) }
      guard result.isFinished else {
        Console.note(
          "undertone: stopped after \(result.history.count) epochs; go on with: undertone train --resume \(trainer.folder)"
        )
        throw ExitCode(130)
      }
    }
  }

  private func started() throws -> Trainer {
    let architecture = architecture!
    let folder = output ?? "output/train/\(architecture.rawValue)"
    if FileManager.default.fileExists(atPath: "\(folder)/config.json"), !overwrite {
      throw ValidationError("\(folder) holds a model already; choose another --output, or --overwrite, or --resume it")
    }
    var recipe = Recipe(self.recipe, for: architecture)
    if let epochs { recipe.epochs = epochs }
    if let batch { recipe.batch = batch }
    if let rate { recipe.rate = rate }
    let whole = try Manifest.read(data!)
    let (training, validating): (Manifest, Manifest)
    if let validation {
      (training, validating) = (whole, try Manifest.read(validation))
    } else {
      let parts = try whole.split(trainingShare: split, by: by, seed: seed)
      (training, validating) = (parts.training, parts.validation)
    }
    let model = TrainedModel(untrained: .init(architecture: architecture), seed: seed)
    let sets = try features(training, validating, for: model)
    return try Trainer(
      model, recipe: recipe, seed: seed, training: sets.training, validation: sets.validation, folder: folder,
      provenance: [
        "data": data!, "validation": validation ?? "split \(split) by \(by.rawValue), seed \(seed)",
        "by": by.rawValue, "share": "\(split)", "undertone": undertoneVersion,
      ])
  }

  private func resumed(_ folder: String) throws -> Trainer {
    let saved = try SavedTraining.read(folder)
    func value(_ key: String, _ given: String?) throws -> String {
      guard let value = given ?? saved.provenance[key] else {
        throw ValidationError("\(folder) does not say its \(key); give it")
      }
      return value
    }
    let whole = try Manifest.read(try value("data", data))
    let parts: (training: Manifest, validation: Manifest)
    if let validation = validation ?? saved.provenance["validation"].flatMap({ $0.hasPrefix("split ") ? nil : $0 }) {
      parts = (whole, try Manifest.read(validation))
    } else {
      parts = try whole.split(
        trainingShare: saved.provenance["share"].flatMap(Double.init) ?? split,
        by: saved.provenance["by"].flatMap(SplitUnit.init) ?? by, seed: saved.seed)
    }
    let model = TrainedModel(untrained: saved.configuration, seed: 0)
    let sets = try features(parts.training, parts.validation, for: model)
    return try Trainer(resuming: folder, epochs: epochs, training: sets.training, validation: sets.validation)
  }

  private func features(
    _ training: Manifest, _ validation: Manifest, for model: TrainedModel
  ) throws -> (training: FeatureSet, validation: FeatureSet) {
    let cache = try cache.map { try FeatureCache(folder: $0) }
    return (
      try computeFeatures(training, for: model, cache: cache, label: "training features"),
      try computeFeatures(validation, for: model, cache: cache, label: "validation features")
    )
  }

  private func show(_ event: TrainingEvent) {
    switch event {
    case .batch(let progress):
      let share = (progress.epoch - 1) * progress.batches + progress.batch
      ProgressBar.draw(
        "epoch \(progress.epoch)/\(progress.epochs)", share: Double(share) / Double(progress.epochs * progress.batches),
        note: "loss \(Self.number(progress.loss))  \(ProgressBar.time(progress.remaining)) left")
    case .epoch(let record, let isBest):
      ProgressBar.clear()
      if json {
        if let line = try? record.line { print(line) }
        return
      }
      Console.note(
        "epoch \(record.epoch): loss \(Self.number(record.trainLoss)), validation \(Self.number(record.validationLoss)), "
          + "accuracy \(Self.number(record.validationAccuracy)), F1 \(Self.number(record.validationMacroF1))\(isBest ? " *" : "")"
      )
    }
  }

  private func writeCurves(_ trainer: Trainer) throws {
    let history = trainer.history
    let curves = TrainingCurves(
      title: ["Training \(trainer.model.architecture.title)", "recipe \(trainer.recipe.name), seed \(trainer.seed)"],
      runs: [
        .init(
          name: trainer.model.architecture.title, trainingLoss: history.map(\.trainLoss),
          validationLoss: history.map(\.validationLoss), accuracy: history.map(\.validationAccuracy),
          macroF1: history.map(\.validationMacroF1), learningRate: history.map(\.rate),
          bestEpoch: trainer.bestEpoch?.epoch)
      ])
    try curves.write(
      to: "\(trainer.folder)/curves.png",
      provenance: ["Software": "Undertone \(undertoneVersion)", "Model": trainer.model.digest])
  }

  private static func number(_ value: Double) -> String { String(format: "%.3f", value) }
}

extension Architecture: ExpressibleByArgument {}
extension Recipe.Name: ExpressibleByArgument {}

/// Outside the enumeration, because a signal handler may capture nothing.
nonisolated(unsafe) private var interruptions: sig_atomic_t = 0

/// Ctrl-C as a wish: the first asks for a clean end, the second ends at once.
enum Interruption {
  static var wasAsked: Bool { interruptions != 0 }

  static func listen() {
    signal(SIGINT) { _ in
      if interruptions != 0 { _exit(130) }
      interruptions = 1
    }
    signal(SIGTERM) { _ in interruptions = 1 }
  }
}

/// The features of a manifest with a progress bar; files that fail are reported, and the rest is used.
func computeFeatures(
  _ manifest: Manifest, for model: TrainedModel, cache: FeatureCache? = nil, label: String
) throws -> FeatureSet {
  let bar = ProgressBar(label, total: manifest.entries.count)
  let (features, failures) = try FeatureSet.compute(
    manifest, for: model, cache: cache, progress: { bar.show($0) }, shouldStop: { Interruption.wasAsked })
  ProgressBar.clear()
  if Interruption.wasAsked { throw ExitCode(130) }
  if manifest.droppedRows > 0 {
    Console.note("undertone: \(manifest.droppedRows) rows with an empty value are left out")
  }
  failures.prefix(10).forEach(Console.report)
  if failures.count > 10 { Console.note("undertone: and \(failures.count - 10) more files that cannot be used") }
  if features.clips.isEmpty, let first = failures.first { throw ExitCode(first.exitStatus) }
  return features
}
