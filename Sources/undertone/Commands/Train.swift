import ArgumentParser
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Models
import Reports
import Tensors
import Training

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a model on a manifest of clips.",
    usage: """
      undertone train <architecture> --data <file> [<options>]
      undertone train --resume <folder> [--epochs <epochs>]
      """,
    discussion: """
      Writes a model folder: the weights of the best epoch (with --final, of the last), config.json, history.csv and \
      curves.png. Ctrl-C stops and keeps the last whole epoch; --resume continues from there, with the same results as \
      without the interruption. It remembers the training's settings, not how its curves are shown and whether it \
      recomputes: give --html, --format, --width, --font-size, --scale and --recompute again.

      A manifest is a CSV file with the columns path and emotion, and, if known, origin and speaker; paths are relative \
      to it. `undertone corpus prepare` makes one. Only the first minute of a longer clip is used.

      Examples:
        undertone train cnnatt --data train.csv --validation validation.csv
        undertone train fcmfcc --data all.csv --split 0.8 --epochs 60
        undertone train --resume output/train/fcmfcc
        undertone train probe --encoder hubert-base-ls960 --data train.csv
        undertone train hubertft --encoder hubert-large-ll60k --train-layers 4 --data train.csv
        undertone train mmfusion --encoder hubert-base-ls960 --convnext convnext-base-224 --data train.csv
        undertone train hubertft --encoder tiny-random --data train.csv --epochs 2
        undertone train fcmfcc --data all.csv --final --epochs 60
        undertone train cnnatt --data all.csv --folds 5 --repeat-seeds 3
        undertone train cnnatt --data train.csv --augment stretch,pitch,masks,mixup
        undertone train cnnatt --data train.csv --cosine --warmup 5 --average 0.999
        undertone train cnnatt --data train.csv --window 400 --hop 160 --mels 64 --coefficients 20 --deltas 2
      """)

  @Argument(help: "The architecture; `undertone models` describes them.")
  var architecture: ModelName?

  @Option(help: .manifest("A manifest of clips", isPiped: false))
  var data: String?

  @Option(help: .manifest("A manifest to validate on", isPiped: false, otherwise: "a part of --data"))
  var validation: String?

  @Option(
    help: ArgumentHelp(
      """
      Without --validation: the share of --data for training, above 0 and below 1; the rest is for validation. \
      (default: \(share))
      """, valueName: "share"))
  var split: Double?

  @OptionGroup var unit: SplitOption

  @Flag(
    help: """
      Train on all clips of --data without validation, and keep the last epoch: the model to use, once the epochs it \
      takes are known from validation.
      """)
  var final = false

  @Option(
    help: ArgumentHelp(
      """
      The number of parts of --data: 2 to 1000. A model is trained without each of them, and tested on it afterwards: no \
      clip that it is tested on has a part in choosing its epoch. Writes a model a fold, folds.csv and predictions.csv. \
      The same command goes on where it was stopped. (default: one training)
      """, valueName: "count"))
  var folds: Int?

  @Option(
    help: ArgumentHelp(
      "With --folds: train every fold with so many seeds, from --seed on: 1 to 1000. (default: 1)", valueName: "count"))
  var repeatSeeds: Int?

  @Option(
    help: ArgumentHelp(
      """
      The training's settings: published (the learning rate of the report's code) or report (a tenth of it, as printed in the report). \
      (default: \(standardRecipe.rawValue))
      """, valueName: "name"))
  var recipe: Recipe.Name?

  @Option(
    help: ArgumentHelp(
      "The classes in the order of the model's outputs, separated by commas. (default: the seven emotions, or the manifest's labels if it has others)",
      valueName: "names"))
  var classes: String?

  @Option(
    help: ArgumentHelp(
      "Numeric columns to predict, separated by commas, such as arousal,dominance,valence; with --classes none, only these. (default: none)",
      valueName: "names"))
  var dimensions: String?

  @Option(
    help: ArgumentHelp(
      """
      Cut off the ends of each clip where they are so far below its loudest frame, in training and in every later use: \
      above 0, or off. (default: \(Trimming.standard))
      """, valueName: "dB"))
  var trim: Trimming?

  @OptionGroup var frontEnd: FrontEndOptions

  @Option(
    help: ArgumentHelp(
      """
      For hubertft, mmfusion and probe, which need it: the pretrained encoder of speech, a folder as it is downloaded \
      (`undertone models get` says how), or \(Pretrained.tinyRandom) for a tiny one with random weights, to try things. \
      (default: none)
      """, valueName: "folder"))
  var encoder: String?

  @Option(
    help: ArgumentHelp(
      """
      For mmfusion, which needs it: the pretrained ConvNeXt, a folder as it is downloaded, or \(Pretrained.tinyRandom). \
      (default: none)
      """, valueName: "folder"))
  var convnext: String?

  @Option(
    help: ArgumentHelp(
      """
      The number of the encoder's last layers to train, 0 or more, and of mmfusion's ConvNeXt as many blocks; what the \
      encoder has before them is computed once a clip and kept. (default: all layers for hubertft and mmfusion, 0 for probe)
      """, valueName: "count"))
  var trainLayers: Int?

  @Option(
    help: ArgumentHelp(
      """
      For probe: what stands on the weighted sum of the encoder's states: linear, or dense (a layer of 256 and tanh \
      between). (default: linear)
      """, valueName: "kind"))
  var head: ProbeHead?

  @Option(
    help: ArgumentHelp(
      """
      Sizes of the network: a JSON file with the content of `network` in config.json. (default: the architecture's own)
      """,
      valueName: "file"))
  var network: String?

  @Option(
    help: ArgumentHelp(
      "The number of epochs: \(words(Recipe.epochRange)). (default: \(ofRecipes { String($0.epochs) }))",
      valueName: "count"))
  var epochs: Int?

  @Option(
    help: ArgumentHelp(
      "The number of clips in a batch: \(words(Recipe.batchRange)). (default: \(ofRecipes { String($0.batch) }))",
      valueName: "count"))
  var batch: Int?

  @Option(
    help: ArgumentHelp(
      """
      The first epoch's learning rate: above 0, at most 1. (default: \(ofRecipes { String($0.rate) }); a tenth with \
      --recipe report)
      """, valueName: "number"))
  var rate: Double?

  @Option(
    help: ArgumentHelp(
      """
      Epochs after which the rate falls, rising, from 1 on, separated by commas, in place of falling at a plateau of the \
      validation loss. A resumed training keeps them. (default: none; with --final a half and five sixths of the epochs)
      """, valueName: "epochs"))
  var milestones: String?

  @Option(
    help: ArgumentHelp(
      "The number of batches whose gradients make one step: \(words(Recipe.accumulationRange)). (default: 1)",
      valueName: "count"))
  var accumulate: Int?

  @Option(
    help: ArgumentHelp(
      "The most that the norm of a step's gradients, over all weights that learn, may be: above 0. (default: any)",
      valueName: "number"))
  var clipNorm: Double?

  @Option(
    help: ArgumentHelp(
      """
      For hubertft, mmfusion and probe, how exactly the products of what learns read their factors: float32, or bfloat16 \
      (eight significant bits; sums and weights stay float32, and so do what is frozen and validation). It shows what \
      such products cost a training, and saves no time: a processor's own are not used yet. (default: float32)
      """, valueName: "name"))
  var precision: Precision?

  @Flag(
    help: """
      For hubertft, mmfusion and probe: keep only the inputs of the transformer layers and ConvNeXt blocks that learn, and \
      compute them again for the gradients: less memory, more time, the same weights (activation checkpointing).
      """)
  var recompute = false

  @Flag(
    help: """
      Let the rate fall along half a cosine to the last epoch, in place of at a plateau of the validation loss. A resumed \
      training keeps it, and its number of epochs.
      """)
  var cosine = false

  @Option(
    help: ArgumentHelp(
      "With --cosine: the number of epochs before it in which the rate rises: 0 or more. (default: 0)",
      valueName: "count"
    ))
  var warmup: Int?

  @Option(
    help: ArgumentHelp(
      """
      Changes of the training clips, drawn anew in every epoch, separated by commas; with a number n, as in stretch:0.1, \
      their size: \(augmentations). For models without a pretrained encoder. (default: none, as in the report)
      """, valueName: "kinds"), transform: { try Augmentation(text: $0) })
  var augment: Augmentation?

  @Option(
    help: ArgumentHelp(
      "How much a class counts in the loss: equal (by its clips) or balanced (as much as any other). (default: equal)",
      valueName: "name"))
  var classWeights: Recipe.ClassWeights?

  @Option(
    help: ArgumentHelp(
      "The share of each label that is spread over all classes: 0 or more, below 1. (default: 0)", valueName: "share"))
  var labelSmoothing: Double?

  @Option(
    help: ArgumentHelp(
      """
      Validate and keep means of the weights over the steps, by this share of the mean a step: above 0, below 1, such as \
      0.999. (default: the weights themselves)
      """, valueName: "share"))
  var average: Double?

  @Option(
    help: ArgumentHelp(
      "End the training after this number of epochs without a better validation loss: 1 or more. (default: never)",
      valueName: "count"))
  var patience: Int?

  @Option(
    help: ArgumentHelp(
      "The seed of initial weights, clip order and dropout: 0 or more. (default: 0)", valueName: "number"))
  var seed: UInt64?

  @Option(help: ArgumentHelp("Resume the training in this folder. (default: a new training)", valueName: "folder"))
  var resume: String?

  @Option(
    help: ArgumentHelp(
      """
      Keep computed features in this folder for the next run. (default: not kept, but a frozen encoder's states in \
      \(statesFolder))
      """, valueName: "folder"))
  var cache: String?

  @Option(
    help: ArgumentHelp(
      """
      The number of gigabytes that a frozen encoder's states may take on the disk, above 0; those of other encoders \
      make room, the oldest first. (default: \(EncodedStates.standardLimit / 1_000_000_000))
      """, valueName: "GB"))
  var cacheLimit: Double?

  @Option(help: ArgumentHelp("The model folder. (default: output/train/ARCHITECTURE)", valueName: "folder"))
  var output: String?

  @OptionGroup var drawing: FigureOption

  @Flag(help: "Also write a self-contained HTML page: the curves, with their numbers as tables.")
  var html = false

  @OptionGroup var threads: ThreadOption

  @Flag(help: "Train even if the output folder holds a model; it is replaced.")
  var overwrite = false

  @Flag(help: "Print one JSON object per epoch.")
  var json = false

  func validate() throws {
    guard resume != nil || (architecture != nil && data != nil) else {
      let names = EmotionModels.names.joined(separator: ", ")
      throw ValidationError("train needs an architecture (\(names)) and --data, or --resume")
    }
    if let option = [("--data", data), ("--validation", validation)].first(where: { $0.1 == Manifest.standardInput })?.0
    {
      throw ValidationError(
        "\(option) -: a training reads its manifests again to resume, so they must be files, not standard input")
    }
    if let split, !(split > 0 && split < 1) { throw ValidationError("--split must lie between 0 and 1") }
    if let epochs, !Recipe.epochRange.contains(epochs) {
      throw ValidationError("--epochs must lie between 1 and 1000000")
    }
    if let batch, !Recipe.batchRange.contains(batch) { throw ValidationError("--batch must lie between 2 and 1000000") }
    if let rate, !(rate > 0 && rate <= 1) { throw ValidationError("--rate must lie between 0 and 1") }
    if let accumulate, !Recipe.accumulationRange.contains(accumulate) {
      throw ValidationError("--accumulate must lie between 1 and 1000000")
    }
    if let clipNorm, !(clipNorm > 0 && clipNorm.isFinite) { throw ValidationError("--clip-norm must be above 0") }
    if milestones != nil { _ = try milestoneEpochs() }
    if cosine, milestones != nil {
      throw ValidationError("--cosine and --milestones are two ways for the rate to fall")
    }
    if let warmup {
      guard cosine else { throw ValidationError("--warmup needs --cosine") }
      guard warmup >= 0 else { throw ValidationError("--warmup must be 0 or more") }
    }
    if let labelSmoothing, !(0..<1).contains(labelSmoothing) {
      throw ValidationError("--label-smoothing must be at least 0 and below 1")
    }
    if let average, !(average > 0 && average < 1) { throw ValidationError("--average must lie between 0 and 1") }
    if let patience {
      guard patience >= 1 else { throw ValidationError("--patience must be 1 or more") }
      guard !final else { throw ValidationError("--patience needs validation, which --final has not") }
    }
    let fixed: [(String, Bool)] =
      [
        ("an architecture", architecture != nil), ("--split", split != nil), ("--by", unit.by != nil),
        ("--recipe", recipe != nil), ("--classes", classes != nil), ("--dimensions", dimensions != nil),
        ("--network", network != nil), ("--trim", trim != nil),
        ("--batch", batch != nil), ("--rate", rate != nil), ("--seed", seed != nil),
        ("--output", output != nil), ("--overwrite", overwrite), ("--train-layers", trainLayers != nil),
        ("--head", head != nil), ("--final", final), ("--milestones", milestones != nil),
        ("--accumulate", accumulate != nil), ("--clip-norm", clipNorm != nil), ("--precision", precision != nil),
        ("--cosine", cosine), ("--augment", augment != nil), ("--class-weights", classWeights != nil),
        ("--label-smoothing", labelSmoothing != nil), ("--average", average != nil), ("--patience", patience != nil),
        ("--folds", folds != nil),
      ] + frontEnd.given
    if resume != nil, let given = fixed.first(where: \.1) {
      throw ValidationError("--resume continues with the original settings; it does not take \(given.0)")
    }
    if let kind = architecture?.kind {
      if let part = kind.pretrainedParts.first(where: { pretrained[$0] == nil }) {
        throw ValidationError(
          "\(kind.name) needs \(part.option): a folder as it is downloaded (`undertone models get` lists some), or "
            + "\(Pretrained.tinyRandom) to try it")
      }
      try checkEffects(on: kind)
    }
    if let trainLayers, trainLayers < 0 { throw ValidationError("--train-layers must be 0 or more") }
    if let cacheLimit, !(cacheLimit > 0 && cacheLimit <= 1_000_000) {
      throw ValidationError("--cache-limit must lie above 0 and at most 1000000")
    }
    let validated: [(String, Bool)] = [
      ("--validation", validation != nil), ("--split", split != nil), ("--by", unit.by != nil),
    ]
    if final, let given = validated.first(where: \.1) {
      throw ValidationError("--final trains on all clips, without validation; it does not go with \(given.0)")
    }
    if let folds {
      guard (2...1000).contains(folds) else { throw ValidationError("--folds must lie between 2 and 1000") }
      guard validation == nil else {
        throw ValidationError("--folds takes its clips for validation from --data; it does not go with --validation")
      }
      if html { throw ValidationError("--html has no effect with --folds") }
    }
    if let repeatSeeds {
      guard folds != nil else { throw ValidationError("--repeat-seeds needs --folds") }
      guard (1...1000).contains(repeatSeeds) else {
        throw ValidationError("--repeat-seeds must lie between 1 and 1000")
      }
    }
    if validation != nil, split != nil || unit.by != nil {
      throw ValidationError(
        "--validation leaves nothing to split; it does not go with \(split != nil ? "--split" : "--by")")
    }
  }

  /// Throws where an option of pretrained parts has no effect on a kind of model.
  private func checkEffects(on kind: any EmotionModel.Type) throws {
    let parts = kind.pretrainedParts
    let unused: [(String, Bool)] =
      PretrainedPart.allCases.map {
        ($0.option, pretrained[$0] != nil && !parts.contains($0))
      } + [
        ("--train-layers", trainLayers != nil && !parts.contains(.encoder)),
        ("--cache-limit", cacheLimit != nil && !parts.contains(.encoder)),
        ("--head", head != nil && kind != SpeechClassifier.self), ("--recompute", recompute && parts.isEmpty),
        ("--precision", precision != nil && parts.isEmpty), ("--augment", augment != nil && !parts.isEmpty),
      ]
    if let option = unused.first(where: \.1)?.0 { throw ValidationError("\(option) has no effect on \(kind.name)") }
  }

  func run() throws {
    try Console.run {
      Interruption.listen()
      // The results are files: a reader of standard output that leaves does not end the training.
      signal(SIGPIPE, SIG_IGN)
      var unprinted: FileError?
      func print(_ text: String) {
        do { try Console.print(text) } catch { unprinted = unprinted ?? error }
      }
      let drawing = try self.drawing.files()
      if let folds { return try crossValidate(folds, print) }
      let (trainer, failures, count): Prepared
      do {
        (trainer, failures, count) = try resume.map(resumed) ?? started()
      } catch TrainingError.alreadyFinished(let folder, _)
        where !drawing.formats.contains(where: {
          FileManager.default.fileExists(atPath: "\(folder)/curves.\($0.rawValue)")
        })
      {
        // It was killed between its last epoch and the figure.
        try write(TrainingReport(finished: folder), as: drawing, to: folder)
        return print(folder)
      }
      let result = try run(trainer, print)
      guard let kept = result.kept else {
        Console.note("undertone: stopped before the first epoch was done; start again")
        throw ExitCode(130)
      }
      if let report = TrainingReport(trainer) { try write(report, as: drawing, to: trainer.folder) }
      Console.note(
        Self.words(of: kept).map { "best epoch \(kept.epoch): validation loss \($0.loss), accuracy \($0.scores)" }
          ?? "last epoch \(kept.epoch): training loss \(Self.number(kept.trainLoss)); there was no validation")
      if !json { print(trainer.folder) }
      guard result.isFinished else {
        Console.note(
          "undertone: stopped after \(result.history.count) epochs; resume with: "
            + "\(CommandLine.arguments[0]) train --resume \(trainer.folder)"
        )
        throw ExitCode(130)
      }
      try Console.end(failures, of: count)
      if let unprinted, unprinted != .unwritable(path: "standard output", reason: systemReason(EPIPE)) {
        throw unprinted
      }
    }
  }

  func run(_ trainer: Trainer, _ print: (String) -> Void) throws -> TrainingResult {
    trainer.warnings.forEach { Console.note("undertone: \($0)") }
    let result = try trainer.run(recomputes: recompute, { show($0, print) }, shouldStop: { Interruption.wasAsked })
    // Under the ^C that the terminal shows.
    if !result.isFinished, Console.isTerminal { Console.note("") }
    return result
  }

  private func write(_ report: TrainingReport, as drawing: FigureFiles, to path: String) throws {
    let folder = try OutputFolder(path)
    _ = try drawing.write(report.figure, to: folder, as: "curves", provenance: report.provenance)
    guard html else { return }
    try folder.write(RunsReport([FinishedRun(folder: path)]).page, as: "curves", isQuiet: json)
  }

  /// The manifests that are named, in full, so that --resume works from any folder.
  var manifests: [String: String] {
    let files = ["data": data, "validation": validation].compactMapValues(\.self)
      .merging(pretrained.map { ($0.key.rawValue, $0.value) }) { $1 }
    return files.mapValues { $0 == Pretrained.tinyRandom ? $0 : URL(fileURLWithPath: $0).path }
  }

  /// What the options of pretrained parts name.
  private var pretrained: [PretrainedPart: String] {
    [PretrainedPart.encoder: encoder, .convnext: convnext].compactMapValues(\.self)
  }

  /// Where a frozen encoder's states are kept without --cache.
  private static let statesFolder = "output/states"

  /// What --split is where it is not given: the report's.
  static let share = 0.8
  private static let standardRecipe = Recipe.Name.published

  private static let augmentations = Augmentation.Kind.allCases.map { kind in
    kind.rawValue + (kind.standard.map { ":\(String(format: "%g", $0))" } ?? "") + " (\(kind.words))"
  }.joined(separator: ", ")

  private static func words(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound) to \(range.upperBound)" }

  /// A setting of the architectures' standard recipes: "100 for cnnlstm, 150 for fcmfcc", or one where all are equal.
  private static func ofRecipes(_ setting: (Recipe) -> String) -> String {
    let found = EmotionModels.all.compactMap { kind in
      (kind.recipes[standardRecipe] ?? kind.recipes[.report]).map { (name: kind.name, value: setting($0)) }
    }
    if Set(found.map(\.value)).count == 1 { return found[0].value }
    return found.map { "\($0.value) for \($0.name)" }.joined(separator: ", ")
  }

  /// A training, the clips that it has to do without, and how many there were to be.
  private typealias Prepared = (trainer: Trainer, failures: [AudioFileError], count: Int)

  /// The folder of a new training.
  var folder: String { output ?? "output/train/\(architecture!.kind.name)" }

  /// The settings of a new training, as the options have them.
  func newRecipe() throws -> Recipe {
    let kind = architecture!.kind
    let named = self.recipe ?? (kind.recipes[Self.standardRecipe] == nil ? .report : Self.standardRecipe)
    guard var recipe = kind.recipes[named] else {
      throw ValidationError("\(kind.name) has no recipe \"\(named.rawValue)\"")
    }
    if let epochs { recipe.epochs = epochs }
    if let batch { recipe.batch = batch }
    if let rate { recipe.rate = rate }
    if let accumulate { recipe.accumulatedBatches = accumulate }
    recipe.gradientNorm = clipNorm
    if let precision { recipe.precision = precision }
    if let augment { recipe.augmentation = augment }
    if let classWeights { recipe.classWeights = classWeights }
    if let labelSmoothing { recipe.labelSmoothing = labelSmoothing }
    (recipe.averaging, recipe.patience) = (average, patience)
    if cosine {
      recipe.schedule = .cosine(warmup: warmup ?? 0)
    } else if let epochs = try milestoneEpochs(of: recipe.epochs) {
      recipe.schedule = .milestones(factor: recipe.schedule.factor ?? 0.1, epochs: epochs)
    }
    return recipe
  }

  /// A new model for a manifest, its weights drawn from a seed, and the recipe with its frozen layers.
  func newModel(for manifest: Manifest, seed: UInt64, _ recipe: Recipe) throws -> (model: TrainedModel, recipe: Recipe)
  {
    let (kind, parts) = (architecture!.kind, try Pretrained(pretrained))
    let configuration = try configuration(kind, around: parts, for: manifest)
    let model = try TrainedModel(untrained: configuration, around: parts, seed: seed)
    guard let trainLayers = trainLayers ?? kind.trainedLayers, let network = model.network as? any EncodingModel else {
      return (model, recipe)
    }
    guard trainLayers <= network.encoderConfiguration.layerCount else {
      throw ValidationError(
        "--train-layers \(trainLayers): the encoder has \(network.encoderConfiguration.layerCount) layers")
    }
    return (model, recipe.training(lastLayers: trainLayers, of: network))
  }

  /// Entries on a new training in `config.json`.
  var facts: [String: String] {
    var facts = Dictionary(uniqueKeysWithValues: pretrained.map { ($0.key.rawValue, $0.value) })
    facts["train_layers"] = trainLayers.map { "\($0)" }
    facts["head"] = head.map { "\($0)" }
    return facts.merging(["data": data!, "undertone": undertoneVersion]) { $1 }
  }

  private func started() throws -> Prepared {
    let seed = seed ?? 0
    if FileManager.default.fileExists(atPath: "\(folder)/config.json"), !overwrite {
      throw ValidationError("\(folder) holds a model already; choose another --output, or --overwrite, or --resume it")
    }
    let recipe = try newRecipe()
    let whole = try readManifest(data!)
    let (training, validating): (Manifest, Manifest?)
    let origin: [String: String]
    var notes: [String] = []
    if final {
      (training, validating) = (whole, nil)
      origin = [:]
      notes = ["training \(whole.size), no validation"]
    } else if let validation {
      (training, validating) = (whole, try readManifest(validation))
      origin = ["validation": validation]
    } else {
      let (by, warning) = unit.unit(for: whole)
      let parts = try whole.split(trainingShare: split ?? Self.share, by: by, seed: seed)
      (training, validating) = parts
      origin = ["by": by.rawValue, "share": "\(split ?? Self.share)"]
      notes =
        [warning.map { "undertone: \($0)" }].compactMap { $0 }
        + ["split by \(by.rawValue): training \(parts.training.size), validation \(parts.validation.size)"]
    }
    // Before the work, so that a folder that cannot be written to is known at once.
    _ = try OutputFolder(folder)
    let (model, own) = try newModel(for: whole, seed: seed, recipe)
    let sets = try features(training, validating, for: model, recipe: own)
    notes.forEach(Console.note)
    let trainer = try Trainer(
      model, recipe: own, seed: seed, training: sets.training, validation: sets.validation, folder: folder,
      provenance: facts.merging(origin) { $1 }, manifests: manifests)
    return (trainer, sets.failures, training.entries.count + (validating?.entries.count ?? 0))
  }

  /// The numbers of --milestones, or of --final without them; nil where neither is given.
  /// - Parameter epochs: The training's, before whose last one the rate has to fall.
  private func milestoneEpochs(of epochs: Int = .max) throws -> [Int]? {
    guard let milestones else { return final ? Recipe.finalMilestones(of: epochs) : nil }
    let found = milestones.split(separator: ",", omittingEmptySubsequences: false).map {
      Int($0.trimmingCharacters(in: .whitespaces)) ?? 0
    }
    guard zip([0] + found, found).allSatisfy(<) else {
      throw ValidationError("--milestones \(milestones): epochs must be whole numbers that rise, from 1 on")
    }
    guard found.last! < epochs else {
      throw ValidationError(
        "--milestones \(milestones): the training has \(epochs) epochs, and the rate falls after one")
    }
    return found
  }

  /// The configuration of a new model whose outputs are what the manifest is labelled with.
  private func configuration(
    _ kind: any EmotionModel.Type, around pretrained: Pretrained, for manifest: Manifest
  ) throws -> ModelConfiguration {
    func names(_ text: String) -> [String] {
      text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
    let present = manifest.emotions
    let dimensions = dimensions.map(names) ?? []
    var classes = ModelConfiguration.emotions
    if let named = self.classes {
      classes = named == "none" ? [] : names(named).map { $0.lowercased() }
    } else if present.isEmpty, !dimensions.isEmpty {
      classes = []
    } else if !present.allSatisfy(Emotion.known.contains) {
      classes = present.map(\.rawValue)
      Console.note("undertone: \(classes.count) classes: \(classes.joined(separator: ", "))")
    }
    let sizes = try network.map { path in
      guard let data = try contents(of: path, limit: SizeLimit.configuration) else {
        throw CheckpointError.noConfiguration(path: path)
      }
      do {
        return try kind.configuration(decoding: data)
      } catch {
        throw CheckpointError.configuration(path: path, reason: "it does not have the sizes of \(kind.name)")
      }
    }
    var network = sizes ?? kind.configuration(around: pretrained)
    if var probe = network as? SpeechClassifier.Configuration, let head {
      probe.head = head.head
      network = probe
    }
    let configuration = ModelConfiguration(
      kind, network: network, classes: classes, dimensions: dimensions, frontEnd: frontEnd.frontEnd,
      trimming: trim ?? .standard)
    do {
      try configuration.check(path: self.network ?? "the model")
    } catch {
      throw ValidationError("\(error)")
    }
    return configuration
  }

  private func resumed(_ folder: String) throws -> Prepared {
    let saved = try SavedTraining.read(folder)
    try checkEffects(on: saved.configuration.model)
    func path(_ name: String, _ given: String?) throws(TrainingError) -> String? {
      guard given == nil, let path = saved.manifests[name] else { return given }
      guard path == Pretrained.tinyRandom || FileManager.default.fileExists(atPath: path) else {
        throw .manifestMoved(folder: folder, path: path, option: "--\(name)")
      }
      return path
    }
    guard let data = try path("data", data) else {
      throw ValidationError("\(folder) does not name the manifest that it was trained on; give it with --data")
    }
    let whole = try readManifest(data)
    let parts: (training: Manifest, validation: Manifest?)
    if !saved.isValidated {
      guard validation == nil else {
        throw ValidationError("\(folder) was trained without validation; --validation does not go with it")
      }
      parts = (whole, nil)
    } else if let validation = try path("validation", validation) {
      parts = (whole, try readManifest(validation))
    } else {
      parts = try whole.split(
        trainingShare: saved.provenance["share"].flatMap(Double.init).flatMap { $0 > 0 && $0 < 1 ? $0 : nil }
          ?? Self.share, by: saved.provenance["by"].flatMap(SplitUnit.init) ?? .clip, seed: saved.seed)
    }
    // The same weights as at the start: those that do not learn are not in the training's state.
    var initial: TrainedModel?
    if !saved.configuration.model.pretrainedParts.isEmpty {
      let folders = try saved.configuration.model.pretrainedParts.map { part in
        (part, try path(part.rawValue, pretrained[part]) ?? Pretrained.tinyRandom)
      }
      initial = try TrainedModel(
        untrained: saved.configuration, around: Pretrained(Dictionary(uniqueKeysWithValues: folders)), seed: saved.seed)
    }
    let model = initial ?? TrainedModel(untrained: saved.configuration, seed: saved.seed)
    let sets = try features(parts.training, parts.validation, for: model, recipe: saved.recipe)
    return (
      try Trainer(
        resuming: folder, epochs: epochs, initial: initial, training: sets.training, validation: sets.validation,
        manifests: manifests),
      sets.failures, parts.training.entries.count + (parts.validation?.entries.count ?? 0)
    )
  }

  private func features(
    _ training: Manifest, _ validation: Manifest?, for model: TrainedModel, recipe: Recipe
  ) throws -> (training: FeatureSet, validation: FeatureSet?, failures: [AudioFileError]) {
    let features = try cache.map { try FeatureCache(folder: $0) }
    func compute(_ manifest: Manifest, _ name: String) throws -> (features: FeatureSet, failures: [AudioFileError]) {
      let found = try computeFeatures(
        manifest, for: model.configuration, cache: features,
        keepsSound: manifest == training && recipe.augmentation.changesClips, label: "\(name) features")
      return (try encoded(found.features, by: model, recipe, name), found.failures)
    }
    let (trained, validated) = (
      try compute(training, "training"), try validation.map { try compute($0, "validation") }
    )
    return (trained.features, validated?.features, trained.failures + (validated?.failures ?? []))
  }

  /// A set with what a frozen part of the model's encoder makes of it; the set itself where nothing is frozen.
  func encoded(
    _ set: FeatureSet, by model: TrainedModel, _ recipe: Recipe, _ name: String
  ) throws -> FeatureSet {
    guard let network = model.network as? any EncodingModel else { return set }
    guard let stage = network.frozenStage(by: recipe) else { return set }
    let limit = cacheLimit.map { Int($0 * 1e9) } ?? EncodedStates.standardLimit
    let states = try EncodedStates(folder: cache ?? Self.statesFolder, limit: limit)
    var bar: ProgressBar?
    let found = try states.encode(
      set, by: network, at: stage,
      progress: { done, total in
        bar = bar ?? ProgressBar("\(name) through the encoder", total: total)
        bar?.show(done)
      }, shouldStop: { Interruption.wasAsked })
    ProgressBar.clear()
    guard let found else { throw ExitCode(130) }
    return found
  }

  private func show(_ event: TrainingEvent, _ print: (String) -> Void) {
    switch event {
    case .batch(let progress):
      let epochs = Double(progress.epoch - 1) + Double(progress.batch) / Double(progress.batches)
      ProgressBar.draw(
        "epoch \(progress.epoch)/\(progress.epochs)", share: epochs / Double(progress.epochs),
        note: "loss \(Self.number(progress.loss))  \(ProgressBar.time(progress.remaining)) left")
    case .epoch(let record, let isBest):
      ProgressBar.clear()
      if json {
        if let line = try? record.line { print(line) }
        return
      }
      Console.note(
        "epoch \(record.epoch): loss \(Self.number(record.trainLoss))"
          + (Self.words(of: record).map { ", validation \($0.loss), accuracy \($0.scores)" } ?? "")
          + (isBest ? ", best so far" : ""))
    }
  }

  /// The validation's loss, and "0.512, macro F1 0.498"; nil without validation.
  private static func words(of record: EpochRecord) -> (loss: String, scores: String)? {
    guard let loss = record.validationLoss, let accuracy = record.validationAccuracy,
      let f1 = record.validationMacroF1
    else { return nil }
    return (number(loss), "\(number(accuracy)), macro F1 \(number(f1))")
  }

  private static func number(_ value: Double) -> String { String(format: "%.3f", value) }
}

extension Recipe.Name: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension Recipe.ClassWeights: ExpressibleByArgument {}

extension Trimming: ExpressibleByArgument {
  public init?(argument: String) {
    if argument == "off" {
      self = .off
    } else if let decibels = Double(argument), decibels > 0, decibels.isFinite {
      self = .decibels(decibels)
    } else {
      return nil
    }
  }
}

/// The heads of a probe.
enum ProbeHead: String, CaseIterable, ExpressibleByArgument {
  case linear, dense

  var head: SpeechHead {
    switch self {
    case .linear: SpeechHead(.linear, usesAllStates: true)
    case .dense: SpeechHead(.dense, width: 256, usesAllStates: true, output: "classifier.output")
    }
  }
}
