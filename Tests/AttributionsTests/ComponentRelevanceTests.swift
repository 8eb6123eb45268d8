import AudioFeatures
import Basics
import Models
import Tensors
import TestSupport
import Testing

@testable import Attributions

@Suite("What a prediction rests on of a sound's components")
struct ComponentRelevanceTests {
  private func relevance(
    _ model: TrainedModel, _ speech: [Float], components count: Int, chosen: Int = 1, seed: UInt64 = 1
  ) throws -> (components: SoundComponents, clip: Clip, relevance: ComponentRelevance) {
    var generator = SeededGenerator(seed: seed)
    let components = SoundComponents(
      of: speech, through: model.features, components: count, divergence: .kullbackLeibler, steps: 30,
      using: &generator)
    let clip = Clip(speech, model: model)
    let found = try ComponentRelevance(
      components, of: clip, target: Target(2), chosen: chosen, path: "a.wav", using: &generator)
    return (components, clip, found)
  }

  @Test("Each answer is the model's to the clip without the component's sound, or to that alone")
  func answers() throws {
    let (model, speech) = (makeModel(.cnnatt), makeSpeech(20_000))
    let (components, clip, found) = try relevance(model, speech, components: 4, chosen: 2)
    #expect(abs(found.whole.score - Double(clip.logits.floats[2])) < 1e-4)
    #expect(try abs(#require(found.whole.probability) - clip.probabilities(path: "")[2]) < 1e-5)
    let sounds = (0..<4).map { components.sounds.slice(axis: 0, $0..<($0 + 1)).floats }
    for component in 0..<4 {
      let rest = zip(speech, sounds[component]).map { $0 - $1 }
      let (without, alone) = (Clip(rest, model: model), Clip(sounds[component], model: model))
      #expect(abs(found.removed[component].score - Double(without.logits.floats[2])) < 1e-3)
      #expect(abs(found.alone[component].score - Double(alone.logits.floats[2])) < 1e-3)
      let probability = try without.probabilities(path: "")[2]
      #expect(try abs(#require(found.removed[component].probability) - probability) < 1e-3)
    }
    // The two without which the score is lowest, in that order.
    let ranked = (0..<4).sorted { found.removed[$0].score < found.removed[$1].score }
    #expect(found.chosen == Array(ranked.prefix(2)))
    let together = zip(sounds[ranked[0]], sounds[ranked[1]]).map { $0 + $1 }
    #expect(abs(found.chosenAlone.score - Double(Clip(together, model: model).logits.floats[2])) < 1e-3)
    #expect(found.randomRemoved.count == ComponentRelevance.draws && (0...1).contains(found.randomAsLow))
  }

  @Test("The relevance of all frames sums to gradient times magnitude of the spectrogram")
  func gradient() throws {
    let (components, clip, found) = try relevance(makeModel(.cnnatt), makeSpeech(20_000), components: 3)
    let gradient = clip.gradient(clip[.spectrogram], at: .spectrogram, target: Target(2))
    let product = (gradient * clip[.spectrogram])
    #expect(found.relevance.shape == [3, components.magnitudes.shape[1]])
    let frames = product.sum(axes: [2]).reshaped([-1])
    #expect(relativeDistance(found.relevance.sum(axes: [0]).reshaped([-1]), frames) < 1e-4)
  }

  @Test("One component alone is the clip, without it there is silence; of all at random, all are taken")
  func single() throws {
    let model = makeModel(.cnnatt)
    let (_, clip, found) = try relevance(model, makeSpeech(9_000), components: 1)
    #expect(abs(found.alone[0].score - found.whole.score) < 1e-3)
    let silence = clip.logits(.zeros([1, 9_000]), at: .waveform).floats[2]
    #expect(abs(found.removed[0].score - Double(silence)) < 0.05 * abs(found.whole.score - Double(silence)) + 1e-3)
    // A batch of one rounds otherwise than one of fifty.
    #expect(found.randomRemoved.allSatisfy { abs($0.score - found.chosenRemoved.score) < 1e-3 })
  }

  @Test("A model of five seconds is asked about the beginning; a longer clip's other frames have no relevance")
  func lengths() throws {
    for count in [20_000, 100_000] {
      let (components, _, found) = try relevance(makeModel(.fcmfcc), makeSpeech(count), components: 2)
      #expect(found.relevance.shape == [2, 1 + count / 256] && components.sounds.shape == [2, count])
      let values = found.relevance.floats
      #expect(values.prefix(60).contains { $0 != 0 })
      if count > 80_000 { #expect(values[320..<391].allSatisfy { $0 == 0 }) }
    }
  }

  @Test("The seed decides which components are taken at random")
  func seeds() throws {
    let (model, speech) = (makeModel(.cnnatt), makeSpeech(9_000))
    func random(_ seed: UInt64) throws -> [Double] {
      try relevance(model, speech, components: 4, seed: seed).relevance.randomRemoved.map(\.score)
    }
    #expect(try random(1) == random(1))
    #expect(try random(1) != random(2))
  }
}

@Suite("Explanations through other front-ends")
struct OtherFrontEndTests {
  @Test("All four places of a small front-end, with and without deltas, have attributions", arguments: [0, 2])
  func places(_ deltas: Int) throws {
    var configuration = ModelConfiguration(architecture: .cnnatt)
    configuration.frontEnd.windowSamples = 400
    configuration.frontEnd.hopSamples = 160
    configuration.frontEnd.mels = 64
    configuration.frontEnd.coefficients = 20
    configuration.frontEnd.deltas = deltas
    let model = TrainedModel(untrained: configuration, seed: 1)
    for (count, length) in [(16_000, 16_000), (300, (deltas == 0 ? 3 : 8) * 160)] {
      let explanation = try Explainer(model: model, method: Saliency()).explain(makeSpeech(count), path: "a.wav")
      let frames = 1 + length / 160
      #expect(
        explanation.inputs.map(\.values.shape)
          == [[length], [201, frames], [64, frames], [20 * (1 + deltas), frames]])
      #expect(explanation.hop == 0.01)
      #expect(explanation.inputs.allSatisfy { $0.attribution.floats.contains { $0 > 0 } })
    }
    // The silence of padding has no slopes.
    let silence = Clip(makeSpeech(16_000), model: model).silence(at: .mfcc).floats
    #expect(silence.dropFirst(20 * 101).allSatisfy { abs($0) < 1e-4 } && abs(silence[0]) > 1)
  }

  @Test("Integrated gradients through deltas sum to the difference of scores")
  func completeness() throws {
    var configuration = ModelConfiguration(architecture: .cnnatt)
    configuration.frontEnd.deltas = 1
    let clip = Clip(makeSpeech(16_000), model: TrainedModel(untrained: configuration, seed: 1))
    let found = try IntegratedGradients().attribute(clip, at: .mel, target: Target(0))
    let completeness = try #require(found.completeness)
    #expect(completeness.relativeGap < 0.05, "\(completeness)")
  }
}
