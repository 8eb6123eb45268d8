import Foundation
import Models
import Tensors

/// A training as it stood after its last whole epoch: what a folder needs to go on as if it had never stopped.
///
/// `resume.json` holds the numbers and names the file of the arrays. That file is written first and under a new name
/// each epoch, so that at every moment the two belong together.
public struct SavedTraining: Codable, Sendable {
  public let configuration: ModelConfiguration
  public let recipe: Recipe
  public let seed: UInt64
  /// What the caller wants to have said of the training in `config.json`.
  public let provenance: [String: String]
  /// The files that the clips are from, as ``Trainer`` was given them.
  public let manifests: [String: String]
  /// A record for each whole epoch.
  public let history: [EpochRecord]
  let schedule: PlateauSchedule
  let steps: Int
  let trainingData, validationData: String
  let arrays: String

  /// `weights.NAME`, `best.NAME`, and the optimiser's moments.
  private static func arraysFile(_ epoch: Int) -> String { "resume-\(epoch).safetensors" }
  private static let file = "resume.json"

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

  /// What the folder of a training that was stopped holds.
  public static func read(_ folder: String) throws(TrainingError) -> SavedTraining {
    let path = URL(fileURLWithPath: folder).appendingPathComponent(file).path
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .nothingToResume(folder: folder)
    }
    do {
      return try JSONDecoder().decode(SavedTraining.self, from: data)
    } catch {
      throw .damagedState(path: path, reason: "it is not the state of a training")
    }
  }

  func readArrays(_ folder: String) throws(TrainingError) -> [String: StoredTensor] {
    let path = arraysPath(folder)
    do {
      return try Safetensors.read(path)
    } catch {
      throw .damagedState(path: path, reason: error.description)
    }
  }

  func arraysPath(_ folder: String) -> String {
    URL(fileURLWithPath: folder).appendingPathComponent(arrays).path
  }

  func write(_ tensors: [String: StoredTensor], to folder: String) throws(TrainingError) {
    let url = URL(fileURLWithPath: folder)
    let path = url.appendingPathComponent(Self.file)
    do {
      try Safetensors.write(tensors, to: arraysPath(folder))
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try encoder.encode(self).write(to: path, options: .atomic)
    } catch {
      throw .unwritable(path: path.path, reason: "\(error)")
    }
    for old in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where old.hasPrefix("resume-") && old.hasSuffix(".safetensors") && old != arrays {
      try? FileManager.default.removeItem(at: url.appendingPathComponent(old))
    }
  }
}
