import Basics
import Foundation
import Layers
import Models
import Tensors
import TestSupport

@testable import Attributions

/// A model with new weights whose norms follow speech, as a trained one's do: their statistics are those of two clips.
func makeModel(_ architecture: Architecture, seed: UInt64 = 1) -> TrainedModel {
  let model = TrainedModel(untrained: .init(architecture: architecture), seed: seed)
  let statistics = model.network.namedParameters.map(\.parameter).filter { $0.role == .statistic }
  for parameter in statistics { parameter.value = .zeros(parameter.shape) }
  let clips = Tensor(makeSpeech(80_000, seed: 4) + makeSpeech(80_000, seed: 5), shape: [2, 80_000])
  let mel = model.features.logMel(clips)
  let features = architecture.inputSpace == .mel ? mel : model.features.mfcc(logMel: mel)
  _ = model.network(features, ForwardPass(.training))
  // One pass moves them a tenth of the way.
  for parameter in statistics { parameter.value = parameter.value * 10 }
  return model
}

/// A vowel of a falling pitch that swells and fades, with some breath: [samples] at 16 kHz.
func makeSpeech(_ count: Int, seed: UInt64 = 3) -> [Float] {
  var generator = SeededGenerator(seed: seed)
  var phase = 0.0
  return (0..<count).map { i in
    let position = Double(i) / Double(count)
    phase += 2 * .pi * (180 - 60 * position) / 16_000
    let voice = (1...20).reduce(0.0) { $0 + sin(Double($1) * phase) / Double($1) }
    let level = 0.05 + 0.2 * sin(.pi * position)
    return Float(level * voice + 0.02 * generator.normal())
  }
}

/// The clip of Tests/Fixtures/measures.py and attributions.py on its way through a model with their weights.
func makeSampledClip(_ architecture: Architecture) -> Clip {
  let model = TrainedModel(untrained: .init(architecture: architecture), seed: 0)
  model.network.setSampledParameters()
  let fall = Tensor((0..<20_000).map { 1 - 0.99 * Float($0) / 19_999 }, shape: [20_000])
  return Clip((sampled("measures clip", [20_000]) * 0.25 * fall).floats, model: model)
}
