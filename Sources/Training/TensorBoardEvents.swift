import Basics
import Foundation

/// A file of TensorBoard's events, to which a training adds its numbers while it runs.
///
/// It is TFRecords, each of the bytes of one `Event` of TensorBoard's event.proto: the length in 8 bytes, its checksum in 4,
/// the event, its checksum in 4, all little-endian. Each process that trains writes a file of its own, and TensorBoard
/// reads those of a folder as one run.
public final class TensorBoardEvents {
  public let path: String
  private let descriptor: Int32

  /// Starts a file in a training's folder.
  /// - Parameter time: Seconds since 1970, which are in the name: TensorBoard reads the files in the names' order.
  public init(folder: String, time: Double = Date().timeIntervalSince1970) throws(FileError) {
    (path, descriptor) = try Self.open(in: folder, time: time)
    try write(Event.version(time: time))
  }

  private static func open(in folder: String, time: Double) throws(FileError) -> (String, Int32) {
    var number = 0
    while true {
      let path = URL(fileURLWithPath: folder).appendingPathComponent("\(prefix)\(Int(time)).\(number)").path
      let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (path, descriptor) }
      // Of a training that ended within the same second.
      guard errno == EEXIST else { throw .writing(path, errno: errno) }
      number += 1
    }
  }

  deinit { close(descriptor) }

  /// The start of the files' names.
  private static let prefix = "events.out.tfevents."

  /// Removes the files of a training whose place another one takes.
  public static func remove(from folder: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasPrefix(prefix) {
      unlink(URL(fileURLWithPath: folder).appendingPathComponent(name).path)
    }
  }

  /// Adds an epoch: losses, scores and rate, each at the epoch's number.
  public func add(_ record: EpochRecord, time: Double = Date().timeIntervalSince1970) throws(FileError) {
    let scalars = [
      ("loss/training", record.trainLoss), ("loss/validation", record.validationLoss),
      ("accuracy/validation", record.validationAccuracy), ("macro_f1/validation", record.validationMacroF1),
      ("concordance/validation", record.validationCCC), ("rate", record.rate),
    ]
    try write(
      Event.scalars(
        scalars.compactMap { name, value in value.map { (name, Float($0)) } }, step: record.epoch, time: time))
  }

  /// In one call, so that a process that is killed leaves whole records.
  private func write(_ event: [UInt8]) throws(FileError) {
    let record = Self.record(event)
    let result = record.withUnsafeBytes { bytes in
      Result { () throws(FileError) in try writeAll(bytes, to: descriptor, path: path) }
    }
    try result.get()
  }

  static func record(_ event: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(event.count))
    return length + littleEndian(maskedChecksum(length)) + event + littleEndian(maskedChecksum(event))
  }

  /// CRC-32C (Castagnoli, reflected, 0x82F63B78), turned by 15 bits plus a constant, as TFRecords have it, so that a checksum
  /// over data with checksums in it is no trivial one.
  static func maskedChecksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes { sum = castagnoli[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8 }
    sum = ~sum
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }

  private static let castagnoli: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? 0x82F6_3B78 ^ sum >> 1 : sum >> 1 }
  }

  /// `Event` as protocol buffers: fields by number, each a tag (number · 8 + wire type) and its value.
  enum Event {
    static func version(time: Double) -> [UInt8] {
      double(1, time) + bytes(3, Array("brain.Event:2".utf8))
    }

    /// One `Summary` with a `Value` for each name.
    static func scalars(_ scalars: [(name: String, value: Float)], step: Int, time: Double) -> [UInt8] {
      let values = scalars.flatMap { name, value in
        bytes(1, bytes(1, Array(name.utf8)) + [2 << 3 | 5] + littleEndian(value.bitPattern))
      }
      return double(1, time) + [2 << 3] + variable(UInt64(step)) + bytes(5, values)
    }

    private static func double(_ field: UInt8, _ value: Double) -> [UInt8] {
      [field << 3 | 1] + littleEndian(value.bitPattern)
    }

    private static func bytes(_ field: UInt8, _ bytes: [UInt8]) -> [UInt8] {
      [field << 3 | 2] + variable(UInt64(bytes.count)) + bytes
    }

    /// Seven bits a byte, the lowest first; the top bit is set where more follow.
    private static func variable(_ value: UInt64) -> [UInt8] {
      value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + variable(value >> 7)
    }
  }
}

private func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
