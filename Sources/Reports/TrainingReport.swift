import Figures
import Foundation
import Models
import Training

/// The curves of a training.
public struct TrainingReport {
  public let model: TrainedModel
  public let recipe: Recipe
  public let seed: UInt64
  public let history: [EpochRecord]
  /// The epoch whose weights were kept.
  public let best: EpochRecord

  /// Nil where no epoch is done.
  public init?(_ trainer: Trainer) {
    guard let best = trainer.bestEpoch else { return nil }
    (model, recipe, seed, history) = (trainer.model, trainer.recipe, trainer.seed, trainer.history)
    self.best = best
  }

  /// Of a training that has ended, from its folder.
  public init(finished folder: String) throws {
    let saved = try SavedTraining.read(folder)
    model = try TrainedModel(folder: folder)
    (recipe, seed, history) = (saved.recipe, saved.seed, saved.history)
    guard let best = history.best else { throw TrainingError.nothingToResume(folder: folder) }
    self.best = best
  }

  public var figure: TrainingCurves {
    let name = model.title
    return TrainingCurves(
      title: ["Training \(name)", "recipe \(recipe.title(for: model.kind)), seed \(seed)"],
      runs: [.init(name: name, history: history, best: best)])
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
