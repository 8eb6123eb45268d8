import Foundation

/// What one epoch came to.
public struct EpochRecord: Codable, Equatable, Sendable {
  /// From 1.
  public let epoch: Int
  /// The mean over the epoch's batches, as the weights changed.
  public let trainLoss: Double
  public let validationLoss: Double
  public let validationAccuracy: Double
  public let validationMacroF1: Double
  /// The learning rate that the epoch had.
  public let rate: Double
  public let seconds: Double
}

/// `history.csv` of a model's folder.
enum History {
  static let file = "history.csv"

  static func write(_ records: [EpochRecord], to folder: String) throws(TrainingError) {
    let rows = records.map { r in
      "\(r.epoch),\(r.trainLoss),\(r.validationLoss),\(r.validationAccuracy),\(r.validationMacroF1),\(r.rate),"
        + String(format: "%.2f", r.seconds)
    }
    let header = "epoch,train_loss,validation_loss,validation_accuracy,validation_macro_f1,rate,seconds"
    try writeWhole(
      Data((([header] + rows).joined(separator: "\n") + "\n").utf8),
      to: URL(fileURLWithPath: folder).appendingPathComponent(file).path)
  }
}
