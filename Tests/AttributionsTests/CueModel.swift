import Encoders
import Layers
import Models
import TestSupport
import Tensors

@testable import Attributions

/// A network whose logits are known linear functions of a layer: the means of 32 bands each of the log-mel in four channels,
/// "maps", of which the logit of class k is the mean of channel k, and the others' are 0.
final class CueModel: EmotionModel {
  struct Configuration: NetworkConfiguration {
    var isObserved = true
    var problem: String? { nil }
  }

  static let name = "cue"
  static let title = "Cue"
  static let summary = "for tests"
  static let inputs = [InputSpace.mel]
  static let clipLength = ClipLength.natural(leastFrames: 1)
  static let recipes: [Recipe.Name: Recipe] = [:]
  static let clipsAtOnce = 8
  static let multiplyAdds = 0.0
  static let base = Configuration()

  static let channels = 4

  private let head: Linear
  private let isObserved: Bool
  let parameters: [Parameter]

  init(_ sizes: Configuration, outputs: Int, from source: ParameterSource) throws(ParameterError) {
    head = try Linear(from: Self.channels, to: outputs, from: source.part("head"))
    parameters = source.taken
    isObserved = sizes.isObserved
    head.bias.value = .zeros([outputs])
    let weight = (0..<outputs).flatMap { output in (0..<Self.channels).map { Float($0 == output ? 1 : 0) } }
    head.weight.value = Tensor(weight, shape: [outputs, Self.channels])
  }

  func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor {
    let mel = input[.mel]
    let bands = mel.reshaped([mel.shape[0], Self.channels, 128 / Self.channels, mel.shape[3]])
    let maps = bands.mean(axes: [2]).reshaped([mel.shape[0], Self.channels, 1, mel.shape[3]])
    let seen = isObserved ? pass.observed(maps, as: "maps", .map) : maps
    return head(seen.mean(axes: [2, 3]).reshaped([-1, Self.channels]), pass)
  }

  static func model(classes: [String] = ["a", "b", "c"], isObserved: Bool = true) -> TrainedModel {
    TrainedModel(
      untrained: ModelConfiguration(
        CueModel.self, network: Configuration(isObserved: isObserved), classes: classes), seed: 1)
  }
}
