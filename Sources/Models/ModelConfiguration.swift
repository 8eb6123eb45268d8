import AudioFeatures
import Basics
import Corpora
import Layers
import Tensors

/// `config.json` of a model's folder. Only `architecture` is required.
public struct ModelConfiguration: Codable, Sendable {
  /// The model that is built; its name is the value of `architecture`.
  public let model: any EmotionModel.Type
  /// The network's sizes.
  public var network: any NetworkConfiguration
  /// The names of the first outputs, in their order, of which one is predicted.
  public var classes: [String]
  /// The names of the outputs after them, each a number of its own, such as arousal and valence.
  public var dimensions: [String]
  public var frontEnd: FrontEnd
  /// What becomes of a clip's quiet ends.
  public var trimming: Trimming
  /// Facts about its training: recipe, data, seed, versions.
  public var training: [String: String]

  public init(
    _ model: any EmotionModel.Type, network: (any NetworkConfiguration)? = nil, classes: [String] = emotions,
    dimensions: [String] = [], frontEnd: FrontEnd = FrontEnd(), trimming: Trimming = .standard,
    training: [String: String] = [:]
  ) {
    (self.model, self.network) = (model, network ?? model.base)
    (self.classes, self.dimensions, self.training) = (classes, dimensions, training)
    (self.frontEnd, self.trimming) = (frontEnd, trimming)
  }

  enum CodingKeys: String, CodingKey {
    case architecture, network, classes, dimensions, training
    case frontEnd = "front_end"
    case trimming = "trim_db"
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let name = try container.decode(String.self, forKey: .architecture)
    guard let model = EmotionModels.named(name) else { throw CheckpointError.architecture(path: "", found: name) }
    self.model = model
    network = try model.decodeConfiguration(from: container, forKey: .network)
    dimensions = try container.decodeIfPresent([String].self, forKey: .dimensions) ?? []
    classes =
      try container.decodeIfPresent([String].self, forKey: .classes) ?? (dimensions.isEmpty ? Self.emotions : [])
    frontEnd = try container.decodeIfPresent(FrontEnd.self, forKey: .frontEnd) ?? FrontEnd()
    trimming = try container.decodeIfPresent(Trimming.self, forKey: .trimming) ?? .standard
    training = try container.decodeIfPresent([String: NumberOrText].self, forKey: .training)?.mapValues(\.text) ?? [:]
  }

  /// Writes the sizes, the dimensions and the trimming only where they are not the defaults, so that older readers accept the file.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(model.name, forKey: .architecture)
    if !network.equals(model.base) { try network.encode(to: &container, forKey: .network) }
    try container.encode(classes, forKey: .classes)
    if !dimensions.isEmpty { try container.encode(dimensions, forKey: .dimensions) }
    try container.encode(frontEnd, forKey: .frontEnd)
    if trimming != .standard { try container.encode(trimming, forKey: .trimming) }
    try container.encode(training.mapValues(NumberOrText.init(text:)), forKey: .training)
  }

  /// The names of all outputs: classes, then dimensions.
  public var outputs: [String] { classes + dimensions }

  /// The report's seven emotions.
  public static let emotions = Emotion.known.map(\.rawValue)

  /// Throws where no model can have this configuration.
  /// - Parameter path: The file's path, for errors.
  public func check(path: String) throws(CheckpointError) {
    func wrong(_ reason: String) -> CheckpointError { .configuration(path: path, reason: reason) }
    if let problem = network.problem { throw wrong("no network can be built: \(problem)") }
    if dimensions.isEmpty {
      guard classes.count >= 2 else { throw wrong("it names fewer than two classes") }
    } else {
      guard classes.count != 1 else { throw wrong("it names a single class") }
    }
    guard Set(classes).count == classes.count else { throw wrong("it names a class twice") }
    guard Set(outputs).count == outputs.count else { throw wrong("it names an output twice") }
    guard outputs.allSatisfy({ !$0.isEmpty }) else { throw wrong("it names an output without a name") }
    if let problem = frontEnd.problem ?? network.problem(on: frontEnd) { throw wrong(problem) }
  }

  /// A clip at the model's length: cut or filled up where that is fixed.
  public func fitted(_ samples: [Float]) -> [Float] {
    switch model.clipLength {
    case .fixed(let seconds):
      return fixedLength(samples, samples: Int((seconds * Double(frontEnd.sampleRate)).rounded()))
    case .natural(let leastFrames, let most):
      let frames = frontEnd.deltas > 0 ? max(leastFrames, Tensor.deltaFrames) : leastFrames
      return fixedLength(samples, samples: min(max(samples.count, (frames - 1) * frontEnd.hopSamples), most ?? .max))
    }
  }

  /// A network with new weights, drawn from the seed.
  public func network(seed: UInt64) -> any EmotionModel {
    guard let made = try? makeNetwork(from: .drawn(seed: seed)) else { fault("weights that cannot be drawn") }
    return made
  }

  /// The number of learned weights, known without making any.
  public var weightCount: Int {
    guard let network = try? makeNetwork(from: .stored([:], path: "")) else { fault("a network too large to count") }
    return network.weights.reduce(0) { $0 + $1.value.count }
  }

  /// A network whose parameters are from a source.
  public func makeNetwork(from source: ParameterSource) throws(ParameterError) -> any EmotionModel {
    try model.make(network, outputs: outputs.count, from: source)
  }
}

extension ModelConfiguration: Equatable {
  public static func == (a: ModelConfiguration, b: ModelConfiguration) -> Bool {
    a.model == b.model && a.network.equals(b.network) && a.classes == b.classes && a.dimensions == b.dimensions
      && a.frontEnd == b.frontEnd && a.trimming == b.trimming && a.training == b.training
  }
}
