import ArgumentParser
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Models
import Ranks
import Reports
import Tensors
import Training

struct Train: ParsableCommand, RunsOnRanks {
  static let configuration = CommandConfiguration(
    abstract: "Trains a model on a manifest of clips.",
    usage: """
      undertone train <architecture> --data <file> [<options>]
      undertone train --recipe <file> --data <file> [<options>]
      undertone train --resume <folder> [--epochs <epochs>]
      """,
    discussion: """
      Writes a model folder: the weights of the best epoch (with --final, of the last), config.json, history.csv and \
      curves.png; of the validation clips confusion.png and misclassified.csv; recipe.toml, with which --recipe repeats \
      the training, and environment.json, the program and the machine. Ctrl-C stops and keeps the last whole epoch; \
      --resume continues from there, with the same results as without the interruption. It remembers the training's \
      settings, not how its results are shown and whether it recomputes: give --html, --tensorboard, --format, --width, --font-size, --scale and --recompute again.

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
        undertone train --recipe output/train/cnnatt/recipe.toml --data train.csv --seed 1
        undertone train cnnatt --data votes.csv --soft-labels --tensorboard
        mpirun -n 4 undertone train hubertft --encoder hubert-base-ls960 --data train.csv
      """)

  @Argument(help: "The architecture; `undertone models` describes them.")
  var architecture: ModelName?

  @OptionGroup var source: TrainingDataOptions

  @Option(
    help: ArgumentHelp(
      """
      The training's settings: published (the learning rate of the report's code), report (a tenth of it, as printed in \
      the report), or the recipe.toml that a training wrote: its architecture, seed, split, sizes and settings, without \
      the clips. Options beside it replace its values. (default: \(RecipeChoice.standard.rawValue))
      """, valueName: "recipe"))
  var recipe: RecipeChoice?

  @OptionGroup var network: NetworkOptions

  @OptionGroup var frontEnd: FrontEndOptions

  @OptionGroup var settings: RecipeOptions

  @Option(help: ArgumentHelp("Resume the training in this folder. (default: a new training)", valueName: "folder"))
  var resume: String?

  @OptionGroup var results: TrainingOutputOptions

  func validate() throws {
    guard resume != nil || (source.data != nil && (architecture != nil || recipe?.file != nil)) else {
      let names = EmotionModels.names.joined(separator: ", ")
      throw ValidationError("train needs an architecture (\(names)) and --data, or --resume")
    }
    if settings.patience != nil, source.final {
      throw ValidationError("--patience needs validation, which --final has not")
    }
    if results.html, source.folds != nil { throw ValidationError("--html has no effect with --folds") }
    let fixed =
      [("an architecture", architecture != nil), ("--recipe", recipe != nil)] + source.fixed + network.fixed
      + frontEnd.given + settings.fixed + results.fixed
    if resume != nil, let given = fixed.first(where: \.1) {
      throw ValidationError("--resume continues with the original settings; it does not take \(given.0)")
    }
    if let kind = architecture?.kind { try check(kind) }
  }

  /// Throws where an option that a kind of model needs is missing, or one has no effect on it.
  func check(_ kind: any EmotionModel.Type) throws {
    try network.checkParts(of: kind)
    try checkEffects(on: kind)
  }

  /// Throws where an option of pretrained parts has no effect on a kind of model.
  func checkEffects(on kind: any EmotionModel.Type) throws {
    let unused =
      network.unused(by: kind) + settings.unused(by: kind)
      + [("--cache-limit", results.cacheLimit != nil && !kind.pretrainedParts.contains(.encoder))]
    if let option = unused.first(where: \.1)?.0 { throw ValidationError("\(option) has no effect on \(kind.name)") }
  }

  func run() throws {
    try Console.runOnRanks { try run(on: $0) }
  }

