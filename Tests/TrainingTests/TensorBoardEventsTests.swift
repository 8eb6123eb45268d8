import Foundation
import TestSupport
import Testing

@testable import Training

@Suite struct TensorBoardEventsTests {
  let folder: FreshFolder

  init() throws { folder = try FreshFolder() }

  private func record(
    _ epoch: Int, loss: Double, validation: (loss: Double, accuracy: Double, macroF1: Double)? = nil, rate: Double
  ) -> EpochRecord {
    EpochRecord(
      epoch: epoch, trainLoss: loss, validationLoss: validation?.loss, validationAccuracy: validation?.accuracy,
      validationMacroF1: validation?.macroF1, rate: rate, seconds: 1)
  }

  @Test("The bytes are those that TensorBoard's own writer has for the same events")
  func bytes() throws {
    let events = try TensorBoardEvents(folder: folder.url.path, time: 1000.5)
    try events.add(record(1, loss: 1.75, validation: (0.1, 0, 1), rate: 1e-3), time: 1001.25)
    try events.add(record(300, loss: 0.5, rate: 1e-4), time: 1002)
    let written = try Data(contentsOf: URL(fileURLWithPath: events.path))
    #expect(try written == Data(contentsOf: Checkout.fixture("events.tfevents")))
  }

  @Test("A second file of the same second has a later name, and both go with the training")
  func names() throws {
    let first = try TensorBoardEvents(folder: folder.url.path, time: 7)
    let second = try TensorBoardEvents(folder: folder.url.path, time: 7.9)
    #expect(first.path < second.path)
    #expect(folder.files(in: ".") == ["events.out.tfevents.7.0", "events.out.tfevents.7.1"])
    try folder.write("kept", to: "events.csv")
    TensorBoardEvents.remove(from: folder.url.path)
    #expect(folder.files(in: ".") == ["events.csv"])
  }

  @Test("The checksum of CRC-32C's standard text, by hand from 0xE3069283")
  func checksum() {
    // (c >> 15 | c << 17) + 0xa282ead8
    #expect(TensorBoardEvents.maskedChecksum(Array("123456789".utf8)) == 0xC78A_B0E5)
  }
}
