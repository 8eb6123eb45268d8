import AudioFeatures
import Basics
import Foundation
import Layers
import Tensors

/// A network with its weights, its front-end and its class names: the contents of a model folder.
public final class TrainedModel {
  public let configuration: ModelConfiguration
  public let network: any EmotionModel
  /// The folder's name, or "built-in".
  public let name: String
  /// The sound of the clips that it was trained on; nil where that is not known.
  public let domain: TrainingDomain?
  /// How exactly the products of its passes for inference read their factors.
  public let precision: Precision
  /// A short digest of the weights, with the precision where it is not float32, so that a figure can name its model.
  public private(set) lazy var digest =
    network.storedTensors.digest + (precision == .float32 ? "" : " \(precision.rawValue)")
  public private(set) lazy var features = FeatureExtractor(configuration.frontEnd)

  public init(
    configuration: ModelConfiguration, network: any EmotionModel, name: String, domain: TrainingDomain? = nil,
    precision: Precision = .float32
  ) {
    (self.configuration, self.network, self.name, self.domain) = (configuration, network, name, domain)
    self.precision = precision
  }

  /// The same network, whose passes for inference read factors in a precision.
  public func reading(in precision: Precision) -> TrainedModel {
    TrainedModel(configuration: configuration, network: network, name: name, domain: domain, precision: precision)
  }

  /// A pass for inference, in the model's precision; with a rule in float32, as what rules share out is to add up exactly.
  /// - Parameters:
  ///   - rule: What replaces the derivative.
  ///   - observer: Receives the outputs of the layers that the model names; see `ForwardPass`.
  public func pass(
    _ rule: BackwardRule = .derivative, observer: ((ForwardPass.Observation) -> Tensor)? = nil
  ) -> ForwardPass {
    let isDerivative = if case .derivative = rule { true } else { false }
    return ForwardPass(.inference, rule: rule, precision: isDerivative ? precision : .float32, observer: observer)
  }

  /// The type of the model, with everything particular to it.
  public var kind: any EmotionModel.Type { configuration.model }
  /// The model's name in figures and texts: of a downloaded one, its encoder's.
  public var title: String { network.title }
  public var classes: [String] { configuration.classes }
  public var dimensions: [String] { configuration.dimensions }
  /// The names of all outputs: classes, then dimensions.
  public var outputs: [String] { configuration.outputs }

  /// A new network, its weights drawn from `seed`.
  public convenience init(untrained configuration: ModelConfiguration, seed: UInt64) {
    self.init(
      configuration: configuration, network: configuration.network(seed: seed), name: configuration.model.name)
  }

  // MARK: Folders

  static let weightsFile = "model.safetensors"
  static let configurationFile = "config.json"

  /// Reads a model folder.
  /// - Throws: ``CheckpointError``, `TensorFileError` where the weights' file is damaged, or `ParameterError` where it is not
  ///   this network's.
  public convenience init(folder: String, name: String? = nil) throws {
    let name = name ?? URL(fileURLWithPath: folder).lastPathComponent
    if try Self.isDownloaded(folder) {
      let downloaded = try DownloadedModel(folder: folder)
      self.init(
        configuration: downloaded.configuration, network: try downloaded.network(), name: name)
      return
    }
    let configuration = try Self.configuration(of: folder)
    let path = URL(fileURLWithPath: folder).appendingPathComponent(Self.weightsFile).path
    guard FileManager.default.fileExists(atPath: path) else { throw CheckpointError.noWeights(path: folder) }
    let source = ParameterSource.stored(try Safetensors.read(path), path: path)
    let network = try configuration.makeNetwork(from: source)
    try source.checkAllTaken()
    self.init(
      configuration: configuration, network: network, name: name,
      domain: try TrainingDomain.read(folder, configuration.frontEnd))
  }

  /// Whether a model folder is not Undertone's own, but one as it is downloaded.
  public static func isDownloaded(_ folder: String) throws(CheckpointError) -> Bool {
    if SpeechBrainFolder.isOne(folder) { return true }
    guard let object = try object(in: folder, file: configurationFile) else { return false }
    return object["architecture"] == nil && DownloadedModel.describes(object)
  }

  /// The JSON object in a file of a model folder; nil where there is no such file.
  static func object(in folder: String, file: String) throws(CheckpointError) -> [String: Any]? {
    guard FileManager.default.fileExists(atPath: folder) else { throw .noSuchFolder(path: folder) }
    let path = URL(fileURLWithPath: folder).appendingPathComponent(file).path
    let data: Data?
    do {
      data = try contents(of: path, limit: SizeLimit.configuration)
    } catch {
      throw .file(error)
    }
    guard let data else { return nil }
    guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw .configuration(path: path, reason: "not a JSON object")
    }
    return object
  }

  /// The configuration in a model folder, without the weights.
  public static func configuration(of folder: String) throws -> ModelConfiguration {
    if SpeechBrainFolder.isOne(folder) { return try DownloadedModel(folder: folder).configuration }
    guard let object = try object(in: folder, file: configurationFile) else {
      throw CheckpointError.noConfiguration(path: folder)
    }
    let path = URL(fileURLWithPath: folder).appendingPathComponent(configurationFile).path
    func wrong(_ reason: String) -> CheckpointError { .configuration(path: path, reason: reason) }
    guard let architecture = object["architecture"] as? String else {
      guard !DownloadedModel.describes(object) else { return try DownloadedModel(folder: folder).configuration }
      throw wrong("it names no architecture")
    }
    guard EmotionModels.named(architecture) != nil else {
      throw CheckpointError.architecture(path: path, found: architecture)
    }
    guard
      let data = try? JSONSerialization.data(withJSONObject: object),
      let configuration = try? JSONDecoder().decode(ModelConfiguration.self, from: data)
    else { throw wrong("network, classes, dimensions, front_end or training are malformed") }
    try configuration.check(path: path)
    return configuration
  }

  /// Writes the folder's files: all whole beside their places, and only then into them, so that a disk that fills up
  /// leaves the folder as it was.
  public func write(to folder: String) throws(CheckpointError) {
    let url = URL(fileURLWithPath: folder)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let described = try? encoder.encode(configuration) else { fault("a configuration that is no JSON") }
    do {
      try makeFolder(folder)
      var weights = try WholeFile(url.appendingPathComponent(Self.weightsFile).path)
      try Safetensors.write(network.storedTensors, to: &weights)
      var text = try WholeFile(url.appendingPathComponent(Self.configurationFile).path)
      try text.write(described)
      var sound =
        domain == nil ? nil : try WholeFile(url.appendingPathComponent(TrainingDomain.file).path)
      try domain?.write(to: &sound!)
      try weights.finish()
      try text.finish()
      try sound?.finish()
      try weights.place()
      try text.place()
      try sound?.place()
    } catch {
      throw .file(error)
    }
  }

  // MARK: The path from the waveform

  /// A clip at this model's length: cut or filled up where that is fixed.
  public func fitted(_ samples: [Float]) -> [Float] { configuration.fitted(samples) }

  /// The path of a clip from its samples, at the model's sample rate and trimmed, to the network's input.
  public func path(of samples: [Float]) -> SignalPath { SignalPath(fitted(samples), features: features) }
}
