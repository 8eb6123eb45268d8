import Figures
import Foundation
import Models
import Training

/// The curves of a training.
public struct TrainingReport {
  public let model: TrainedModel
  public let recipe: Recipe
  public let seed: UInt64
  /// At least one epoch.
  public let history: [EpochRecord]

  /// Nil where no epoch is done.
  public init?(_ trainer: Trainer) {
    guard !trainer.history.isEmpty else { return nil }
    (model, recipe, seed, history) = (trainer.model, trainer.recipe, trainer.seed, trainer.history)
  }

  /// Of a training that has ended, from its folder.
  public init(finished folder: String) throws {
    let saved = try SavedTraining.read(folder)
    model = try TrainedModel(folder: folder)
    (recipe, seed, history) = (saved.recipe, saved.seed, saved.history)
    if history.isEmpty { throw TrainingError.nothingToResume(folder: folder) }
  }

  public var figure: TrainingCurves {
    let name = model.title
    return TrainingCurves(
      title: ["Training \(name)", "recipe \(recipe.title(for: model.kind)), seed \(seed)"],
      runs: [.init(name: name, history: history)])
  }

  /// Entries of the model's `config.json` on its training, under the same names in words: "Training data".
  public var provenance: [String: String] {
    let training = model.configuration.training
    var entries = model.provenance(source: training["data"] ?? "unknown")
    for (name, value) in training where !["data", "undertone"].contains(name) {
      entries[name.prefix(1).uppercased() + name.dropFirst().replacing("_", with: " ")] = value
    }
    return entries
  }
}
