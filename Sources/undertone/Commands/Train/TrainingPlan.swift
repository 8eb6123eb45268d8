import AudioFeatures
import Corpora
import Models
import Training

/// What makes a training, but for its clips and pretrained parts: the content of `recipe.toml`.
struct TrainingPlan {
  /// Where the validation clips come from.
  enum Validation: Equatable {
    /// --data, of which this share is for training; nil keeps speakers together where all are known.
    case split(share: Double, by: SplitUnit?)
    /// A manifest of their own.
    case file
    case absent
  }

  var kind: any EmotionModel.Type
  var recipe: Recipe
  var seed: UInt64 = 0
  var validation = Validation.split(share: share, by: nil)
  /// Nil for the seven emotions, or the manifest's labels if it has others.
  var classes: [String]?
  var dimensions: [String] = []
  var trimming = Trimming.standard
  var frontEnd = FrontEnd()
  /// Nil for the architecture's own sizes.
  var network: (any NetworkConfiguration)?
  /// The number of a pretrained encoder's last layers that learn; nil for the architecture's own.
  var trainLayers: Int?
  /// A probe's head in place of its network's.
  var head: ProbeHead?

  /// The training's share of a manifest that is split: the report's.
  static let share = 0.8

  init(_ kind: any EmotionModel.Type, recipe: Recipe) { (self.kind, self.recipe) = (kind, recipe) }

  /// The plan that a training follows.
  init(_ trainer: Trainer) {
    let configuration = trainer.model.configuration
    self.init(configuration.model, recipe: trainer.recipe)
    (seed, trimming) = (trainer.seed, configuration.trimming)
    (classes, dimensions, frontEnd) = (configuration.classes, configuration.dimensions, configuration.frontEnd)
    if !configuration.network.equals(kind.base) { network = configuration.network }
    if !kind.pretrainedParts.isEmpty {
      trainLayers = trainer.provenance["train_layers"].flatMap(Int.init)
      // Those that --train-layers leaves as they are have a part each.
      let names = Set(trainer.model.network.parameters.map(\.name))
      recipe.parts.removeAll { $0.rateFactor == 0 && names.contains($0.prefix) }
    }
    if !trainer.isValidated {
      validation = .absent
    } else if let share = trainer.provenance["share"].flatMap(Double.init) {
      validation = .split(share: share, by: trainer.provenance["by"].flatMap { SplitUnit(rawValue: $0) })
    } else {
      validation = .file
    }
  }

  /// Sets what the number of epochs without validation decides: the rate cannot fall at a plateau that is not seen.
  mutating func settle() {
    guard validation == .absent, case .plateau(let factor, _) = recipe.schedule else { return }
    recipe.schedule = .milestones(factor: factor, epochs: Recipe.finalMilestones(of: recipe.epochs))
  }
}
