import ArgumentParser
import AudioFiles
import Basics
import Corpora
import Foundation
import Models
import Ranks
import Reports
import Training

extension Train {
  /// The training that is asked for: that of a recipe's file, or of a recipe with a name, with the options in place of its
  /// values.
  func plan() throws -> TrainingPlan {
    var plan: TrainingPlan
    if let path = recipe?.file {
      guard FileManager.default.fileExists(atPath: path) else {
        let names = Recipe.Name.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--recipe \(path): there is no such file, and no recipe of that name; there are \(names)")
      }
      plan = try TrainingPlan(reading: path, as: architecture?.kind)
      try check(plan.kind)
    } else {
      let kind = architecture!.kind
      plan = TrainingPlan(kind, recipe: kind.standardRecipe)
      if case .named(let name) = recipe {
        guard let named = kind.recipes[name] else {
          throw ValidationError("\(kind.name) has no recipe \"\(name.rawValue)\"")
        }
        plan.recipe = named
      }
    }
    source.apply(to: &plan)
    try network.apply(to: &plan)
    frontEnd.apply(to: &plan.frontEnd)
    try settings.apply(to: &plan.recipe)
    if let seed = settings.seed { plan.seed = seed }
    plan.settle()
    if plan.validation == .file, source.validation == nil, source.folds == nil {
      throw ValidationError(
        "\(recipe?.file ?? "the recipe") has its validation clips from a manifest; name it with --validation, or split "
          + "--data with --split")
    }
    return plan
  }

  /// The folder of a new training.
  func folder(of plan: TrainingPlan) -> String { results.output ?? "output/train/\(plan.kind.name)" }

  func started(_ plan: TrainingPlan, _ ranks: any RankGroup) throws -> Prepared {
    let folder = folder(of: plan)
    // The first rank may have begun to write there.
    if ranks.isFirst, FileManager.default.fileExists(atPath: "\(folder)/config.json"), !results.overwrite {
      throw ValidationError("\(folder) holds a model already; choose another --output, or --overwrite, or --resume it")
    }
    let whole = try readManifest(source.data!)
    let (training, validating): (Manifest, Manifest?)
    let origin: [String: String]
    var notes: [String] = []
    switch plan.validation {
    case .absent:
      (training, validating) = (whole, nil)
      origin = [:]
      notes = ["training \(whole.size), no validation"]
    case .file:
      (training, validating) = (whole, try readManifest(source.validation!))
      origin = ["validation": source.validation!]
    case .split(let share, let unit):
      let (by, warning) = SplitOption.unit(unit, for: whole)
      let parts = try whole.split(trainingShare: share, by: by, seed: plan.seed)
      (training, validating) = parts
      origin = ["by": by.rawValue, "share": "\(share)"]
      notes =
        [warning.map { "undertone: \($0)" }].compactMap { $0 }
        + ["split by \(by.rawValue): training \(parts.training.size), validation \(parts.validation.size)"]
    }
    // Before the work, so that a folder that cannot be written to is known at once.
    if ranks.isFirst { _ = try OutputFolder(folder) }
    let (model, own) = try newModel(for: whole, seed: plan.seed, plan)
    let sets = try features(training, validating, for: model, recipe: own, on: ranks)
    notes.forEach(Console.note)
    let trainer = try Trainer(
      model, recipe: own, seed: plan.seed, training: sets.training, validation: sets.validation, folder: folder,
      provenance: facts(of: plan).merging(origin) { $1 }, manifests: manifests, ranks: ranks)
    return (
      trainer, validating?.speakers ?? [:], sets.failures, training.entries.count + (validating?.entries.count ?? 0)
    )
  }

  /// A new model for a manifest, its weights drawn from a seed, and the recipe with its frozen layers.
  func newModel(
    for manifest: Manifest, seed: UInt64, _ plan: TrainingPlan
  ) throws -> (model: TrainedModel, recipe: Recipe) {
    let parts = try Pretrained(self.network.pretrained)
    let configuration = try configuration(of: plan, around: parts, for: manifest)
    let model = try TrainedModel(untrained: configuration, around: parts, seed: seed)
    guard let trainLayers = plan.trainLayers ?? plan.kind.trainedLayers,
      let network = model.network as? any EncodingModel
    else { return (model, plan.recipe) }
    guard trainLayers <= network.encoderConfiguration.layerCount else {
      throw ValidationError(
        "--train-layers \(trainLayers): the encoder has \(network.encoderConfiguration.layerCount) layers")
    }
    return (model, plan.recipe.training(lastLayers: trainLayers, of: network))
  }

  /// Entries on a new training in `config.json`.
  func facts(of plan: TrainingPlan) -> [String: String] {
    var facts = Dictionary(uniqueKeysWithValues: network.pretrained.map { ($0.key.rawValue, $0.value) })
    facts["train_layers"] = plan.trainLayers.map { "\($0)" }
    facts["head"] = plan.head.map { "\($0)" }
    return facts.merging(["data": source.data!, "undertone": undertoneVersion]) { $1 }
  }

  /// The configuration of a new model whose outputs are what the manifest is labelled with.
  private func configuration(
    of plan: TrainingPlan, around pretrained: Pretrained, for manifest: Manifest
  ) throws -> ModelConfiguration {
    let present = manifest.emotions
    var classes = ModelConfiguration.emotions
    if let named = plan.classes {
      classes = named
    } else if present.isEmpty, !plan.dimensions.isEmpty {
      classes = []
    } else if !present.allSatisfy(Emotion.known.contains) {
      classes = present.map(\.rawValue)
      Console.note("undertone: \(classes.count) classes: \(classes.joined(separator: ", "))")
    }
    var network = plan.network ?? plan.kind.configuration(around: pretrained)
    if var probe = network as? SpeechClassifier.Configuration, let head = plan.head {
      probe.head = head.head
      network = probe
    }
    let configuration = ModelConfiguration(
      plan.kind, network: network, classes: classes, dimensions: plan.dimensions, frontEnd: plan.frontEnd,
      trimming: plan.trimming)
    do {
      try configuration.check(path: self.network.network ?? recipe?.file ?? "the model")
    } catch {
      throw ValidationError("\(error)")
    }
    return configuration
  }
}
