import Encoders
import Foundation
import Testing

@Suite struct ConfigurationTests {
  @Test("An empty configuration has transformers' sizes of the family: 320 samples a step, 400 samples each")
  func defaults() throws {
    let made = try JSONDecoder().decode(
      SpeechEncoderConfiguration.self, from: Data(#"{"model_type": "hubert"}"#.utf8))
    #expect(made == SpeechEncoderConfiguration(.hubert))
    // The layer drop of all families is 0.1; data2vec-audio's positions are 5 convolutions, not 128 taps.
    for family in SpeechEncoderConfiguration.Family.allCases {
      let made = try JSONDecoder().decode(
        SpeechEncoderConfiguration.self, from: Data(#"{"model_type": "\#(family.rawValue)"}"#.utf8))
      #expect(made.layerDrop == 0.1 && made.positions == (family == .data2vec ? 5 : 128))
    }
    #expect((made.hopSamples, made.windowSamples) == (320, 400))
    var wrong = made
    wrong.masking.timeLength = 0
    #expect(made.problem == nil && wrong.problem?.contains("mask_time") == true)
    #expect([399, 400, 719, 720, 16_000, 80_000].map(made.steps(samples:)) == [0, 1, 1, 2, 49, 249])
  }
}
