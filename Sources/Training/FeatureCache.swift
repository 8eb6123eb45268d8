import AudioFeatures
import Basics
import Foundation
import Models
import Tensors

/// A folder of features computed before, one file per clip. They are computed again where the clip or the front-end has
/// changed, or the file is damaged.
public struct FeatureCache: Sendable {
  private let folder: URL

  /// The features kept for a clip.
  struct Kept {
    let inputs: [InputSpace: ClipFeatures.Input]
    let samples: Int
    let statistics: SoundStatistics
    /// The seconds of the clip's file where it was cut.
    let cutFrom: Double?
  }

  /// The version, which grows with every change of the signal path's numbers or of the files' format, so that older
  /// files are not used. 2: no silent clips. 3: several inputs. 4: statistics of the sound.
  private static let version = 4

  public init(folder: String) throws(TrainingError) {
    self.folder = URL(fileURLWithPath: folder, isDirectory: true)
    do {
      try makeFolder(folder)
    } catch {
      throw .file(error)
    }
  }

  /// The name under which a clip's features are kept; nil where the clip's size or date cannot be read.
  func key(path: String, _ configuration: ModelConfiguration) -> String? {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let size = attributes[.size] as? Int, let changed = attributes[.modificationDate] as? Date
    else { return nil }
    let frontEnd = configuration.frontEnd
    var print = Fingerprint()
    print.add(URL(fileURLWithPath: path).standardizedFileURL.path)
    print.add("\(size) \(changed.timeIntervalSinceReferenceDate.bitPattern) \(Self.version)")
    print.add("\(configuration.model.inputs.map(\.rawValue)) \(configuration.model.clipLength)")
    print.add(
      "\(frontEnd.sampleRate) \(frontEnd.windowSamples) \(frontEnd.hopSamples) \(frontEnd.mels) "
        + "\(frontEnd.coefficients) \(frontEnd.deltas), trimming \(configuration.trimming)")
    return print.hexadecimal
  }

  private func path(_ key: String) -> String { folder.appendingPathComponent("\(key).safetensors").path }

  func read(_ key: String, _ spaces: [InputSpace]) -> Kept? {
    guard let stored = try? Safetensors.read(path(key)), let facts = stored["facts"]?.tensor.floats, facts.count == 2,
      let samples = Int(exactly: facts[0]), samples > 0, let statistics = stored["statistics"]?.tensor.floats,
      statistics.count == SoundStatistics.count, let checksum = stored["checksum"]?.bytes
    else { return nil }
    var inputs: [InputSpace: ClipFeatures.Input] = [:]
    for space in spaces {
      guard let values = stored["\(space.rawValue).values"]?.tensor.floats,
        let silence = stored["\(space.rawValue).silence"]?.tensor.floats, !silence.isEmpty, !values.isEmpty,
        values.count.isMultiple(of: silence.count)
      else { return nil }
      inputs[space] = .init(values: values, silence: silence)
    }
    let kept = Kept(
      inputs: inputs, samples: samples, statistics: SoundStatistics(values: statistics),
      cutFrom: facts[1] > 0 ? Double(facts[1]) : nil)
    return Self.checksum(kept).bytes == checksum ? kept : nil
  }

  /// Writes a clip's features. A failure is ignored: they are computed again next time.
  func write(_ kept: Kept, _ key: String) {
    var stored = [
      "facts": StoredTensor(Tensor(Self.facts(kept), shape: [2])), "checksum": Self.checksum(kept),
      "statistics": StoredTensor(Tensor(kept.statistics.values, shape: [SoundStatistics.count])),
    ]
    for (space, input) in kept.inputs {
      stored["\(space.rawValue).values"] = StoredTensor(Tensor(input.values, shape: [input.values.count]))
      stored["\(space.rawValue).silence"] = StoredTensor(Tensor(input.silence, shape: [input.silence.count]))
    }
    try? Safetensors.write(stored, to: path(key))
  }

  private static func facts(_ kept: Kept) -> [Float] { [Float(kept.samples), Float(kept.cutFrom ?? 0)] }

  private static func checksum(_ kept: Kept) -> StoredTensor {
    var print = Fingerprint()
    print.add(facts(kept))
    print.add(kept.statistics.values)
    for (space, input) in kept.inputs.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      print.add(space.rawValue)
      print.add(input.values)
      print.add(input.silence)
    }
    return StoredTensor(Int(bitPattern: UInt(print.value)))
  }
}
