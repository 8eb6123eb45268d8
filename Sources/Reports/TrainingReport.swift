import Figures
import Foundation
import Models
import Training

/// The curves of a training, and what its model makes of the validation clips.
public struct TrainingReport {
  public let model: TrainedModel
  public let recipe: Recipe
  public let seed: UInt64
  /// At least one epoch.
  public let history: [EpochRecord]
  /// The model's predictions of the validation clips; nil without validation.
  public let validated: Evaluation?

  /// Nil where no epoch is done.
  public init?(_ trainer: Trainer) {
    guard !trainer.history.isEmpty else { return nil }
    (model, recipe, seed, history) = (trainer.model, trainer.recipe, trainer.seed, trainer.history)
    validated = trainer.validated
  }

  /// Of a training that has ended, from its folder.
  /// - Parameter validation: Its validation clips; nil without validation.
  public init(finished folder: String, validation: FeatureSet?) throws {
    let saved = try SavedTraining.read(folder)
    model = try TrainedModel(folder: folder)
    (recipe, seed, history) = (saved.recipe, saved.seed, saved.history)
    validated = validation.map { [model] in model.evaluate($0) }
    if history.isEmpty { throw TrainingError.nothingToResume(folder: folder) }
  }

  public var figure: TrainingCurves {
    let name = model.title
    return TrainingCurves(
      title: ["Training \(name)", "recipe \(recipe.title(for: model.kind)), seed \(seed)"],
      runs: [.init(name: name, history: history)])
  }

  /// The confusions of the validation clips; nil without validation or classes.
  public var confusion: ConfusionFigure? {
    guard let validated, !validated.classes.isEmpty else { return nil }
    return ConfusionFigure(
      title: ["\(model.title) on its validation clips"], classes: validated.classes, validated.metrics)
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
