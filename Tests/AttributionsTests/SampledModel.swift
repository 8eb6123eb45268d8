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

/// ‖found − expected‖ / ‖expected‖; infinite where the shapes differ or anything is NaN.
func relativeDistance(_ found: Tensor, _ expected: Tensor) -> Double {
  guard found.shape == expected.shape else { return .infinity }
  func norm(_ x: Tensor) -> Double { x.floats.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
  let distance = norm(found - expected) / norm(expected)
  return distance.isNaN ? .infinity : distance
}

// MARK: What Tests/Fixtures/measures.py and attributions.py make by the same formulas

func fixture(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/\(name)").path
}

/// float32 in −1..<1 that look random, from a name (its FNV-1a hash) and the position; the same as the scripts' to the bit.
func sampled(_ name: String, _ shape: [Int]) -> Tensor {
  let seed = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  let values = (0..<UInt64(shape.reduce(1, *))).map { position in
    // SplitMix64's output function (Steele, Lea and Flood 2014).
    var z = (seed &+ position) &* 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Float((z ^ (z >> 31)) >> 40) / 8_388_608 - 1
  }
  return Tensor(values, shape: shape)
}

/// The scripts' clip on its way through a model with their weights.
func makeSampledClip(_ architecture: Architecture) -> Clip {
  let model = TrainedModel(untrained: .init(architecture: architecture), seed: 0)
  for (name, parameter) in model.network.namedParameters where parameter.role != .counter {
    let values = sampled(name, parameter.shape)
    if parameter.shape.count >= 2 {
      parameter.value = values * (6 / Float(parameter.shape.dropFirst().reduce(1, *))).squareRoot()
    } else if name.hasSuffix("running_var") || name.hasSuffix("norm.weight") {
      parameter.value = values * 0.5 + 1
    } else {
      parameter.value = values * 0.25
    }
  }
  let fall = Tensor((0..<20_000).map { 1 - 0.99 * Float($0) / 19_999 }, shape: [20_000])
  return Clip((sampled("measures clip", [20_000]) * 0.25 * fall).floats, model: model)
}
