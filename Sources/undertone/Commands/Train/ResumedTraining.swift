import ArgumentParser
import AudioFiles
import Corpora
import Foundation
import Models
import Ranks
import Reports
import Training

extension Train {
  /// The training of a folder after its last whole epoch; nil where it has ended, and the last of its files, which it was
  /// killed before, are written now.
  func resumed(_ folder: String, _ drawing: FigureFiles, _ ranks: any RankGroup) throws -> Prepared? {
    let saved = try SavedTraining.read(folder)
    try checkEffects(on: saved.configuration.model)
    func path(_ name: String, _ given: String?) throws(TrainingError) -> String? {
      guard given == nil, let path = saved.manifests[name] else { return given }
      guard path == Pretrained.tinyRandom || FileManager.default.fileExists(atPath: path) else {
        throw .manifestMoved(folder: folder, path: path, option: "--\(name)")
      }
      return path
    }
    guard let data = try path("data", source.data) else {
      throw ValidationError("\(folder) does not name the manifest that it was trained on; give it with --data")
    }
    let whole = try readManifest(data)
    let validation = try path("validation", source.validation)
    guard saved.isValidated || source.validation == nil else {
      throw ValidationError("\(folder) was trained without validation; --validation does not go with it")
    }
    let parts = try saved.parts(of: whole, validation: validation)
    // The same weights as at the start: those that do not learn are not in the training's state.
    var initial: TrainedModel?
    if !saved.configuration.model.pretrainedParts.isEmpty {
      let folders = try saved.configuration.model.pretrainedParts.map { part in
        (part, try path(part.rawValue, network.pretrained[part]) ?? Pretrained.tinyRandom)
      }
      initial = try TrainedModel(
        untrained: saved.configuration, around: Pretrained(Dictionary(uniqueKeysWithValues: folders)), seed: saved.seed)
    }
    let model = initial ?? TrainedModel(untrained: saved.configuration, seed: saved.seed)
    let sets = try features(parts.training, parts.validation, for: model, recipe: saved.recipe, on: ranks)
    let speakers = parts.validation?.speakers ?? [:]
    do {
      let trainer = try Trainer(
        resuming: folder, epochs: settings.epochs, initial: initial, training: sets.training,
        validation: sets.validation, manifests: manifests, ranks: ranks)
      return (
        trainer, speakers, sets.failures, parts.training.entries.count + (parts.validation?.entries.count ?? 0)
      )
    } catch TrainingError.alreadyFinished(_, let epochs) {
      // The first rank writes, or tells why not.
      guard ranks.isFirst else { return nil }
      // The curves come last, after the state of the last epoch.
      func date(_ name: String) -> Date? {
        try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.modificationDate] as? Date
      }
      let end = date("resume.json") ?? .distantPast
      if drawing.formats.contains(where: { date("curves.\($0.rawValue)").map { $0 >= end } ?? false }) {
        throw TrainingError.alreadyFinished(folder: folder, epochs: epochs)
      }
      try write(
        TrainingReport(finished: folder, validation: sets.validation), speakers: speakers, as: drawing, to: folder)
      return nil
    }
  }
}
