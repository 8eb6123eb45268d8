import AudioFeatures
import Basics
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite("Adversarial training")
struct AdversarialChangeTests {
  /// New weights whose norms follow the clips, as a trained model's do: of others softmax is so sure that it has no gradient.
  private func model(_ architecture: Architecture = .cnnatt, dimensions: [String] = []) -> TrainedModel {
    let model = TrainedModel(
      untrained: ModelConfiguration(architecture: architecture, dimensions: dimensions), seed: 2)
    let statistics = model.network.parameters.filter { $0.role == .statistic }
    for parameter in statistics { parameter.value = .zeros(parameter.shape) }
    let clips = sounds(3).map(model.fitted).map { Tensor($0, shape: [1, $0.count]) }
    _ = model.network(AdversarialChange.input(clips, of: model), ForwardPass(.training))
    // One pass moves them a tenth of the way.
    for parameter in statistics { parameter.value = parameter.value * 10 }
    return model
  }

  /// Speech-like noise, each clip longer than the one before.
  private func sounds(_ count: Int, growth: Int = 700) -> [[Float]] {
    (0..<count).map { index in
      sampled(12_000 + growth * index, seed: 40 + index).enumerated().map {
        0.1 * $1 * Float(sin(Double($0) / 300))
      }
    }
  }

  private func truth(_ places: [Int], dimensions: Bool = false) -> FeatureSet.Truth {
    FeatureSet.Truth(
      labels: places.map { $0 % 7 }, dimensions: places.map { dimensions ? [Float($0 % 3)] : [] }, targets: nil)
  }

  /// Clips at the model's length with a change each.
  private func changing(
    _ sounds: [[Float]], _ model: TrainedModel, ratio: Double, seed: UInt64 = 1
  ) -> [AdversarialChange.Sound] {
    var generator = SeededGenerator(seed: seed)
    return sounds.map { sound in
      let change = AdversarialChange(of: sound, ratio: ratio, using: &generator)
      return (model.fitted(sound), sound.count, change)
    }
  }

  private func found(_ clips: [AdversarialChange.Sound], _ model: TrainedModel) -> [[Float]] {
    AdversarialChange.samples(clips, against: model) { truth($0, dimensions: !model.dimensions.isEmpty) }
  }

  private func differences(_ found: [[Float]], _ clips: [AdversarialChange.Sound]) -> [[Double]] {
    zip(found, clips).map { zip($0, $1.samples).map { Double($0) - Double($1) } }
  }

  @Test("A change lies within its ratio, leaves padding silent and the ranges whole", arguments: [0.0, 20, 60])
  func size(ratio: Double) throws {
    // Clips of one length that are filled up with zeros, and clips of their own lengths.
    for architecture in [Architecture.fcmfcc, .cnnatt] {
      let model = model(architecture)
      var sounds = sounds(3)
      sounds[1] = sounds[1].map { $0 * 15 }  // beyond −1…1, as after a gain
      let clips = changing(sounds, model, ratio: ratio)
      let found = found(clips, model)
      for (place, change) in differences(found, clips).enumerated() {
        let own = sounds[place]
        let most = norm(own.map(Double.init)) * pow(10, -ratio / 20)
        let size = norm(change)
        #expect(size <= most * (1 + 1e-4) && size > 0, "\(architecture) clip \(place)")
        // A small step ends near the border; of a large one a sample's range cuts much.
        #expect(ratio < 20 || place == 1 || size > 0.24 * most, "\(architecture) clip \(place)")
        #expect(change.dropFirst(own.count).allSatisfy { $0 == 0 })
        #expect(zip(found[place], clips[place].samples).allSatisfy { abs($0) <= max(1, abs($1)) })
      }
    }
  }

  @Test("It raises each clip's loss by more than random changes as large do, on the same weights")
  func raises() {
    let model = model()
    let sounds = sounds(4)
    let clips = changing(sounds, model, ratio: 40)
    let found = found(clips, model)
    /// The cross-entropy of each clip among the others, as the training has them.
    func losses(_ samples: [[Float]]) -> [Double] {
      let waveforms = samples.map { Tensor($0, shape: [1, $0.count]) }
      let logits = model.network(AdversarialChange.input(waveforms, of: model), .inference)
      return samples.indices.map { place in
        Double(model.loss(logits.slice(axis: 0, place..<(place + 1)), truth([place])).scalar)
      }
    }
    let clean = losses(clips.map(\.samples))
    let raised = zip(losses(found), clean).map(-)
    let changes = differences(found, clips)
    var generator = SeededGenerator(seed: 9)
    let random = (0..<8).map { _ in
      let noisy = clips.indices.map { place in
        let noise = generator.normals(sounds[place].count, deviation: 1)
        let scale = Float(norm(changes[place]) / norm(noise.map(Double.init)))
        return zip(clips[place].samples, noise).map { $0 + scale * $1 }
      }
      return zip(losses(noisy), clean).map(-)
    }
    for place in clips.indices {
      let most = random.map { $0[place] }.max()!
      #expect(raised[place] > 0 && raised[place] > 2 * most, "clip \(place): \(raised[place]), \(most)")
    }
  }

