import Foundation
import Models
import Tensors

/// A folder of features computed before, a file a clip. A clip that was changed since, another front-end, or a damaged
/// file is computed again.
public struct FeatureCache: Sendable {
  private let folder: URL

  /// Grows whenever the signal path gives other numbers, so that what was kept before is not used.
  private static let version = 1

  public init(folder: String) throws(TrainingError) {
    self.folder = URL(fileURLWithPath: folder, isDirectory: true)
    do {
      try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    } catch {
      throw .unwritable(path: folder, reason: systemReason(of: error))
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

  func read(_ key: String) -> (values: [Float], silence: [Float])? {
    guard let stored = try? Safetensors.read(path(key)), let values = stored["values"]?.tensor.floats,
      let silence = stored["silence"]?.tensor.floats, let checksum = stored["checksum"]?.bytes,
      checksum == Self.checksum(values, silence).bytes,
      !silence.isEmpty, !values.isEmpty, values.count.isMultiple(of: silence.count)
    else { return nil }
    return (values, silence)
  }

  /// A clip whose features cannot be kept is computed again next time: no reason to stop.
  func write(_ values: [Float], _ silence: [Float], _ key: String) {
    try? Safetensors.write(
      [
        "values": StoredTensor(Tensor(values, shape: [values.count])),
        "silence": StoredTensor(Tensor(silence, shape: [silence.count])),
        "checksum": Self.checksum(values, silence),
      ], to: path(key))
  }

  private static func checksum(_ values: [Float], _ silence: [Float]) -> StoredTensor {
    var print = Fingerprint()
    print.add(values)
    print.add(silence)
    return StoredTensor(Int(bitPattern: UInt(print.value)))
  }
}
