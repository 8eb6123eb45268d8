import AudioFeatures
import Basics
import Layers
import Models
import Tensors
import Training

/// The registered models, as a value that tests can take for an argument.
public enum Architecture: String, CaseIterable, Sendable {
  case cnnlstm, fcmfcc, cnnatt

  public var kind: any EmotionModel.Type { EmotionModels.named(rawValue)! }
  public var title: String { kind.title }
  public var inputSpace: InputSpace { kind.input }
  public var clipLength: ClipLength { kind.clipLength }

  public func makeNetwork(classes: Int, seed: UInt64) -> any EmotionModel {
    ModelConfiguration(architecture: self, classes: (0..<classes).map { "class \($0)" }).network(seed: seed)
  }

  /// A network of seven classes that drops nothing in training, so that a step is the same everywhere.
  public func makeNetworkWithoutDropout(seed: UInt64) -> any EmotionModel {
    var configuration = ModelConfiguration(architecture: self)
    switch configuration.network {
    case var sizes as CNNLSTM.Configuration:
      sizes.dropout = 0
      configuration.network = sizes
    case var sizes as FCMFCC.Configuration:
      sizes.dropout = 0
      configuration.network = sizes
    default: break
    }
    return configuration.network(seed: seed)
  }
}

extension ModelConfiguration {
  public init(
    architecture: Architecture, classes: [String] = emotions, dimensions: [String] = [],
    training: [String: String] = [:]
  ) {
    self.init(architecture.kind, classes: classes, dimensions: dimensions, training: training)
  }
}

extension Recipe {
  public init(_ name: Name = .published, for architecture: Architecture) {
    guard let recipe = architecture.kind.recipes[name] else { fault("\(architecture) has no recipe \(name)") }
    self = recipe
  }
}

extension EmotionModel {
  /// The logits of what the network's only input is.
  public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
    self(NetworkInput([Self.input: input]), pass)
  }
}

extension Layer {
  public var namedParameters: [(name: String, parameter: Parameter)] { parameters.map { ($0.name, $0) } }
}

extension ClipFeatures {
  /// A clip of a model that reads one input.
  public init(
    path: String, origin: String, label: Int, frames: Int, values: [Float], silence: [Float], cutFrom: Double? = nil,
    at space: InputSpace = .mfcc
  ) {
    demand(values.count == silence.count * frames, "\(values.count) values for \(frames) frames")
    self.init(
      path: path, origin: origin, label: label, inputs: [space: .init(values: values, silence: silence)],
      samples: frames * 256, cutFrom: cutFrom)
  }

  private var only: Input { inputs.values.first! }
  public var values: [Float] { only.values }
  public var silence: [Float] { only.silence }
  public var frames: Int { only.columns }
}
