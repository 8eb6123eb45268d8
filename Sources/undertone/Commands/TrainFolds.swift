import ArgumentParser
import Basics
import Corpora
import Foundation
import Models
import Reports
import Training

extension Train {
  /// Trains a model for each fold and seed, and tests each on the clips that its training leaves out.
  func crossValidate(_ count: Int, _ print: (String) -> Void) throws {
    let whole = try readManifest(data!)
    let seed = seed ?? 0
    let (by, warning) = unit.unit(for: whole, parts: final ? count : count + 1)
    let folds = try whole.folds(count, by: by, seed: seed)
    let recipe = try newRecipe()
    // Before the work, so that a folder that cannot be written to is known at once.
    let folder = try OutputFolder(self.folder)
    let (first, own) = try newModel(for: whole, seed: seed, recipe)
    guard !first.classes.isEmpty else { throw ValidationError("--folds scores classes, and the model has none") }
    let (computed, failures) = try computeFeatures(
      whole, for: first.configuration, cache: try cache.map { try FeatureCache(folder: $0) },
      keepsSound: recipe.augmentation.changesClips, label: "features")
    let features = try encoded(computed, by: first, own, "clips")
    if let warning { Console.note("undertone: \(warning)") }

    var tests: [FoldTest] = []
    for seed in (0..<(repeatSeeds ?? 1)).map({ seed &+ UInt64($0) }) {
      for (number, fold) in folds.enumerated() {
        let place = repeatSeeds == nil ? "fold-\(number + 1)" : "seed-\(seed)/fold-\(number + 1)"
        var (training, validation): (Manifest, Manifest?) = (fold.training, nil)
        if !final {
          let parts = try fold.training.split(trainingShare: split ?? Self.share, by: by, seed: self.seed ?? 0)
          (training, validation) = (parts.training, parts.validation)
        }
        Console.note(
          "\(place): training \(training.size)" + (validation.map { ", validation \($0.size)" } ?? "")
            + ", test \(fold.validation.size)")
        let model = try trained(
          in: "\(self.folder)/\(place)", on: features.clips(of: training), validation.map(features.clips), seed: seed,
          for: whole, recipe, facts: ["by": by.rawValue, "fold": "\(number + 1) of \(count)"], print)
        guard
          let test = FoldTest(
            fold: number + 1, seed: seed, speakers: fold.validation.speakers,
            evaluation: model.evaluate(features.clips(of: fold.validation)))
        else { throw TrainingError.noValidationClips }
        tests.append(test)
        if json { print(try test.line) } else { Console.note("\(place): tested, \(test.scores.words)") }
      }
    }
    let report = FoldsReport(tests)
    try folder.write(report.table, to: "folds.csv")
    try folder.write(report.predictions, to: "predictions.csv")
    print(json ? try report.line : report.text)
    if !json { for name in ["folds.csv", "predictions.csv"] { print(folder.file(name)) } }
    try Console.end(failures, of: whole.entries.count)
  }

  /// The model of a fold, trained now, or the rest of it, or before.
  private func trained(
    in folder: String, on training: FeatureSet, _ validation: FeatureSet?, seed: UInt64, for whole: Manifest,
    _ recipe: Recipe, facts: [String: String], _ print: (String) -> Void
  ) throws -> TrainedModel {
    let (model, recipe) = try newModel(for: whole, seed: seed, recipe)
    let trainer: Trainer
    if !overwrite, FileManager.default.fileExists(atPath: "\(folder)/resume.json") {
      let saved = try SavedTraining.read(folder)
      guard saved.recipe == recipe, saved.seed == seed, saved.configuration == model.configuration else {
        throw ValidationError(
          "\(folder) holds a training with other settings; choose another --output, or --overwrite it")
      }
      do {
        trainer = try Trainer(
          resuming: folder, initial: model, training: training, validation: validation, manifests: manifests)
      } catch TrainingError.alreadyFinished {
        return try TrainedModel(folder: folder)
      }
    } else {
      trainer = try Trainer(
        model, recipe: recipe, seed: seed, training: training, validation: validation, folder: folder,
        provenance: self.facts.merging(facts) { $1 }, manifests: manifests)
    }
    guard try run(trainer, print).isFinished else {
      Console.note("undertone: stopped; the same command goes on from here")
      throw ExitCode(130)
    }
    return trainer.model
  }
}

extension FeatureSet {
  /// The clips of a part of the manifest that the set is from.
  fileprivate func clips(of part: Manifest) -> FeatureSet {
    let paths = Set(part.entries.map(\.path))
    return FeatureSet(clips.filter { paths.contains($0.path) })
  }
}

extension Manifest {
  /// Each clip's speaker, where it is known.
  fileprivate var speakers: [String: String] {
    Dictionary(
      entries.compactMap { entry in entry.speaker.map { (entry.path, $0) } }, uniquingKeysWith: { first, _ in first })
  }
}
