import Encoders
import Layers
import Tensors

/// A network with a pretrained encoder of speech, the first part of which a training can leave as it is.
public protocol EncodingModel: EmotionModel {
  var encoder: PreparedEncoder { get }
  /// Whether the states' means over steps are all that the network reads of its encoder.
  var readsMeansOnly: Bool { get }
  /// The parameters of the pretrained parts without their last so many layers.
  func parameters(belowLast count: Int) -> [Parameter]
}

extension EncodingModel {
  public static func arrays(of parts: Pretrained) -> [ParameterSource.Pretrained] {
    [parts.encoder?.arrays(prefix: "hubert."), parts.convnext?.arrays(prefix: "convnext.")].compactMap(\.self)
  }

  public var encoderConfiguration: SpeechEncoderConfiguration { encoder.encoder.configuration }

  public func parameters(belowLast count: Int) -> [Parameter] { encoder.encoder.parameters(belowLast: count) }

  /// The stage of the encoder up to which nothing learns by a recipe; nil where the convolutions or the projection do.
  public func frozenStage(by recipe: Recipe) -> EncoderStage? {
    let stage = encoder.encoder.frozenStage(recipe.learns)
    return stage == .pooled && !readsMeansOnly ? .layer(encoderConfiguration.layerCount - 1) : stage
  }
}

extension Recipe {
  /// The recipe with the pretrained parts of a network frozen but for their last so many layers.
  public func training(lastLayers count: Int, of network: any EncodingModel) -> Recipe {
    var recipe = self
    recipe.parts = network.parameters(belowLast: count).map { Part($0.name, rateFactor: 0, weightDecay: 0) } + parts
    return recipe
  }

  /// Whether a parameter is learned.
  public func learns(_ parameter: Parameter) -> Bool {
    parameter.role == .weight && (parts.first { parameter.name.hasPrefix($0.prefix) }?.rateFactor ?? 1) != 0
  }
}
