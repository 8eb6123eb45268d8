import ArgumentParser
import Basics
import Corpora
import Foundation
import Models
import Reports
import Training

extension Train {
  /// Trains a model for each fold and seed, and tests each on the clips that its training leaves out.
  func crossValidate(_ count: Int, _ plan: TrainingPlan, _ print: (String) -> Void) throws {
    let whole = try readManifest(source.data!)
    var (share, unit): (Double?, SplitUnit?) = (TrainingPlan.share, source.unit.by)
    switch plan.validation {
    case .split(let own, let by): (share, unit) = (own, by)
    case .file: break
    case .absent: share = nil
    }
    let (by, warning) = SplitOption.unit(unit, for: whole, parts: share == nil ? count : count + 1)
    let folds = try whole.folds(count, by: by, seed: plan.seed)
    // Before the work, so that a folder that cannot be written to is known at once.
    let place = self.folder(of: plan)
    let folder = try OutputFolder(place)
    let (first, own) = try newModel(for: whole, seed: plan.seed, plan)
    guard !first.classes.isEmpty else { throw ValidationError("--folds scores classes, and the model has none") }
    let (computed, failures) = try computeFeatures(
      whole, for: first.configuration, cache: try results.cache.map { try FeatureCache(folder: $0) },
      keepsSound: plan.recipe.augmentation.changesClips, readsVotes: plan.recipe.softLabels, label: "features")
    let features = try encoded(computed, by: first, own, "clips")
    if let warning { Console.note("undertone: \(warning)") }

    var tests: [FoldTest] = []
    for seed in (0..<(source.repeatSeeds ?? 1)).map({ plan.seed &+ UInt64($0) }) {
      for (number, fold) in folds.enumerated() {
        let name = source.repeatSeeds == nil ? "fold-\(number + 1)" : "seed-\(seed)/fold-\(number + 1)"
        var (training, validation): (Manifest, Manifest?) = (fold.training, nil)
        if let share {
          let parts = try fold.training.split(trainingShare: share, by: by, seed: plan.seed)
          (training, validation) = (parts.training, parts.validation)
        }
        Console.note(
          "\(name): training \(training.size)" + (validation.map { ", validation \($0.size)" } ?? "")
            + ", test \(fold.validation.size)")
        var facts = ["by": by.rawValue, "fold": "\(number + 1) of \(count)"]
        facts["share"] = share.map { "\($0)" }
        let (new, recipe) = try newModel(for: whole, seed: seed, plan)
        let model = try trained(
          new, recipe, in: "\(place)/\(name)", on: features.clips(of: training), validation.map(features.clips),
          seed: seed, plan, facts: facts, print)
        guard
          let test = FoldTest(
            fold: number + 1, seed: seed, speakers: fold.validation.speakers,
            evaluation: model.evaluate(features.clips(of: fold.validation)))
        else { throw TrainingError.noValidationClips }
        tests.append(test)
        if results.json { print(try test.line) } else { Console.note("\(name): tested, \(test.scores.words)") }
      }
    }
    let report = FoldsReport(tests)
    let files = [(FoldsReport.file, report.table), (FoldsReport.predictionsFile, report.predictions)]
    for (name, text) in files { try folder.write(text, to: name) }
    print(results.json ? try report.line : report.text)
    if !results.json { for (name, _) in files { print(folder.file(name)) } }
    try Console.end(failures, of: whole.entries.count)
  }

  /// The model of a fold, of a seed or of more epochs, trained now, or the rest of it, or before.
  /// - Parameters:
  ///   - model: That which the training starts from.
  ///   - advice: What to do about a folder that holds another training.
  func trained(
    _ model: TrainedModel, _ recipe: Recipe, in folder: String, on training: FeatureSet, _ validation: FeatureSet?,
    seed: UInt64, _ plan: TrainingPlan, facts: [String: String],
    advice: String = "choose another --output, or --overwrite it", _ print: (String) -> Void
  ) throws -> TrainedModel {
    let trainer: Trainer
    if try isBegun(model, recipe, in: folder, seed: seed, facts: facts, advice: advice) {
      do {
        trainer = try Trainer(
          resuming: folder, initial: model, training: training, validation: validation, manifests: manifests)
      } catch TrainingError.alreadyFinished {
        return try TrainedModel(folder: folder)
      }
    } else {
      trainer = try Trainer(
        model, recipe: recipe, seed: seed, training: training, validation: validation, folder: folder,
        provenance: self.facts(of: plan).merging(facts) { $1 }, manifests: manifests)
    }
    guard try run(trainer, print).isFinished else {
      Console.note("undertone: stopped; the same command goes on from here")
      throw ExitCode(130)
    }
    return trainer.model
  }

  /// Whether a folder holds such a training, the whole of it or its beginning; not where it is overwritten.
  /// - Throws: Where it holds another.
  func isBegun(
    _ model: TrainedModel, _ recipe: Recipe, in folder: String, seed: UInt64, facts: [String: String], advice: String
  ) throws -> Bool {
    guard !results.overwrite, FileManager.default.fileExists(atPath: "\(folder)/resume.json") else { return false }
    let saved = try SavedTraining.read(folder)
    guard saved.recipe == recipe, saved.seed == seed, saved.configuration == model.configuration,
      saved.provenance[RepeatedTraining.start] == facts[RepeatedTraining.start]
    else { throw ValidationError("\(folder) holds a training with other settings; \(advice)") }
    return true
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
  var speakers: [String: String] {
    Dictionary(
      entries.compactMap { entry in entry.speaker.map { (entry.path, $0) } }, uniquingKeysWith: { first, _ in first })
  }
}
