import Layers
import Models
import Tensors
import TestSupport

@testable import Attributions

/// The network of Tests/Fixtures/attacks.py, on a waveform of 64 samples: two linear maps with a tanh between them; or a
/// single one.
final class WaveModel: EmotionModel {
  struct Configuration: NetworkConfiguration {
    var isLinear = false
    var problem: String? { nil }
  }

  static let name = "wave"
  static let title = "Wave"
  static let summary = "for tests"
  static let inputs = [InputSpace.waveform]
  static let clipLength = ClipLength.natural(leastFrames: 1)
  static let recipes: [Recipe.Name: Recipe] = [:]
  // Less than the tests' clips, so that these are several batches.
  static let clipsAtOnce = 3
  static let multiplyAdds = 0.0
  static let base = Configuration()

  static let samples = 64
  private static let hidden = 24

  let first: Linear
  private let second: Linear?
  let parameters: [Parameter]

  init(_ sizes: Configuration, outputs: Int, from source: ParameterSource) throws(ParameterError) {
    first = try Linear(from: Self.samples, to: sizes.isLinear ? outputs : Self.hidden, from: source.part("first"))
    second = sizes.isLinear ? nil : try Linear(from: Self.hidden, to: outputs, from: source.part("second"))
    parameters = source.taken
  }

  func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor {
    let found = first(input[.waveform], pass)
    return second.map { $0(found.hyperbolicTangent(), pass) + 5 } ?? found
  }

  static func model(isLinear: Bool = false) -> TrainedModel {
    let model = TrainedModel(
      untrained: ModelConfiguration(
        WaveModel.self, network: Configuration(isLinear: isLinear), classes: ["a", "b", "c", "d"]), seed: 0)
    model.network.setSampledParameters()
    return model
  }

  /// The clips of attacks.py.
  static func clips(_ model: TrainedModel) -> [Clip] {
    (0..<5).map { Clip((sampled("attacked clip \($0)", [samples]) * 0.5).floats, model: model) }
  }
}
