import AudioFeatures
import Basics
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
      throw .file(error)
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
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let described = try? encoder.encode(configuration) else { fault("a configuration that is no JSON") }
    do {
      try makeFolder(folder)
      var weights = try WholeFile(url.appendingPathComponent(Self.weightsFile).path)
      try weights.write(Safetensors.encode(network.storedTensors))
      var text = try WholeFile(url.appendingPathComponent(Self.configurationFile).path)
      try text.write(described)
      try weights.close()
      try text.close()
      try weights.place()
      try text.place()
    } catch {
      throw .file(error)
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
