import Basics
import Foundation
import Models
import Tensors

/// The state of a training after its last whole epoch, from which it resumes as if it had never stopped.
///
/// `resume.json` holds the numbers and names the file of the arrays, with a digest of both. The arrays are written first
/// and under a new name each epoch, so that at every moment the two belong together.
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
  let steps: Int
  let trainingData: String
  /// Nil of a training without validation.
  let validationData: String?
  /// The digest of the weights that do not learn, which are not among the arrays; nil where all learn.
  let frozenDigest: String?
  let arrays: String
  /// The digest of the arrays, by their names and bytes.
  private var arraysDigest = ""

  /// The file of the arrays: `weights.NAME`, `best.NAME`, and the optimiser's moments.
  private static func arraysFile(_ epoch: Int) -> String { "resume-\(epoch).safetensors" }

  static func path(_ folder: String) -> String {
    URL(fileURLWithPath: folder).appendingPathComponent("resume.json").path
  }

  init(
    configuration: ModelConfiguration, recipe: Recipe, seed: UInt64, provenance: [String: String],
    manifests: [String: String], history: [EpochRecord], steps: Int, trainingData: String, validationData: String?,
    frozenDigest: String?
  ) {
    (self.configuration, self.recipe, self.seed, self.provenance) = (configuration, recipe, seed, provenance)
    self.manifests = manifests
    (self.history, self.steps) = (history, steps)
    (self.trainingData, self.validationData) = (trainingData, validationData)
    self.frozenDigest = frozenDigest
    arrays = Self.arraysFile(history.count)
  }

  /// Reads the state of a stopped training from its folder.
  /// - Throws: ``TrainingError``, or `CheckpointError` where its configuration is unusable.
  public static func read(_ folder: String) throws -> SavedTraining {
    guard let saved = try readIfPresent(folder) else { throw TrainingError.nothingToResume(folder: folder) }
    return saved
  }

  private static func readIfPresent(_ folder: String) throws -> SavedTraining? {
    let path = path(folder)
    let content: Data?
    do {
      content = try SealedJSON.read(path)
    } catch {
      if case .damaged = error {
        throw TrainingError.damagedState(path: path, reason: "it is damaged, was changed, or is of an earlier version")
      }
      throw TrainingError.file(error)
    }
    guard let content else { return nil }
    guard let saved = try? JSONDecoder().decode(SavedTraining.self, from: content) else {
      throw TrainingError.damagedState(
        path: path, reason: "it is not the state of a training, or of an earlier version")
    }
    try saved.configuration.check(path: path)
    try saved.recipe.check()
    try saved.checkHistory(path: path)
    return saved
  }

  /// Whether the training has validation clips.
  public var isValidated: Bool { validationData != nil }

  /// Throws where the epochs are not one after the other with possible numbers, or where their rates are not those to which
  /// their losses lead the schedule.
  private func checkHistory(path: String) throws(TrainingError) {
    var replayed = RateSchedule(recipe)
    for (index, record) in history.enumerated() {
      guard record.epoch == index + 1, record.isPossible, record.rate == replayed.rate,
        isValidated == (record.validationLoss != nil)
      else { throw .damagedState(path: path, reason: "its epoch \(index + 1) has impossible numbers") }
      replayed.follow(record.validationLoss)
    }
    guard arrays == Self.arraysFile(history.count) else {
      throw .damagedState(path: path, reason: "it names the arrays of another epoch")
    }
  }

  /// Throws where steps are more than the history has room for.
  func checkCounts(clips: Int, path: String) throws(TrainingError) {
    guard (0...(history.count * clips)).contains(steps) else {
      throw .damagedState(path: path, reason: "its counts are more than its \(history.count) epochs have room for")
    }
  }

  /// Throws where a folder has the state of a training that did not have these epochs. The last of them may be newer: its
  /// line is written first.
  static func check(_ records: [EpochRecord], in folder: String, path: String) throws {
    // Of an earlier version there is nothing to compare with.
    guard try SealedJSON.isSealed(Self.path(folder)) else { return }
    guard let saved = try readIfPresent(folder) else { return }
    let (found, own) = (records.map(History.row), saved.history.map(History.row))
    guard (0...1).contains(found.count - own.count), found.starts(with: own) else {
      throw TrainingError.damagedHistory(path: path, reason: "it has other epochs than resume.json beside it")
    }
  }

  func readArrays(_ folder: String) throws(TrainingError) -> [String: StoredTensor] {
    let path = arraysPath(folder)
    let stored: [String: StoredTensor]
    do {
      stored = try Safetensors.read(path)
    } catch {
      switch error {
      case .malformed(_, let reason): throw .damagedState(path: path, reason: reason)
      case .file(let error): throw .file(error)
      }
    }
    guard stored.digest == arraysDigest else {
      throw .damagedState(path: path, reason: "these are other arrays than resume.json was written with")
    }
    return stored
  }

  func arraysPath(_ folder: String) -> String {
    URL(fileURLWithPath: folder).appendingPathComponent(arrays).path
  }

  func write(_ tensors: [String: StoredTensor], to folder: String) throws(TrainingError) {
    var state = self
    state.arraysDigest = tensors.digest
    do {
      var arrays = try WholeFile(arraysPath(folder))
      try Safetensors.write(tensors, to: &arrays)
      try arrays.place()
      try SealedJSON.write(state, to: Self.path(folder))
    } catch {
      throw .file(error)
    }
    for old in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where old.hasPrefix("resume-") && old.hasSuffix(".safetensors") && old != arrays {
      try? FileManager.default.removeItem(at: URL(fileURLWithPath: folder).appendingPathComponent(old))
    }
  }
}
