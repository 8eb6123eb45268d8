import Encoders
import Foundation
import Testing

@Suite struct ConfigurationTests {
  @Test("An empty configuration has transformers' sizes of the family: 320 samples a step, 400 samples each")
  func defaults() throws {
    let made = try JSONDecoder().decode(
      SpeechEncoderConfiguration.self, from: Data(#"{"model_type": "hubert"}"#.utf8))
    #expect(made == SpeechEncoderConfiguration(.hubert))
    #expect((made.hopSamples, made.windowSamples) == (320, 400))
    #expect([399, 400, 719, 720, 16_000, 80_000].map(made.steps(samples:)) == [0, 1, 1, 2, 49, 249])
  }
}
