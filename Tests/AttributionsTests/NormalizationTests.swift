import Basics
import Foundation
import Layers
import TestSupport
import Tensors
import Testing

@testable import Attributions
@testable import Models

@Suite("Normalisation of the waveform")
struct NormalizationTests {
  /// Speech with a mean of zero, so that silence stays silence.
  private static var samples: [Float] {
    let speech = makeSpeech(12_000)
    let mean = speech.reduce(0.0) { $0 + Double($1) } / Double(speech.count)
    return speech.map { Float(Double($0) - mean) }
  }

  /// The same network without its normalisation.
  private static func bare(_ model: TrainedModel) throws -> TrainedModel {
    var configuration = model.configuration
    var sizes = try #require(configuration.network as? SpeechClassifier.Configuration)
    sizes.preprocessing.normalizes = false
    configuration.network = sizes
    let network = try SpeechClassifier(
      sizes, outputs: model.outputs.count, from: .stored(model.network.storedTensors, path: "bare"))
    return TrainedModel(configuration: configuration, network: network, name: "bare")
  }

  @Test("Hiding half of a clip leaves the encoder's input of the other half as it was")
  func kept() throws {
    let clip = Clip(Self.samples, model: try SpeechFixture.hubertLarge.model())
    #expect(clip.model.normalizesWaveform)
    let hidden = Tensor(Array(Self.samples[..<6_000]) + [Float](repeating: 0, count: 6_000), shape: [1, 12_000])
    let preprocessing = WaveformPreprocessing(normalizes: true)
    func read(_ samples: Tensor, scale: WaveformScale?) -> [Float] {
      let input = clip.path.input(samples, at: .waveform, for: [.waveform], scale: scale)
      return Array(preprocessing(input[.waveform], lengths: nil, scale: input.scale).floats[..<6_000])
    }
    let held = clip.path.scale
    #expect(read(hidden, scale: held) == read(clip.waveform, scale: held))
    #expect(relativeDistance(read(clip.waveform, scale: held), read(clip.waveform, scale: nil)) < 1e-6)
    #expect(relativeDistance(read(hidden, scale: nil), read(clip.waveform, scale: nil)) > 0.1)

    // So are the frames, but those that reach beyond the middle; by its own scale they would not be.
    func frames(_ input: Tensor, _ normalization: Normalization) -> Tensor {
      var seen: Tensor?
      let pass = ForwardPass(.inference) { observed in
        if observed.layer == "feature_projection" { seen = observed.output }
        return observed.output
      }
      _ = clip.logits(input, at: .waveform, pass: pass, normalization: normalization)
      return seen!.slice(axis: 1, 0..<17)
    }
    let whole = frames(clip.waveform, .held)
    #expect(frames(hidden, .held).floats == whole.floats)
    #expect(relativeDistance(frames(hidden, .own), whole) > 1e-4)
  }

  @Test(
    "Methods that compare inputs explain the encoder behind the normalisation",
    arguments: AttributionMethods.all.map { $0.name }.filter { name in
      let description = AttributionMethods.all.first { $0.name == name }!.description
      return description.normalization == .held && name != "blurred-integrated-gradients"
    })
  func compared(_ name: String) throws {
    let model = try SpeechFixture.dense.model()
    let clip = Clip(Self.samples, model: model)
    let scale = clip.path.scale
    let bare = Clip(
      Self.samples.map { Float((Double($0) - scale.mean) / (scale.variance + 1e-7).squareRoot()) },
      model: try Self.bare(model))
    var options = MethodOptions()
    let read = AttributionMethods.all.first { $0.name == name }!.description.options
    if read.contains(.draws) { options[.draws] = 20 }
    let method = try AttributionMethods.make(name, options)
    let found = try method.attribute(clip, at: .waveform, target: Target(1)).values
    let expected = try method.attribute(bare, at: .waveform, target: Target(1)).values
    #expect(relativeDistance(found, expected) < 0.02)
  }

  @Test("Gradients of the clip pass through its mean and variance: no score is in its loudness")
  func own() throws {
    let clip = Clip(Self.samples, model: try SpeechFixture.dense.model())
    for method in [Saliency(), Gradient(), InputXGradient()] as [any AttributionMethod] {
      #expect(type(of: method).description.normalization == .own)
    }
    func product(_ normalization: Normalization) -> (sum: Double, size: Double) {
      let slope = clip.gradient(clip.waveform, at: .waveform, target: Target(1), normalization: normalization)
      let values = (clip.waveform * slope).floats.map(Double.init)
      return (values.reduce(0, +), values.reduce(0) { $0 + abs($1) })
    }
    let (own, held) = (product(.own), product(.held))
    #expect(abs(own.sum) < 1e-4 * own.size)
    #expect(abs(held.sum) > 10 * abs(own.sum))
    let found = InputXGradient().attribute(clip, at: .waveform, target: Target(1)).values
    #expect(abs(Double(found.sum().scalar)) < 1e-3 * own.size)
  }

  @Test("Of a model that normalises loudness, input × gradient says that it sums to 0")
  func balanced() throws {
    // By do_normalize, by group norm in the first convolution, and by neither.
    let cases: [(TrainedModel, Bool)] = [
      (try SpeechFixture.dense.model(), true), (try SpeechFixture.hubertBase.model(), true),
      (makeModel(.cnnatt), false),
    ]
    for (model, isBalanced) in cases {
      let found = try Explainer(model: model, method: InputXGradient(), spaces: [.waveform, .spectrogram, .mel])
        .explain(Self.samples, path: "clip.wav")
      // On the mel of a model of the waveform lies the attribution of the spectrogram.
      #expect(found.inputs.map { $0.note?.contains("sums to 0") ?? false } == [isBalanced, isBalanced, isBalanced])
      for input in found.inputs where isBalanced {
        #expect(abs(input.attribution.sum().scalar) < 1e-3 * input.attribution.absolute().sum().scalar)
      }
      let other = try Explainer(model: model, method: LRP(), spaces: [.waveform]).explain(
        Self.samples, path: "clip.wav")
      #expect(other.inputs[0].note == nil)
    }
  }

  @Test("An explanation states which it was")
  func stated() throws {
    let normalizing = try SpeechFixture.hubertLarge.model()
    for (method, expected) in [(Occlusion(), .held), (Gradient(), .own)] as [(any AttributionMethod, Normalization)] {
      let found = try Explainer(model: normalizing, method: method, spaces: [.waveform])
        .explain(Self.samples, path: "clip.wav")
      #expect(found.normalization == expected)
    }
    let plain = try SpeechFixture.hubertBase.model()
    #expect(!plain.normalizesWaveform)
    let found = try Explainer(model: plain, method: Occlusion(), spaces: [.waveform])
      .explain(Self.samples, path: "clip.wav")
    #expect(found.normalization == nil)
  }
}
