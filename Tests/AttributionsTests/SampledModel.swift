import Foundation
import Layers
import Models
import Tensors

/// A model with new weights whose norms follow speech, as a trained one's do: their statistics are those of two clips.
func makeModel(_ architecture: Architecture, seed: UInt64 = 1) -> TrainedModel {
  let model = TrainedModel(untrained: .init(architecture: architecture), seed: seed)
  let statistics = model.network.namedParameters.map(\.parameter).filter { $0.role == .statistic }
  for parameter in statistics { parameter.value = .zeros(parameter.shape) }
  let clips = Tensor(makeSpeech(80_000, seed: 4) + makeSpeech(80_000, seed: 5), shape: [2, 80_000])
  let mel = model.features.logMel(clips)
  let features = architecture.inputSpace == .mel ? mel : model.features.mfcc(logMel: mel)
  _ = model.network(features, ForwardPass(.training, recordsWeights: false))
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

/// ‖found − expected‖ / ‖expected‖; infinite where the shapes differ or anything is NaN.
func relativeDistance(_ found: Tensor, _ expected: Tensor) -> Double {
  guard found.shape == expected.shape else { return .infinity }
  func norm(_ x: Tensor) -> Double { x.floats.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
  let distance = norm(found - expected) / norm(expected)
  return distance.isNaN ? .infinity : distance
}
