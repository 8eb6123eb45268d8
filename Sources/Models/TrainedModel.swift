import AudioFeatures
import Foundation
import Layers
import Tensors

/// A network with its weights, its front-end and its class names: what a model folder holds.
public final class TrainedModel {
  public let configuration: ModelConfiguration
  public let network: any EmotionModel
  public let features: FeatureExtractor
  /// The folder's name, or "built-in".
  public let name: String
  /// A short digest of the weights' file, so that a figure can say what made it.
  public let digest: String

  public init(configuration: ModelConfiguration, network: any EmotionModel, name: String, digest: String) {
    (self.configuration, self.network, self.name, self.digest) = (configuration, network, name, digest)
    features = FeatureExtractor(configuration.frontEnd)
  }

  public var architecture: Architecture { configuration.architecture }
  public var classes: [String] { configuration.classes }

  /// A new network, its weights drawn from `seed`.
  public convenience init(untrained configuration: ModelConfiguration, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    self.init(
      configuration: configuration,
      network: configuration.architecture.makeNetwork(
        classes: configuration.classes.count, using: &generator), name: configuration.architecture.rawValue,
      digest: "untrained")
  }

  // MARK: Folders

  static let weightsFile = "model.safetensors"
  static let configurationFile = "config.json"

  /// Reads a model folder.
  /// - Throws: ``CheckpointError``, or `TensorFileError` where the weights' file is damaged.
  public convenience init(folder: String, name: String? = nil) throws {
    let configuration = try Self.configuration(of: folder)
    let url = URL(fileURLWithPath: folder)
    let path = url.appendingPathComponent(Self.weightsFile).path
    guard FileManager.default.fileExists(atPath: path) else { throw CheckpointError.noWeights(path: folder) }
    let tensors = try Safetensors.read(path)
    var generator = SeededGenerator(seed: 0)
    let network = configuration.architecture.makeNetwork(
      classes: configuration.classes.count, using: &generator)
    try network.load(tensors, path: path)
    self.init(
      configuration: configuration, network: network, name: name ?? url.lastPathComponent,
      digest: Self.digest(tensors))
  }

  /// What a model folder says of its model, without its weights.
  public static func configuration(of folder: String) throws(CheckpointError) -> ModelConfiguration {
    guard FileManager.default.fileExists(atPath: folder) else { throw .noSuchFolder(path: folder) }
    let path = URL(fileURLWithPath: folder).appendingPathComponent(configurationFile).path
    let data: Data?
    do {
      data = try contents(of: path)
    } catch {
      throw .unreadable(path: path, reason: systemReason(of: error))
    }
    guard let data else { throw .noConfiguration(path: folder) }
    guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw .configuration(path: path, reason: "not a JSON object")
    }
    guard let architecture = object["architecture"] as? String else {
      throw .configuration(path: path, reason: "it names no architecture")
    }
    guard Architecture(rawValue: architecture) != nil else {
      throw .architecture(path: path, found: architecture)
    }
    guard let configuration = try? JSONDecoder().decode(ModelConfiguration.self, from: data) else {
      throw .configuration(path: path, reason: "classes, front_end or training are malformed")
    }
    try configuration.check(path: path)
    return configuration
  }

  /// Writes the folder's weights and configuration: both whole beside their places, and only then into them, so that
  /// a disk that fills up leaves the folder as it was.
  public func write(to folder: String) throws(CheckpointError) {
    let url = URL(fileURLWithPath: folder)
    let files = [Self.weightsFile, Self.configurationFile].map { name in
      (place: url.appendingPathComponent(name), beside: url.appendingPathComponent(".\(name).new"))
    }
    defer { for file in files { unlink(file.beside.path) } }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try Safetensors.encode(network.storedTensors).write(to: files[0].beside)
      try encoder.encode(configuration).write(to: files[1].beside)
      for file in files where rename(file.beside.path, file.place.path) != 0 {
        throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
      }
    } catch {
      throw .unwritable(path: folder, reason: systemReason(of: error))
    }
  }

  /// Of names and bytes, to tell models apart.
  private static func digest(_ tensors: [String: StoredTensor]) -> String {
    var print = Fingerprint()
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      Array(name.utf8).withUnsafeBytes { print.add(bytes: $0) }
      tensor.bytes.withUnsafeBytes { print.add(bytes: $0) }
    }
    return print.hexadecimal
  }

  // MARK: The path from the waveform

  /// A clip as this model sees it: cut or filled up where its length is fixed.
  public func fitted(_ samples: [Float]) -> [Float] {
    switch architecture.clipLength {
    case .fixed(let count): fixedLength(samples, samples: count)
    case .natural(let frames):
      fixedLength(samples, samples: max(samples.count, (frames - 1) * configuration.frontEnd.hopSamples))
    }
  }
}