  private func run(on ranks: any RankGroup) throws {
    Interruption.listen()
    // The results are files: a reader of standard output that leaves does not end the training.
    signal(SIGPIPE, SIG_IGN)
    var unprinted: FileError?
    func print(_ text: String) {
      do { try Console.print(text) } catch { unprinted = unprinted ?? error }
    }
    let drawing = try results.drawing.files()
    if let folds = source.folds {
      guard ranks.count == 1 else {
        throw ValidationError(
          "--folds trains on one rank; run it without mpirun, or one training after the other with it")
      }
      return try crossValidate(folds, plan(), print)
    }
    let prepared: Prepared?
    if let resume { prepared = try resumed(resume, drawing, ranks) } else { prepared = try started(plan(), ranks) }
    guard let prepared else { return print(resume!) }
    let trainer = prepared.trainer
    let result = try run(trainer, print)
    if result.kept != nil, ranks.isFirst, let report = TrainingReport(trainer) {
      try write(report, speakers: prepared.speakers, as: drawing, to: trainer.folder)
    }
    // What follows is the same on all ranks.
    ranks.end()
    guard let kept = result.kept else {
      Console.note("undertone: stopped before the first epoch was done; start again")
      throw ExitCode(130)
    }
    Console.note(
      kept.words.map { "best epoch \(kept.epoch): validation loss \($0.loss), accuracy \($0.scores)" }
        ?? "last epoch \(kept.epoch): training loss \(threeDigits(kept.trainLoss)); there was no validation")
    if !results.json { print(trainer.folder) }
    guard result.isFinished else {
      Console.note(
        "undertone: stopped after \(result.history.count) epochs; resume with: "
          + "\(CommandLine.arguments[0]) train --resume \(trainer.folder)"
      )
      throw ExitCode(130)
    }
    try Console.end(prepared.failures, of: prepared.count)
    if let unprinted, unprinted != .unwritable(path: "standard output", reason: systemReason(EPIPE)) {
      throw unprinted
    }
  }

  /// A training, the speakers of its validation clips by their paths, the clips that it has to do without, and how many there
  /// were to be.
  typealias Prepared = (trainer: Trainer, speakers: [String: String], failures: [AudioFileError], count: Int)

  /// The manifests that are named, in full, so that --resume works from any folder.
  var manifests: [String: String] {
    let files = ["data": source.data, "validation": source.validation].compactMapValues(\.self)
      .merging(network.pretrained.map { ($0.key.rawValue, $0.value) }) { $1 }
    return files.mapValues { $0 == Pretrained.tinyRandom ? $0 : URL(fileURLWithPath: $0).path }
  }

  /// The features of the clips, and for a frozen part of an encoder what it makes of them.
  /// - Parameter ranks: Of several, the first computes what is kept in a folder, and the others read it there afterwards.
  func features(
    _ training: Manifest, _ validation: Manifest?, for model: TrainedModel, recipe: Recipe,
    on ranks: any RankGroup = SingleRank()
  ) throws -> (training: FeatureSet, validation: FeatureSet?, failures: [AudioFileError]) {
    let isKept = results.cache != nil || (model.network as? any EncodingModel)?.frozenStage(by: recipe) != nil
    if isKept, !ranks.isFirst { ranks.wait() }
    let features = try results.cache.map { try FeatureCache(folder: $0) }
    func compute(_ manifest: Manifest, _ name: String) throws -> (features: FeatureSet, failures: [AudioFileError]) {
      let isTrained = manifest == training
      let found = try computeFeatures(
        manifest, for: model.configuration, cache: features,
        keepsSound: isTrained && recipe.augmentation.changesClips, readsVotes: isTrained && recipe.softLabels,
        label: "\(name) features")
      return (try encoded(found.features, by: model, recipe, name), found.failures)
    }
    let (trained, validated) = (
      try compute(training, "training"), try validation.map { try compute($0, "validation") }
    )
    if isKept, ranks.isFirst { ranks.wait() }
    return (trained.features, validated?.features, trained.failures + (validated?.failures ?? []))
  }

  /// A set with what a frozen part of the model's encoder makes of it; the set itself where nothing is frozen.
  func encoded(
    _ set: FeatureSet, by model: TrainedModel, _ recipe: Recipe, _ name: String
  ) throws -> FeatureSet {
    guard let network = model.network as? any EncodingModel else { return set }
    guard let stage = network.frozenStage(by: recipe) else { return set }
    let limit = results.cacheLimit.map { Int($0 * 1e9) } ?? EncodedStates.standardLimit
    let states = try EncodedStates(folder: results.cache ?? TrainingOutputOptions.statesFolder, limit: limit)
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
}
