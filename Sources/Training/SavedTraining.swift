import Basics
import Foundation
import Models
import Tensors

/// The state of a training after its last whole epoch, from which it resumes as if it had never stopped.
///
/// `resume.json` holds the numbers and names the file of the arrays. That file is written first and under a new name
/// each epoch, so that at every moment the two belong together.
public struct SavedTraining: Codable, Sendable {
  public let configuration: ModelConfiguration
  public let recipe: Recipe
  public let seed: UInt64
  /// The caller's entries about the training in `config.json`.
  public let provenance: [String: String]
  /// The files that the clips are from, as given to ``Trainer``.
  public let manifests: [String: String]
  /// A record for each whole epoch.
  public let history: [EpochRecord]
  let schedule: PlateauSchedule
  let steps: Int
  let trainingData, validationData: String
  let arrays: String

  /// The file of the arrays: `weights.NAME`, `best.NAME`, and the optimiser's moments.
  private static func arraysFile(_ epoch: Int) -> String { "resume-\(epoch).safetensors" }

  static func path(_ folder: String) -> String {
    URL(fileURLWithPath: folder).appendingPathComponent("resume.json").path
  }

  init(
    configuration: ModelConfiguration, recipe: Recipe, seed: UInt64, provenance: [String: String],
    manifests: [String: String], history: [EpochRecord], schedule: PlateauSchedule, steps: Int, trainingData: String,
    validationData: String
  ) {
    (self.configuration, self.recipe, self.seed, self.provenance) = (configuration, recipe, seed, provenance)
    self.manifests = manifests
    (self.history, self.schedule, self.steps) = (history, schedule, steps)
    (self.trainingData, self.validationData) = (trainingData, validationData)
    arrays = Self.arraysFile(history.count)
  }

  /// Reads the state of a stopped training from its folder.
  /// - Throws: ``TrainingError``, or `CheckpointError` where its configuration is unusable.
  public static func read(_ folder: String) throws -> SavedTraining {
    let path = path(folder)
    let data: Data?
    do {
      data = try contents(of: path)
    } catch {
      throw TrainingError.file(error)
    }
    guard let data else { throw TrainingError.nothingToResume(folder: folder) }
    guard let saved = try? JSONDecoder().decode(SavedTraining.self, from: data) else {
      throw TrainingError.damagedState(path: path, reason: "it is not the state of a training")
    }
    try saved.configuration.check(path: path)
    return saved
  }

  /// Throws where steps or epochs without a better loss are more than the history allows.
  func checkCounts(clips: Int, path: String) throws(TrainingError) {
    guard (0...(history.count * clips)).contains(steps), (0...history.count).contains(schedule.epochsWithout) else {
      throw .damagedState(path: path, reason: "its counts are more than its \(history.count) epochs have room for")
    }
  }

  func readArrays(_ folder: String) throws(TrainingError) -> [String: StoredTensor] {
    let path = arraysPath(folder)
    do {
      return try Safetensors.read(path)
    } catch {
      switch error {
      case .malformed(_, let reason): throw .damagedState(path: path, reason: reason)
      case .file(let error): throw .file(error)
      }
    }
  }

  func arraysPath(_ folder: String) -> String {
    URL(fileURLWithPath: folder).appendingPathComponent(arrays).path
  }

  func write(_ tensors: [String: StoredTensor], to folder: String) throws(TrainingError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let described = try? encoder.encode(self) else { fault("a state of training that is no JSON") }
    do {
      var arrays = try WholeFile(arraysPath(folder))
      try Safetensors.write(tensors, to: &arrays)
      try arrays.place()
      try writeWhole(described, to: Self.path(folder))
    } catch {
      throw .file(error)
    }
    for old in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where old.hasPrefix("resume-") && old.hasSuffix(".safetensors") && old != arrays {
      try? FileManager.default.removeItem(at: URL(fileURLWithPath: folder).appendingPathComponent(old))
    }
  }
}
