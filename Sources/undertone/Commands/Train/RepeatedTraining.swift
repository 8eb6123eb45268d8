import ArgumentParser
import Attributions
import Corpora
import Foundation
import Models
import Reports
import Training

/// A training that is in a folder, to be repeated or to go on from: its recipe, on the clips that it was made of and with the
/// same of them left out.
struct RepeatedTraining {
  let folder: String
  let saved: SavedTraining
  let command: Train
  let plan: TrainingPlan
  let whole: Manifest
  let training: Manifest
  let validation: Manifest?

  /// - Parameters:
  ///   - folder: Nil of the built-in model.
  ///   - option: The option that asks for it, and what it does, for errors: "--seeds trains the model again".
  ///   - advice: What else there is to do; empty where there is nothing.
  init(_ folder: String?, for option: String, advice: String = "") throws {
    func cannot(_ reason: String) -> ValidationError { ValidationError("\(option), and \(reason)\(advice)") }
    guard let folder, FileManager.default.fileExists(atPath: "\(folder)/resume.json") else {
      throw cannot("\(folder ?? "built-in") is not the folder of a training")
    }
    self.folder = folder
    saved = try SavedTraining.read(folder)
    var arguments = ["--recipe", "\(folder)/\(TrainingPlan.file)", "--seed", "\(saved.seed)"]
    for (name, path) in saved.manifests.sorted(by: { $0.key < $1.key }) {
      guard path == Pretrained.tinyRandom || FileManager.default.fileExists(atPath: path) else {
        throw cannot("its \(name), \(path), is no longer there")
      }
      arguments += ["--\(name)", path]
    }
    guard saved.provenance["fold"] == nil else {
      throw cannot("\(folder) is a fold, whose clips are not those of its manifest")
    }
    guard let data = saved.manifests["data"] else { throw cannot("\(folder) does not name its clips") }
    command = try Train.parse(arguments)
    plan = try command.plan()
    whole = try readManifest(data)
    (training, validation) = try saved.parts(of: whole, validation: saved.manifests["validation"])
  }

  /// The entry of a fine-tuned model's `config.json` that has the digest of the model that it was.
  static let start = "fine_tuned"

  /// What to do about a folder that holds another training: none is overwritten here.
  private static let advice = "delete it or choose another --output"

  private var facts: [String: String] {
    saved.provenance.filter { ["by", "share", "validation"].contains($0.key) }
  }

  // MARK: Other seeds

  /// The models of `count` other seeds, those after the training's own, named by them; what is trained already in `place` is
  /// kept, and what was stopped goes on.
  func again(_ count: Int, in place: String) throws -> [TrainedModel] {
    let seeds = (1...count).map { saved.seed &+ UInt64($0) }
    let ready = seeds.compactMap { seed in try? trained(seed, in: place) }
    guard ready.count < count else { return ready }
    let (first, recipe) = try command.newModel(for: whole, seed: saved.seed, plan)
    let sets = try command.features(training, validation, for: first, recipe: recipe)
    return try seeds.enumerated().map { number, seed in
      let name = "seed-\(seed)"
      Console.note("\(name): training \(number + 1) of \(count)")
      let (model, recipe) = try command.newModel(for: whole, seed: seed, plan)
      _ = try command.trained(
        model, recipe, in: "\(place)/\(name)", on: sets.training, sets.validation, seed: seed, plan, facts: facts,
        advice: Self.advice
      ) { _ in }
      return try TrainedModel(folder: "\(place)/\(name)", name: name)
    }
  }

  /// The model of a seed where it has been trained to the last epoch.
  private func trained(_ seed: UInt64, in place: String) throws -> TrainedModel? {
    let folder = "\(place)/seed-\(seed)"
    let other = try SavedTraining.read(folder)
    guard other.recipe == saved.recipe, other.configuration == saved.configuration, other.seed == seed,
      other.manifests == saved.manifests, other.history.count == saved.recipe.epochs
    else { return nil }
    return try TrainedModel(folder: folder, name: "seed-\(seed)")
  }

  // MARK: Fine-tuning

  /// The model trained further on its training clips with random cells of the mel silenced, for so many epochs at a tenth of
  /// its recipe's rate, which falls along half a cosine; what was stopped goes on, and what is there already is kept.
  /// - Parameter isTrained: Whether it has been trained already, by another rank.
  func fineTuned(epochs: Int, in place: String, isTrained: Bool) throws -> TrainedModel {
    // A training changes the weights of the model that it starts from.
    let model = try TrainedModel(folder: folder)
    if !isTrained {
      let plan = try further(epochs: epochs)
      let set = try command.features(training, nil, for: model, recipe: plan.recipe).training
      _ = try command.trained(
        model, plan.recipe, in: place, on: set, nil, seed: saved.seed, plan, facts: facts(startingAt: model),
        advice: Self.advice
      ) { _ in }
    }
    return try TrainedModel(folder: place, name: "\(model.name), fine-tuned")
  }

  /// Checks a folder for ``fineTuned(epochs:in:isTrained:)`` before there is any work.
  /// - Throws: Where it holds another training.
  func check(epochs: Int, in place: String) throws {
    let model = try TrainedModel(folder: folder)
    _ = try command.isBegun(
      model, further(epochs: epochs).recipe, in: place, seed: saved.seed, facts: facts(startingAt: model),
      advice: Self.advice)
  }

  private func facts(startingAt model: TrainedModel) -> [String: String] {
    facts.merging([Self.start: model.digest]) { $1 }
  }

  private func further(epochs: Int) throws -> TrainingPlan {
    var plan = plan
    plan.validation = .absent
    plan.recipe = saved.recipe
    plan.recipe.epochs = epochs
    plan.recipe.rate *= 0.1
    plan.recipe.schedule = .cosine(warmup: 0)
    (plan.recipe.averaging, plan.recipe.patience) = (nil, nil)
    let removal = try Augmentation.Step(.cells, TrustExaminer.fineTunedShare)
    plan.recipe.augmentation = try Augmentation(
      saved.recipe.augmentation.steps.filter { $0.kind != .cells } + [removal])
    return plan
  }
}

extension SavedTraining {
  /// The training's clips and those that it is validated on; nil of a training without validation.
  func parts(of whole: Manifest, validation: String?) throws -> (training: Manifest, validation: Manifest?) {
    guard isValidated else { return (whole, nil) }
    if let validation { return (whole, try readManifest(validation)) }
    return try whole.split(
      trainingShare: provenance["share"].flatMap(Double.init).flatMap { $0 > 0 && $0 < 1 ? $0 : nil }
        ?? TrainingPlan.share, by: provenance["by"].flatMap(SplitUnit.init) ?? .clip, seed: seed)
  }
}
