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
  public let validationLoss: Double
  public let validationAccuracy: Double
  public let validationMacroF1: Double
  /// The mean over the model's dimensions of Lin's concordance correlation; nil without dimensions.
  public var validationCCC: Double?
  /// The learning rate of the epoch.
  public let rate: Double
  public let seconds: Double

  /// Whether the numbers, read from a file, can be those of an epoch.
  var isPossible: Bool {
    trainLoss.isFinite && validationLoss.isFinite && (0...1).contains(validationAccuracy)
      && (0...1).contains(validationMacroF1) && (-1...1).contains(validationCCC ?? 0) && rate > 0 && rate.isFinite
      && seconds >= 0 && seconds.isFinite
  }
}

extension [EpochRecord] {
  /// The epoch whose weights are kept: the first with the least validation loss.
  public var best: EpochRecord? { self.min { $0.validationLoss < $1.validationLoss } }
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
    "\(r.epoch),\(r.trainLoss),\(r.validationLoss),\(r.validationAccuracy),\(r.validationMacroF1),\(r.rate),"
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
    // The configuration of a better epoch is written before its line here.
    if let best = facts["best_epoch"], let loss = facts["validation_loss"], best != "\(records.count + 1)",
      let own = records.best, (best, loss) != ("\(own.epoch)", "\(own.validationLoss)")
    {
      throw TrainingError.damagedHistory(
        path: path, reason: "its best epoch is \(own.epoch), and in config.json beside it \(best) with loss \(loss)")
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
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
      func damaged() -> TrainingError {
        .damagedHistory(path: path, reason: "line \(epoch + 1) is not what epoch \(epoch) came to")
      }
      guard fields.count == columns, fields[0] == Double(epoch) else { throw damaged() }
      let record = EpochRecord(
        epoch: epoch, trainLoss: fields[1], validationLoss: fields[2], validationAccuracy: fields[3],
        validationMacroF1: fields[4], validationCCC: columns == 8 ? fields[7] : nil, rate: fields[5], seconds: fields[6]
      )
      guard record.isPossible else { throw damaged() }
      records.append(record)
    }
    return records
  }
}
