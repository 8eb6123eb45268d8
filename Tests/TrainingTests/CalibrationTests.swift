import Foundation
import Models
import TestSupport
import Testing

@testable import Training

@Suite struct CalibrationTests {
  private struct Expected: Decodable {
    let probabilities: [[Float]]
    let labels: [Int]
    let bins: [Calibration.Bin]
    let expectedCalibrationError, brierScore: Double
  }

  @Test("Bins are scikit-learn's, intervals scipy's, the Brier score scikit-learn's, the error numpy's")
  func agrees() throws {
    let expected = try JSONDecoder().decode(Expected.self, from: Data(contentsOf: Checkout.fixture("calibration.json")))
    let calibration = Calibration(probabilities: expected.probabilities, labels: expected.labels)
    try #require(calibration.bins.count == expected.bins.count)
    for (bin, expected) in zip(calibration.bins, expected.bins) {
      #expect(bin.clips == expected.clips, "\(bin)")
      for value in [\.lower, \.upper, \.confidence, \.accuracy, \.low, \.high] as [KeyPath<Calibration.Bin, Double>] {
        #expect(abs(bin[keyPath: value] - expected[keyPath: value]) < 1e-9, "\(bin)")
      }
    }
    #expect(abs(calibration.expectedCalibrationError - expected.expectedCalibrationError) < 1e-9)
    #expect(abs(calibration.brierScore - expected.brierScore) < 1e-9)
  }

  @Test("Certain and right: no error. Certain and wrong: an error of 1 and the worst Brier score, 2. No clips: zeros")
  func ends() {
    let right = Calibration(probabilities: [[0, 1], [1, 0]], labels: [1, 0])
    #expect(right.expectedCalibrationError == 0 && right.brierScore == 0)
    #expect(right.bins.map(\.clips) == [2] && right.bins[0].upper == 1 && right.bins[0].high == 1)
    let wrong = Calibration(probabilities: [[0, 1], [1, 0]], labels: [0, 1])
    #expect(wrong.expectedCalibrationError == 1 && wrong.brierScore == 2 && wrong.bins[0].low == 0)
    let none = Calibration(probabilities: [], labels: [])
    #expect(none.bins.isEmpty && none.expectedCalibrationError == 0 && none.brierScore == 0)
    // −log of 1, of float32's least number above 0, 1.4e-45, and of nothing.
    #expect(right.negativeLogLikelihood == 0 && none.negativeLogLikelihood == 0)
    #expect(abs(wrong.negativeLogLikelihood - 103.2789) < 1e-3)
  }
}

@Suite struct HistoryTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "history-\(UUID().uuidString)").path
  private let header = "epoch,train_loss,validation_loss,validation_accuracy,validation_macro_f1,rate,seconds"

  /// What is read of a history.csv of this text.
  private func read(_ text: String) throws -> [EpochRecord] {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder).appending(path: "history.csv"))
    return try History.read(folder, of: ModelConfiguration(CNNATT.self))
  }

  @Test("What was written is read; the best epoch is the first of least validation loss")
  func roundTrip() throws {
    let records = [0.9, 0.3, 0.3].enumerated().map { index, loss in
      EpochRecord(
        epoch: index + 1, trainLoss: 1 / 3, validationLoss: loss, validationAccuracy: 0.1 + 0.2,
        validationMacroF1: 1e-7, rate: 1e-4, seconds: 2.25)
    }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try History.write(records, to: folder)
    #expect(try History.read(folder, of: ModelConfiguration(CNNATT.self)) == records)
    #expect(records.best?.epoch == 2 && [EpochRecord]().best == nil)
  }

  @Test("Line ends of Windows are read")
  func lineEnds() throws {
    #expect(try read("\(header)\r\n1,2,2,0.5,0.5,0.1,1\r\n").count == 1)
  }

  @Test(
    "A damaged history is refused by its line, one that is not there by its folder",
    arguments: [
      ("", "epoch,train_loss"), ("1,2,3\n", "epoch,train_loss"), ("HEADER\n", "no epochs"),
      ("HEADER\n1,2,2,0.5,0.5,0.1\n", "line 2"), ("HEADER\n1,2,2,0.5,0.5,0.1,1\n2,2,nan,0.5,0.5,0.1,1\n", "line 3"),
      ("HEADER\n2,2,2,0.5,0.5,0.1,1\n", "line 2"), ("HEADER\n1,2,2,1.5,0.5,0.1,1\n", "line 2"),
      ("HEADER\n1,2,,0.5,0.5,0.1,1\n", "line 2"),
    ])
  func damaged(_ text: String, _ reason: String) throws {
    let error = #expect(throws: TrainingError.self) { try read(text.replacing("HEADER", with: header)) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    #expect(throws: TrainingError.noHistory(folder: folder)) {
      try History.read(folder, of: ModelConfiguration(CNNATT.self))
    }
  }
}
