import AudioFeatures
import Foundation
import Layers
import Tensors

/// A network that predicts the emotion of a clip. Everything particular to a model is a member of its type, in one
/// file; outside it, there is only its line in ``EmotionModels/all``.
public protocol EmotionModel: Layer, SendableType {
  /// The network's sizes, as `config.json` has them under `network`.
  associatedtype Configuration: NetworkConfiguration

  /// The name in checkpoints and on the command line.
  static var name: String { get }
  /// The name in figures and texts.
  static var title: String { get }
  /// One line for a list.
  static var summary: String { get }
  /// The places that the network reads. The first is its own input, on which maps of its layers lie.
  static var inputs: [InputSpace] { get }
  static var clipLength: ClipLength { get }
  /// The recipes of its training.
  static var recipes: [Recipe.Name: Recipe] { get }
  /// The number of clips of five seconds that an attribution runs at once: as many as fill the cores well.
  static var clipsAtOnce: Int { get }
  /// Multiply-adds of a forward pass of the base sizes over five seconds, by the formulas: an algorithm may need fewer.
  static var multiplyAdds: Double { get }
  /// Whether one of the layers is an attention, over channels or over frames.
  static var hasAttention: Bool { get }
  /// The default sizes.
  static var base: Configuration { get }

  /// The pretrained parts that a new network is built around.
  static var pretrainedParts: [PretrainedPart] { get }
  /// The sizes of a network around pretrained parts.
  static func configuration(around parts: Pretrained) -> Configuration
  /// The arrays of pretrained parts, by the names that a network has for them.
  static func arrays(of parts: Pretrained) -> [ParameterSource.Pretrained]
  /// The number of a pretrained part's last layers that learn where nothing else is asked for; nil for all that the recipe
  /// lets.
  static var trainedLayers: Int? { get }
  /// The name in figures and texts of a network of these sizes.
  var title: String { get }
  /// The reason why several ranks of a training cannot share a batch; nil where they can.
  var reasonForWholeBatches: String? { get }

  /// - Parameter outputs: The number of logits.
  init(_ configuration: Configuration, outputs: Int, from source: ParameterSource) throws(ParameterError)

  /// Clips → logits [batch, outputs].
  func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor
}

#if compiler(>=6.2)
  /// A type that may be named on any thread; compilers before Swift 6.2 take all types for such.
  public typealias SendableType = SendableMetatype
#else
  /// A type that may be named on any thread; compilers before Swift 6.2 take all types for such.
  public protocol SendableType {}
#endif

/// The sizes of a network.
public protocol NetworkConfiguration: Codable, Equatable, Sendable {
  /// The reason why no network can have these sizes; nil where one can. Sizes from a file can be anything.
  var problem: String? { get }
  /// The reason why a network of these sizes cannot read what a front-end computes; nil where it can.
  func problem(on frontEnd: FrontEnd) -> String?
}

extension NetworkConfiguration {
  /// Networks are made for the standard front-end unless they say otherwise: encoders of speech take 16,000 samples a second.
  public func problem(on frontEnd: FrontEnd) -> String? {
    frontEnd == FrontEnd() ? nil : "its network takes the standard front-end only"
  }
}

/// The length of a clip at a model's input.
public enum ClipLength: Equatable, Sendable {
  /// Clips are cut, or filled up with zeros at the end.
  case fixed(seconds: Double)
  /// The clip's own length, at most so many samples; a batch is filled up to its longest.
  case natural(leastFrames: Int, mostSamples: Int? = nil)
}

/// All models, in the order in which they are listed.
public enum EmotionModels {
  public static let all: [any EmotionModel.Type] = [
    CNNLSTM.self, FCMFCC.self, CNNATT.self, CNNASP.self, HUBERTFT.self, MMFUSION.self, SpeechClassifier.self,
  ]

  public static var names: [String] { all.map { $0.name } }

  /// The model with this name.
  public static func named(_ name: String) -> (any EmotionModel.Type)? { all.first { $0.name == name } }
}

extension EmotionModel {
  /// The input on which maps of the layers lie.
  public static var input: InputSpace { inputs[0] }
  public static var hasAttention: Bool { false }
  /// The places on the way from the waveform to the network's inputs, where it can be explained.
  public static var places: [InputSpace] {
    InputSpace.allCases.filter { [.waveform, .spectrogram].contains($0) || inputs != [.waveform] }
  }
  public static var pretrainedParts: [PretrainedPart] { [] }
  public static func configuration(around parts: Pretrained) -> Configuration { base }
  public static func arrays(of parts: Pretrained) -> [ParameterSource.Pretrained] { [] }
  public static var trainedLayers: Int? { nil }
  public var title: String { Self.title }
  public var reasonForWholeBatches: String? { nil }

  /// A network of sizes whose type is not known here.
  static func make(
    _ configuration: any NetworkConfiguration, outputs: Int, from source: ParameterSource
  ) throws(ParameterError) -> Self {
    try Self((configuration as? Configuration) ?? base, outputs: outputs, from: source)
  }

  /// Sizes as a JSON file has them.
  public static func configuration(decoding data: Data) throws -> any NetworkConfiguration {
    try JSONDecoder().decode(Configuration.self, from: data)
  }

  static func decodeConfiguration<Key>(
    from container: KeyedDecodingContainer<Key>, forKey key: Key
  ) throws -> any NetworkConfiguration {
    try container.decodeIfPresent(Configuration.self, forKey: key) ?? base
  }
}

/// Multiply-adds of convolutions: channels, filters, kernel's places, rows, columns of each.
func convolutionMultiplyAdds(_ layers: [(Int, Int, Int, Int, Int)]) -> Double {
  Double(layers.reduce(0) { $0 + $1.0 * $1.1 * $1.2 * $1.3 * $1.4 })
}

extension NetworkConfiguration {
  func encode<Key>(to container: inout KeyedEncodingContainer<Key>, forKey key: Key) throws {
    try container.encode(self, forKey: key)
  }

  /// Whether other sizes are of the same kind and the same.
  public func equals(_ other: any NetworkConfiguration) -> Bool { (other as? Self) == self }
}
