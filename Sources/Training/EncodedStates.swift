import Basics
import Encoders
import Foundation
import Layers
import Models
import Tensors

/// What a frozen encoder makes of one clip, kept in half precision.
///
/// `@unchecked Sendable`: nothing in it changes after `init`.
struct EncodedClip: @unchecked Sendable, Equatable {
  let stage: EncoderStage
  /// The fingerprint of the clip.
  let key: String
  /// [1, steps or states, features].
  let values: StoredTensor

  static func == (a: EncodedClip, b: EncodedClip) -> Bool { a.stage == b.stage && a.key == b.key }

  /// Clips as one batch, shorter ones filled up with zeros; nil where any has no values.
  static func batch(_ clips: [EncodedClip?]) -> NetworkInput.Encoded? {
    let clips = clips.compactMap(\.self)
    guard let stage = clips.first?.stage, clips.count > 0 else { return nil }
    let steps = clips.map { $0.values.shape[1] }.max()!
    let filled = clips.map { clip in
      let missing = steps - clip.values.shape[1]
      let values = clip.values.tensor
      return missing == 0 ? values : .concatenated([values, .zeros([1, missing, values.shape[2]])], axis: 1)
    }
    return NetworkInput.Encoded(stage, .concatenated(filled, axis: 0))
  }
}

/// A folder of what frozen encoders make of clips: computed once for all epochs, and for all trainings on the same encoder.
/// Files are named by the encoder's weights and the stage; each holds some hundred clips, by the fingerprints of their
/// samples, and is mapped, not read.
public struct EncodedStates {
  private let folder: URL
  /// The most bytes that the folder may hold.
  private let limit: Int

  /// The limit in bytes where none is given: 20 GB.
  public static let standardLimit = 20_000_000_000

  /// Bytes after which a file is written and the next begun.
  private static let fileBytes = 64_000_000

  public init(folder: String, limit: Int = standardLimit) throws(TrainingError) {
    (self.folder, self.limit) = (URL(fileURLWithPath: folder, isDirectory: true), limit)
    do {
      try makeFolder(folder)
    } catch {
      throw .file(error)
    }
  }

  /// The clips of a set with what the encoder makes of them at a stage.
  /// - Parameters:
  ///   - progress: Called after each clip that was not kept, with the number done and how many there are.
  ///   - shouldStop: Called before each clip; once true, the result is nil, and what is done is kept.
  public func encode(
    _ set: FeatureSet, by network: any EncodingModel, at stage: EncoderStage,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }, shouldStop: () -> Bool = { false }
  ) throws(TrainingError) -> FeatureSet? {
    let name = Self.name(network, stage)
    var kept = read(name)
    let keys = set.clips.map(Self.key)
    let missing = Dictionary(
      keys.indices.filter { kept[keys[$0]] == nil }.map { (keys[$0], $0) }, uniquingKeysWith: min
    )
    .values.sorted()
    try makeRoom(for: missing.map { bytes(set.clips[$0], network, stage) }.reduce(0, +), keeping: name)

    var fresh: [String: StoredTensor] = [:]
    var size = 0
    func flush() throws(TrainingError) {
      guard !fresh.isEmpty else { return }
      let path = folder.appendingPathComponent("\(name)-\(fresh.keys.min()!).safetensors").path
      do {
        try Safetensors.write(fresh, to: path)
        kept.merge(try Safetensors.read(path)) { $1 }
      } catch {
        throw .weights(error)
      }
      (fresh, size) = ([:], 0)
    }
    for (done, index) in missing.enumerated() {
      if shouldStop() {
        try flush()
        return nil
      }
      let (input, _) = set.batch([index])
      let values = network.encoder.encoded(input, at: stage)[0]
      let stored = StoredTensor(halfPrecision: values)
      // What half precision cannot hold stays in full.
      let isWhole = stored.tensor.isFinite || !values.isFinite
      fresh[keys[index]] = isWhole ? stored : StoredTensor(values)
      size += values.count * (isWhole ? 2 : 4)
      if size > Self.fileBytes { try flush() }
      progress(done + 1, missing.count)
    }
    try flush()
    var result = set
    for (index, key) in keys.enumerated() {
      result.clips[index].encoded = EncodedClip(stage: stage, key: key, values: kept[key]!)
    }
    return result
  }

  /// The start of the files' names: a digest of the encoder's weights, and the stage.
  private static func name(_ network: any EncodingModel, _ stage: EncoderStage) -> String {
    var print = Fingerprint()
    print.add(stage.name)
    print.add("\(network.encoder.preprocessing)")
    for parameter in network.encoder.parameters {
      print.add(parameter.name)
      parameter.stored.withBytes { print.add(bytes: $0) }
    }
    return "states-\(print.hexadecimal)"
  }

  private static func key(_ clip: ClipFeatures) -> String {
    var print = Fingerprint()
    print.add(clip.inputs[.waveform]!.values)
    return print.hexadecimal
  }

  private func bytes(_ clip: ClipFeatures, _ network: any EncodingModel, _ stage: EncoderStage) -> Int {
    let sizes = network.encoderConfiguration
    let rows = stage == .pooled ? sizes.layerCount + 1 : sizes.steps(samples: clip.samples)
    return 2 * rows * sizes.hiddenSize
  }

  /// The files of the folder with their sizes, those used longest ago first.
  private var files: [(url: URL, bytes: Int)] {
    let keys: Set<URLResourceKey> = [.fileSizeKey, .contentModificationDateKey]
    let found =
      (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: Array(keys))) ?? []
    return found.filter { $0.lastPathComponent.hasPrefix("states-") && $0.pathExtension == "safetensors" }
      .compactMap { url in
        (try? url.resourceValues(forKeys: keys)).map {
          (url, $0.fileSize ?? 0, $0.contentModificationDate ?? .distantPast)
        }
      }.sorted { ($0.2, $0.0.path) < ($1.2, $1.0.path) }.map { ($0.0, $0.1) }
  }

  /// What is kept under a name. A damaged file counts for nothing: its clips are computed again.
  private func read(_ name: String) -> [String: StoredTensor] {
    files.filter { $0.url.lastPathComponent.hasPrefix(name + "-") }.reduce(into: [:]) { kept, file in
      guard let found = try? Safetensors.read(file.url.path) else { return }
      kept.merge(found.filter { $0.value.shape.count == 3 }) { $1 }
      try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: file.url.path)
    }
  }

  /// Removes what other encoders left, the oldest first, until there is room for so many bytes.
  private func makeRoom(for needed: Int, keeping name: String) throws(TrainingError) {
    guard needed > 0 else { return }
    var total = files.reduce(needed) { $0 + $1.bytes }
    for file in files where total > limit && !file.url.lastPathComponent.hasPrefix(name + "-") {
      try? FileManager.default.removeItem(at: file.url)
      total -= file.bytes
    }
    guard total <= limit else { throw .statesTooLarge(folder: folder.path, needed: total, limit: limit) }
  }
}
