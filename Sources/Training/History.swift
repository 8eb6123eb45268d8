import Basics
import Foundation
import Models
import Tensors

/// The results of one epoch.
public struct EpochRecord: Codable, Equatable, Sendable {
  /// The number of the epoch, from 1.
  public let epoch: Int
  /// The mean over the epoch's batches, while the weights changed.
  public let trainLoss: Double
  /// Nil, as the next two, of a training without validation.
  public let validationLoss: Double?
  public let validationAccuracy: Double?
  public let validationMacroF1: Double?
  /// The mean over the model's dimensions of Lin's concordance correlation; nil without dimensions.
  public var validationCCC: Double?
  /// The learning rate of the epoch.
  public let rate: Double
  public let seconds: Double

  /// Whether the numbers, read from a file, can be those of an epoch.
  var isPossible: Bool {
    let scores = [validationAccuracy, validationMacroF1]
    return trainLoss.isFinite && (validationLoss ?? 0).isFinite && scores.allSatisfy { (0...1).contains($0 ?? 0) }
      && scores.allSatisfy { ($0 == nil) == (validationLoss == nil) } && (-1...1).contains(validationCCC ?? 0)
      && rate > 0 && rate.isFinite && seconds >= 0 && seconds.isFinite
  }

  /// Writes null for what there is none of without validation.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(epoch, forKey: .epoch)
    try container.encode(trainLoss, forKey: .trainLoss)
    try container.encode(validationLoss, forKey: .validationLoss)
    try container.encode(validationAccuracy, forKey: .validationAccuracy)
    try container.encode(validationMacroF1, forKey: .validationMacroF1)
    try container.encodeIfPresent(validationCCC, forKey: .validationCCC)
    try container.encode(rate, forKey: .rate)
    try container.encode(seconds, forKey: .seconds)
  }
}

extension [EpochRecord] {
  /// The first epoch with the least validation loss; nil without validation.
  public var best: EpochRecord? {
    filter { $0.validationLoss != nil }.min { $0.validationLoss! < $1.validationLoss! }
  }

  /// The epoch whose weights are kept: the best one, or without validation the last.
  public var kept: EpochRecord? { best ?? last }
}

/// `history.csv` of a model's folder.
public enum History {
  static let file = "history.csv"
  private static let header = "epoch,train_loss,validation_loss,validation_accuracy,validation_macro_f1,rate,seconds"
  /// The additional column for a model with dimensions.
  private static let cccColumn = ",validation_ccc"

  private static func path(_ folder: String) -> String {
    URL(fileURLWithPath: folder).appendingPathComponent(file).path
  }

  static func row(_ r: EpochRecord) -> String {
    let validation = [r.validationLoss, r.validationAccuracy, r.validationMacroF1].map { $0.map { "\($0)" } ?? "" }
    return "\(r.epoch),\(r.trainLoss),\(validation.joined(separator: ",")),\(r.rate),"
      + String(format: "%.2f", r.seconds) + (r.validationCCC.map { ",\($0)" } ?? "")
  }

  static func write(_ records: [EpochRecord], to folder: String) throws(TrainingError) {
    let rows = records.map(row)
    let header = header + (records.first?.validationCCC == nil ? "" : cccColumn)
    do {
      try writeWhole(([header] + rows).joined(separator: "\n") + "\n", to: path(folder))
    } catch {
      throw .file(error)
    }
  }

  static func remove(from folder: String) { unlink(path(folder)) }

  /// The epochs of the training that made a model's folder, at least one.
  /// - Throws: ``TrainingError``, also where the folder's configuration or saved state had other epochs.
  public static func read(_ folder: String, of configuration: ModelConfiguration) throws -> [EpochRecord] {
    let (records, path) = (try parsed(folder), path(folder))
    try SavedTraining.check(records, in: folder, path: path)
    let facts = configuration.training
    // The configuration of a better epoch is written before its line here. Where weights are frozen, that of the first epoch
    // stays until the training's end.
    if let best = facts["best_epoch"], let loss = facts["validation_loss"], best != "\(records.count + 1)",
      let own = (best == "1" ? Array(records.prefix(1)) : records).best,
      best != "\(own.epoch)" || loss != "\(own.validationLoss!)"
    {
      throw TrainingError.damagedHistory(
        path: path, reason: "its best epoch is \(own.epoch), and in config.json beside it \(best) with loss \(loss)")
    }
    if let last = facts["last_epoch"].flatMap(Int.init), last > records.count + 1 || records.best != nil {
      throw TrainingError.damagedHistory(
        path: path, reason: "in config.json beside it the training had no validation and \(last) epochs")
    }
    return records
  }

  private static func parsed(_ folder: String) throws(TrainingError) -> [EpochRecord] {
    let path = path(folder)
    let data: Data?
    do {
      data = try contents(of: path, limit: SizeLimit.table)
    } catch {
      throw .file(error)
    }
    guard let data else { throw .noHistory(folder: folder) }
    let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
    let columns = lines.first.map(String.init) == header + cccColumn ? 8 : 7
    guard columns == 8 || lines.first.map(String.init) == header else {
      throw .damagedHistory(path: path, reason: "it does not begin with \(header)")
    }
    guard lines.count > 1 else { throw .damagedHistory(path: path, reason: "it has no epochs") }
    var records: [EpochRecord] = []
    for line in lines.dropFirst() {
      let epoch = records.count + 1
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map {
        $0.isEmpty ? nil : Double($0) ?? .nan
      }
      func damaged() -> TrainingError {
        .damagedHistory(path: path, reason: "line \(epoch + 1) is not what epoch \(epoch) came to")
      }
      guard fields.count == columns, fields[0] == Double(epoch), let loss = fields[1], let rate = fields[5],
        let seconds = fields[6]
      else { throw damaged() }
      let record = EpochRecord(
        epoch: epoch, trainLoss: loss, validationLoss: fields[2], validationAccuracy: fields[3],
        validationMacroF1: fields[4], validationCCC: columns == 8 ? fields[7] : nil, rate: rate, seconds: seconds)
      // All epochs have validation, or none.
      let isValidated = (record.validationLoss != nil, (records.first ?? record).validationLoss != nil)
      guard record.isPossible, isValidated.0 == isValidated.1 else { throw damaged() }
      records.append(record)
    }
    return records
  }
}
