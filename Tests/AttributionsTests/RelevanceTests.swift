import Basics
import Encoders
import Foundation
import Layers
import TestSupport
import Tensors
import Testing

@testable import Attributions
@testable import Models

@Suite("Relevance propagation and its sum")
struct RelevanceTests {
  private func lrp(_ rule: String) throws -> LRP {
    var options = MethodOptions()
    options[.rule] = rule
    return try LRP(options)
  }

  private func completeness(_ rule: String, _ clip: Clip, at space: InputSpace) throws -> Completeness {
    try #require(lrp(rule).attribute(clip, at: space, target: Target(1)).completeness)
  }

  @Test(
    "Each sample's relevance, and what biases keep, are PyTorch's",
    arguments: [SpeechFixture.hubertBase, .hubertLarge, .data2vec])
  func twin(_ fixture: SpeechFixture) throws {
    let expected = ReferenceNumbers("relevance.safetensors")
    let relevance = try expected.array(fixture.rawValue)
    let numbers = try expected.array("\(fixture.rawValue) score, biases").floats
    let inputs = ReferenceNumbers("encoders/\(fixture.rawValue)/expected.safetensors")
    let samples = try inputs.array("waveform").floats.prefix(relevance.count)
    let clip = Clip(Array(samples), model: try fixture.model())
    let found = try lrp("epsilon").attribute(clip, at: .waveform, target: Target(0))
    // In float32, with an ε of 1e-6: up to 1.2e-3 where a sum is near zero.
    #expect(relativeDistance(found.values, relevance.reshaped(found.values.shape)) < 3e-3)
    let completeness = try #require(found.completeness)
    #expect(abs(completeness.score - Double(numbers[0])) < 1e-4 && completeness.remainder == .constants)
    #expect(abs(completeness.baselineScore - Double(numbers[1])) < 1e-3 * abs(Double(numbers[0])))
  }

  @Test(
    "On trained tiny encoders what samples and biases have sums to the score", arguments: SpeechFixture.allCases)
  func trained(_ fixture: SpeechFixture) throws {
    let model = try fixture.trainedModel()
    let clip = Clip(makeSpeech(fixture.samples), model: model)
    for rule in ["composite", "epsilon", "gamma"] {
      let found = try completeness(rule, clip, at: .waveform)
      #expect(found.relativeGap < 0.01, "\(rule): \(found)")
    }
    // Without biases nothing is left to them.
    for parameter in model.network.parameters where parameter.name.hasSuffix("bias") {
      parameter.value = .zeros(parameter.shape)
    }
    let bare = try completeness("composite", Clip(makeSpeech(fixture.samples), model: model), at: .waveform)
    #expect(abs(bare.sum - bare.score) < 0.01 * abs(bare.score), "\(bare)")
    #expect(abs(bare.baselineScore) < 0.01 * abs(bare.score), "\(bare)")
  }

  @Test("Random encoders of more features and layers too", arguments: [true, false])
  func larger(isLarge: Bool) throws {
    for family in [SpeechEncoderConfiguration.Family.hubert, .wavLM] {
      let clip = Clip(makeSpeech(8_000), model: makeLargerEncoder(family, isLarge: isLarge))
      let found = try completeness("composite", clip, at: .waveform)
      #expect(found.relativeGap < 0.01, "\(family): \(found)")
    }
  }

  @Test(
    "Networks of the mel and the MFCC too, from the waveform on", arguments: Architecture.allCases,
    ["composite", "epsilon"])
  func frames(_ architecture: Architecture, _ rule: String) throws {
    let clip = Clip(makeSpeech(24_000), model: makeModel(architecture))
    for space in InputSpace.allCases {
      let found = try completeness(rule, clip, at: space)
      #expect(found.relativeGap < 0.01, "\(space): \(found)")
    }
  }

  @Test("Through attention's weights, softmax keeps a part, and the output has the gap")
  func passing() throws {
    let clip = Clip(makeSpeech(12_000), model: try SpeechFixture.hubertBase.trainedModel())
    let (held, passed) = (
      try completeness("composite", clip, at: .waveform), try completeness("attn-lrp", clip, at: .waveform)
    )
    #expect(held.relativeGap < 0.01 && passed.relativeGap > 0.02, "\(held), \(passed)")
    #expect(abs(passed.gap - (passed.sum - passed.score + passed.baselineScore)) < 1e-12)
  }
}