  /// Slow and obvious: of one clip, each class's gradient by itself.
  @Test("The step is 1.25 r along the gradient from the start, and back onto the ball")
  func formula() {
    let model = model()
    let sound = sounds(1)[0]
    let radius = norm(sound.map(Double.init)) * 0.1
    let clips = changing([sound], model, ratio: 20, seed: 6)
    let found = differences(found(clips, model), clips)[0]

    var generator = SeededGenerator(seed: 6)
    let direction = generator.normals(sound.count, deviation: 1).map(Double.init)
    let part = generator.uniform()
    let size = norm(direction)
    let start = direction.map { $0 / size * part * radius }
    let x = Tensor(zip(sound, start).map { $0 + Float($1) }, shape: [1, sound.count])
    func logits(_ x: Tensor) -> Tensor {
      model.network(model.features.mfcc(logMel: model.features.logMel(x)), .inference)
    }
    var gradient = start.map { _ in 0.0 }
    let probabilities = logits(x).softmax().floats
    for label in 0..<7 {
      let values = x.variable()
      let slope = gradients(of: logits(values).slice(axis: 1, label..<(label + 1)).sum(), at: [values])[0].floats
      let weight = Double(probabilities[label]) - (label == 0 ? 1 : 0)
      for place in gradient.indices { gradient[place] += weight * Double(slope[place]) }
    }
    let length = norm(gradient)
    var expected = zip(start, gradient).map { $0 + 1.25 * radius * $1 / length }
    let end = norm(expected)
    if end > radius { expected = expected.map { $0 * radius / end } }
    #expect(relativeDistance(found, expected) < 0.01)
  }

  @Test("A clip's change is the same alone and among others, and the network stays as it was")
  func alone() {
    let model = model(.fcmfcc)
    let before = model.network.storedTensors
    let clips = changing(sounds(3), model, ratio: 20)
    let together = found(clips, model)
    for (place, clip) in clips.enumerated() {
      let alone = AdversarialChange.samples([clip], against: model) { _ in truth([place]) }
      let (one, all) = (differences(alone, [clip])[0], differences([together[place]], [clip])[0])
      #expect(relativeDistance(all, one) < 0.02 && norm(one) > 0)
    }
    let after = model.network.storedTensors
    #expect(before.count == after.count)
    for (name, stored) in before { #expect(after[name]?.tensor.floats == stored.tensor.floats, "\(name)") }
  }

  @Test("The input is that of training: the same features, filled up in the same way")
  func input() {
    let model = model()
    let sounds = sounds(3).map(model.fitted)
    let set = FeatureSet(
      sounds.enumerated().map { index, samples in
        ClipFeatures(
          path: "\(index)", origin: "made", label: index,
          inputs: FeatureSet.inputs(on: SignalPath(samples, features: model.features), model.kind),
          samples: samples.count)
      })
    let expected = set.batch(0..<3).input
    let found = AdversarialChange.input(sounds.map { Tensor($0, shape: [1, $0.count]) }, of: model)
    #expect(found.lengths == expected.lengths && found.lengths != nil)
    for place in model.kind.inputs {
      #expect(found[place].shape == expected[place].shape)
      #expect(relativeDistance(found[place].floats, expected[place].floats) < 1e-5)
    }
  }

  @Test("Silence, and clips without a change, stay as they are; a dimension's concordance is of the whole batch")
  func unchanged() {
    let model = model(dimensions: ["arousal"])
    var clips = changing(sounds(4), model, ratio: 20)
    clips[2].change = nil
    var generator = SeededGenerator(seed: 3)
    let silence = [Float](repeating: 0, count: 12_000)
    clips.append((silence, silence.count, AdversarialChange(of: silence, ratio: 20, using: &generator)))
    let found = found(clips, model)
    for (place, clip) in clips.enumerated() {
      #expect((found[place] == clip.samples) == [2, 4].contains(place), "clip \(place)")
      #expect(found[place].allSatisfy { $0.isFinite })
    }
    #expect(self.found([], model).isEmpty)
  }
}
