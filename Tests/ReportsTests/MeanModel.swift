import Layers
import Models
import Tensors

/// A threshold on the mean of what a network reads.
struct MeanThreshold: NetworkConfiguration {
  var threshold: Float = 0.005
  /// Whether a logit overflows where the mean is 0.01 or more.
  var overflows = false
  var problem: String? { nil }

  /// Logits t, m, −1000 − m of the means m of values [batch, …]: the second class is said where m is above the threshold t,
  /// else the first.
  func logits(_ values: Tensor) -> Tensor {
    let mean = values.mean(axes: Array(1..<values.rank)).reshaped([values.shape[0], 1])
    let low = mean * -1 - 1000
    // (200 m)¹²⁸ is above what float32 holds from a mean of 0.01 on.
    let last = overflows ? low - (0..<7).reduce(mean * 200) { power, _ in power * power } : low
    return .concatenated([mean * 0 + threshold, mean, last], axis: 1)
  }
}

/// A network without weights that says the second class of a waveform whose mean is above a threshold.
final class MeanModel: EmotionModel {
  static let name = "mean"
  static let title = "Mean"
  static let summary = "for tests"
  static let inputs = [InputSpace.waveform]
  static let clipLength = ClipLength.natural(leastFrames: 1)
  static let recipes: [Recipe.Name: Recipe] = [:]
  static let clipsAtOnce = 3
  static let multiplyAdds = 0.0
  static let base = MeanThreshold()

  private let sizes: MeanThreshold
  let parameters: [Parameter] = []

  init(_ sizes: MeanThreshold, outputs: Int, from source: ParameterSource) { self.sizes = sizes }

  func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor { sizes.logits(input[.waveform]) }

  static func model(overflows: Bool = false) -> TrainedModel {
    TrainedModel(
      untrained: ModelConfiguration(
        MeanModel.self, network: MeanThreshold(overflows: overflows), classes: ["a", "b", "c"]), seed: 0)
  }
}

/// The same of a mel, whose threshold the clip sets.
final class MelMeanModel: EmotionModel {
  static let name = "mel-mean"
  static let title = "Mel mean"
  static let summary = "for tests"
  static let inputs = [InputSpace.mel]
  static let clipLength = ClipLength.natural(leastFrames: 1)
  static let recipes: [Recipe.Name: Recipe] = [:]
  static let clipsAtOnce = 3
  static let multiplyAdds = 0.0
  static let base = MeanThreshold()

  private let sizes: MeanThreshold
  let parameters: [Parameter] = []

  init(_ sizes: MeanThreshold, outputs: Int, from source: ParameterSource) { self.sizes = sizes }

  func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor { sizes.logits(input[.mel]) }

  static func model(threshold: Float) -> TrainedModel {
    TrainedModel(
      untrained: ModelConfiguration(
        MelMeanModel.self, network: MeanThreshold(threshold: threshold), classes: ["a", "b", "c"]), seed: 0)
  }
}
