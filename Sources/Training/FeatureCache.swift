import Basics
import Foundation
import Models
import Tensors

/// A folder of features computed before, a file a clip. A clip that was changed since, another front-end, or a damaged
/// file is computed again.
public struct FeatureCache: Sendable {
  private let folder: URL

  /// What is kept of a clip: its features, and the seconds of its file where it was cut.
  typealias Kept = (values: [Float], silence: [Float], cutFrom: Double?)

  /// Grows whenever the signal path gives other numbers, so that what was kept before is not used. 2: no silent clips.
  private static let version = 2

  public init(folder: String) throws(TrainingError) {
    self.folder = URL(fileURLWithPath: folder, isDirectory: true)
    do {
      try makeFolder(folder)
    } catch {
      throw .file(error)
    }
  }

  /// The name under which a clip's features are kept; nil where the clip cannot be looked at.
  func key(path: String, _ configuration: ModelConfiguration) -> String? {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let size = attributes[.size] as? Int, let changed = attributes[.modificationDate] as? Date
    else { return nil }
    let frontEnd = configuration.frontEnd
    var print = Fingerprint()
    print.add(URL(fileURLWithPath: path).standardizedFileURL.path)
    print.add("\(size) \(changed.timeIntervalSinceReferenceDate.bitPattern) \(Self.version)")
    print.add("\(configuration.architecture.inputSpace) \(configuration.architecture.clipLength)")
    print.add(
      "\(frontEnd.sampleRate) \(frontEnd.windowSamples) \(frontEnd.hopSamples) \(frontEnd.mels) "
        + "\(frontEnd.coefficients)")
    return print.hexadecimal
  }

  private func path(_ key: String) -> String { folder.appendingPathComponent("\(key).safetensors").path }

  func read(_ key: String) -> Kept? {
    guard let stored = try? Safetensors.read(path(key)), let values = stored["values"]?.tensor.floats,
      let silence = stored["silence"]?.tensor.floats, let checksum = stored["checksum"]?.bytes,
      let seconds = stored["seconds"]?.tensor.floats, checksum == Self.checksum(values, silence, seconds).bytes,
      !silence.isEmpty, !values.isEmpty, values.count.isMultiple(of: silence.count)
    else { return nil }
    return (values, silence, seconds.first.flatMap { $0 > 0 ? Double($0) : nil })
  }

  /// A clip whose features cannot be kept is computed again next time: no reason to stop.
  func write(_ kept: Kept, _ key: String) {
    let seconds = [Float(kept.cutFrom ?? 0)]
    try? Safetensors.write(
      [
        "values": StoredTensor(Tensor(kept.values, shape: [kept.values.count])),
        "silence": StoredTensor(Tensor(kept.silence, shape: [kept.silence.count])),
        "seconds": StoredTensor(Tensor(seconds, shape: [1])),
        "checksum": Self.checksum(kept.values, kept.silence, seconds),
      ], to: path(key))
  }

  private static func checksum(_ parts: [Float]...) -> StoredTensor {
    var print = Fingerprint()
    parts.forEach { print.add($0) }
    return StoredTensor(Int(bitPattern: UInt(print.value)))
  }
}
