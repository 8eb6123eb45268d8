import Basics
import Foundation
import Layers
import Models
import Synchronization
import Tensors
import TestSupport

@testable import Attributions

/// A model with new weights whose norms follow speech, as a trained one's do: their statistics are those of two clips. Weights
/// are computed once; the model is the caller's own, since a network keeps what it folds.
func makeModel(_ architecture: Architecture, seed: UInt64 = 1) -> TrainedModel {
  let configuration = ModelConfiguration(architecture: architecture)
  let weights = madeWeights.withLock { made in
    let key = "\(architecture) \(seed)"
    if let found = made[key] { return found }
    let found = trackedWeights(architecture, seed: seed)
    made[key] = found
    return found
  }
  guard let network = try? configuration.makeNetwork(from: .stored(weights, path: "")) else {
    fault("weights of another network")
  }
  return TrainedModel(configuration: configuration, network: network, name: architecture.rawValue)
}

private let madeWeights = Mutex<[String: [String: StoredTensor]]>([:])

private func trackedWeights(_ architecture: Architecture, seed: UInt64) -> [String: StoredTensor] {
  let model = TrainedModel(untrained: .init(architecture: architecture), seed: seed)
  let statistics = model.network.namedParameters.map(\.parameter).filter { $0.role == .statistic }
  for parameter in statistics { parameter.value = .zeros(parameter.shape) }
  let clips = Tensor(makeSpeech(80_000, seed: 4) + makeSpeech(80_000, seed: 5), shape: [2, 80_000])
  let mel = model.features.logMel(clips)
  let features = architecture.inputSpace == .mel ? mel : model.features.mfcc(logMel: mel)
  _ = model.network(features, ForwardPass(.training))
  // One pass moves them a tenth of the way.
  for parameter in statistics { parameter.value = parameter.value * 10 }
  return model.network.storedTensors
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
