import ArgumentParser
import Corpora
import Foundation
import Models
import Reports
import Training

extension Train {
  /// The model of a folder trained again from other seeds, by its recipe, on the clips that it was trained on and with the
  /// same of them left out; what is trained already in `place` is kept, and what was stopped goes on.
  /// - Parameter count: How many times: the seeds after the model's own.
  /// - Returns: The models, named by their seeds.
  static func again(_ folder: String, _ count: Int, in place: String) throws -> [TrainedModel] {
    func cannot(_ reason: String) -> ValidationError {
      ValidationError("--seeds trains the model again, and \(reason); --siblings takes models that are trained already")
    }
    guard folder != "built-in", FileManager.default.fileExists(atPath: "\(folder)/resume.json") else {
      throw cannot("\(folder) is not the folder of a training")
    }
    let saved = try SavedTraining.read(folder)
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
    guard saved.manifests["data"] != nil else { throw cannot("\(folder) does not name its clips") }
    let seeds = (1...count).map { saved.seed &+ UInt64($0) }
    let ready = seeds.compactMap { seed in try? trained(saved, seed, in: place) }
    guard ready.count < count else { return ready }
    let command = try Train.parse(arguments)
    let plan = try command.plan()
    let whole = try readManifest(saved.manifests["data"]!)
    let parts = try saved.parts(of: whole, validation: saved.manifests["validation"])
    let (first, recipe) = try command.newModel(for: whole, seed: saved.seed, plan)
    let sets = try command.features(parts.training, parts.validation, for: first, recipe: recipe)
    let facts = saved.provenance.filter { ["by", "share", "validation"].contains($0.key) }
    return try seeds.enumerated().map { number, seed in
      let name = "seed-\(seed)"
      Console.note("\(name): training \(number + 1) of \(count)")
      _ = try command.trained(
        in: "\(place)/\(name)", on: sets.training, sets.validation, seed: seed, for: whole, plan, facts: facts
      ) { _ in }
      return try TrainedModel(folder: "\(place)/\(name)", name: name)
    }
  }

  /// The model of a seed where it has been trained to the last epoch.
  private static func trained(_ saved: SavedTraining, _ seed: UInt64, in place: String) throws -> TrainedModel? {
    let folder = "\(place)/seed-\(seed)"
    let other = try SavedTraining.read(folder)
    guard other.recipe == saved.recipe, other.configuration == saved.configuration, other.seed == seed,
      other.manifests == saved.manifests, other.history.count == saved.recipe.epochs
    else { return nil }
    return try TrainedModel(folder: folder, name: "seed-\(seed)")
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
