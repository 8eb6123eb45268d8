import Basics
import Encoders
import Foundation
import Layers
import TestSupport
import Tensors
import Testing

@testable import Attributions
@testable import Models

@Suite("Methods on encoders of speech")
struct SpeechMethodsTests {
  private static func method(_ name: String, draws: Int = 8) throws -> any AttributionMethod {
    var options = MethodOptions()
    let read = AttributionMethods.all.first { $0.name == name }!.description.options
    if read.contains(.draws) { options[.draws] = draws }
    if read.contains(.steps) { options[.steps] = 4 }
    return try AttributionMethods.make(name, options)
  }

  @Test("Every method runs at every place of a model of the waveform, or says in a line why not")
  func everyMethod() throws {
    let clip = Clip(makeSpeech(6_000), model: try SpeechFixture.hubertLarge.model())
    for type in AttributionMethods.all {
      // On the mel, what goes through the input is that of the spectrogram.
      for space in [InputSpace.waveform, .mel, .mfcc] {
        let reason: String? =
          switch type.name {
          case _ where type.description.goesThroughInput && space == .mfcc:
            "reads the waveform, and nothing of it depends on the mfcc"
          // GELU is no rectifier.
          case "guided-backpropagation", "deconvnet", "guided-grad-cam": "its rule applies to no layer"
          case "blurred-integrated-gradients" where space == .waveform: "the waveform has no axis of frequency"
          default: nil
          }
        let explainer = Explainer(model: clip.model, method: try Self.method(type.name), spaces: [space])
        if let reason {
          let error = #expect(throws: ExplanationError.self, "\(type.name) at \(space)") {
            try explainer.explain(clip, path: "clip.wav")
          }
          #expect("\(try #require(error))".contains(reason), "\(type.name) at \(space)")
        } else {
          let found = try explainer.explain(clip, path: "clip.wav").inputs[0]
          #expect(found.attribution.count == clip.shape(at: space).reduce(1, *), "\(type.name) at \(space)")
          #expect(found.attribution.floats.contains { $0 != 0 }, "\(type.name) at \(space)")
        }
      }
    }
  }

  @Test(
    "What is promised to sum to f(x) − f(baseline) does, at the waveform and the spectrogram",
    arguments: SpeechFixture.allCases)
  func completeness(_ fixture: SpeechFixture) throws {
    let clip = try fixture.clip()
    let others = [makeSpeech(fixture.samples, seed: 8), makeSpeech(fixture.samples / 2, seed: 9)]
    var background = MethodOptions()
    background[.background] = Background(clips: others, name: "two")
    let methods: [(method: any AttributionMethod, tolerance: Double)] = [
      (try DeepLIFT(), 0.01), (try DeepLIFT(background), 0.01), (try LayerIntegratedGradients(), 0.01),
      (try IntegratedGradients(), 0.05),
    ]
    // The way from the spectrogram to the waveform is the same in all.
    for space in fixture == .hubertBase ? [InputSpace.waveform, .spectrogram] : [.waveform] {
      for (method, tolerance) in methods {
        let result = try method.attribute(clip, at: space, target: Target(1))
        let completeness = try #require(result.completeness)
        #expect(
          completeness.relativeGap < tolerance, "\(method.nameWithParameters) at \(space): \(completeness)")
        #expect(abs(Double(result.values.sum().scalar) - completeness.sum) < 1e-3 * max(1, abs(completeness.sum)))
      }
    }
  }

  @Test("With four times the points, integrated gradients of the waveform sum within a thousandth")
  func points() throws {
    var options = MethodOptions()
    options[.steps] = 200
    let found = try IntegratedGradients(options).attribute(
      SpeechFixture.hubertBase.clip(), at: .waveform, target: Target(1))
    #expect(try #require(found.completeness).relativeGap < 1e-3)
  }

  @Test("DeepLIFT is complete on a larger encoder too", arguments: [true, false])
  func larger(isLarge: Bool) throws {
    for family in [SpeechEncoderConfiguration.Family.hubert, .wavLM] {
      let clip = Clip(makeSpeech(8_000), model: makeLargerEncoder(family, isLarge: isLarge))
      let completeness = try #require(
        DeepLIFT().attribute(clip, at: .waveform, target: Target(1)).completeness)
      #expect(completeness.relativeGap < 0.01, "\(family): \(completeness)")
    }
  }

  // MARK: Layers

  @Test("Layers have the checkpoint's names; an unknown one is an error that lists them")
  func layers() throws {
    let clip = try SpeechFixture.hubertBase.clip()
    let named = (0..<3).flatMap { ["encoder.layers.\($0).attention.weights", "encoder.layers.\($0)"] }
    #expect(clip.layers.map(\.name) == ["feature_projection"] + named)
    #expect(clip.mapLayers.map(\.name) == ["feature_projection"] + (0..<3).map { "encoder.layers.\($0)" })
    #expect(clip.mapLayers.allSatisfy { $0.shape == [1, 24, 1, 37] })
    #expect(try clip.mapLayer(nil, for: "grad-cam").name == "encoder.layers.2")
    for name in ["grad-cam", "layer-conductance", "layer-gradient-x-activation", "layer-integrated-gradients"] {
      var options = MethodOptions()
      options[.layer] = "encoder.layers.3"
      let error = #expect(throws: MethodError.self) {
        try AttributionMethods.make(name, options).attribute(clip, at: .waveform, target: Target(0))
      }
      #expect("\(try #require(error))".contains("it has feature_projection, encoder.layers.0, encoder.layers.1"))
    }
  }

  @Test("Grad-CAM of a layer of tokens is its definition, laid along their times", arguments: SpeechFixture.allCases)
  func gradCAM(_ fixture: SpeechFixture) throws {
    let clip = try fixture.clip()
    let name = "encoder.layers.0"
    let (values, gradients) = clip.outputs(of: [name], target: Target(1))
    let (a, g) = (values[0].rows, gradients[0].rows)
    let weights = columnMeans(g)
    let map = a.map { token in max(0, zip(token, weights).reduce(0) { $0 + $1.0 * $1.1 }) }
    guard case .tokens(let groups) = clip.layers.first(where: { $0.name == name })!.geometry else {
      Issue.record("no tokens")
      return
    }
    #expect(groups.count == 1 && abs(groups[0].hop - (fixture == .wavLM ? 10.0 : 320) / 16_000) < 1e-12)
    var options = MethodOptions()
    options[.layer] = name
    for space in InputSpace.allCases {
      let found = try GradCAM(options).attribute(clip, at: space, target: Target(1))
      let expected = laid(map, hop: groups[0].hop, start: groups[0].start, over: clip, at: space)
      #expect(relativeDistance(found.values, expected) < 1e-4, "\(space)")
      #expect(found.layer == name)
    }
  }

  @Test("A frame's share lies on the samples around its middle, and the sum stays")
  func shares() throws {
    let clip = try SpeechFixture.hubertBase.clip()
    let layer = try clip.mapLayer("feature_projection", for: "test")
    var values = [Float](repeating: 0, count: 37)
    values[10] = 3
    for space in InputSpace.allCases {
      let found = layer.map(Tensor(values, shape: [1, 1, 1, 37])).shared(over: clip, at: space).floats
      #expect(abs(found.reduce(0, +) - 3) < 1e-4, "\(space)")
      guard space == .waveform else { continue }
      // A step reads 400 samples from 320 to the next: the middle of the tenth is 3,400, and it has 3,240 to 3,560.
      let own = found.indices.filter { found[$0] != 0 }
      #expect(abs(own.first! - 3_240) <= 1 && abs(own.last! - 3_560) <= 1)
    }
  }

  @Test("Gradients at the frames stop there, and are the layer's outputs times their gradients")
  func frames() throws {
    let clip = try SpeechFixture.hubertLarge.clip()
    let found = try LayerGradientXActivation().attribute(clip, at: .waveform, target: Target(2))
    #expect(found.layer == "feature_projection")
    let (values, gradients) = clip.outputs(of: ["feature_projection"], target: Target(2))
    let own = zip(values[0].rows, gradients[0].rows).map { zip($0, $1).reduce(0) { $0 + $1.0 * $1.1 } }
    let samples = found.values.floats
    for (frame, value) in own.enumerated().dropFirst().dropLast() {
      let middle = 200 + 320 * frame
      let sum = samples[(middle - 159)...(middle + 159)].reduce(0) { $0 + Double($1) }
      #expect(abs(sum - value * 319 / 320) < 0.02 * abs(value) + 1e-5, "frame \(frame)")
    }
  }

  @Test("At the frames, integrated gradients go from a baseline's frames to the clip's")
  func frameGradients() throws {
    let clip = try SpeechFixture.data2vec.clip()
    let target = Target(3)
    let other = Clip(makeSpeech(12_000, seed: 12), model: clip.model)
    var options = MethodOptions()
    options[.baseline] = .clip(makeSpeech(12_000, seed: 12), name: "other.wav")
    let found = try LayerIntegratedGradients(options).attribute(clip, at: .waveform, target: target)
    let completeness = try #require(found.completeness)
    // Behind the frames nothing of the waveform is left, so that the clip with another's frames has that clip's score,
    // but for the scale by which the other is normalised.
    let held = clip.score(other.waveform, at: .waveform, target: target)
    #expect(abs(completeness.baselineScore - held) < 1e-3)
    #expect(abs(completeness.score - Double(target.score(clip.logits).scalar)) < 1e-4)
    #expect(completeness.relativeGap < 0.01, "\(completeness)")
    // Behind a layer of which a head reads the states before it too, only a part of the score comes that way.
    options[.layer] = "encoder.layers.0"
    let part = try #require(
      LayerIntegratedGradients(options).attribute(clip, at: .waveform, target: target).completeness)
    #expect(abs(part.baselineScore - held) > 1e-3 && part.relativeGap < 0.01, "\(part)")
  }

  @Test("A layer's conductance promises a sum only where all of the score goes through it")
  func conductance() throws {
    for (fixture, isPromised) in [(SpeechFixture.dense, true), (.hubertBase, false)] {
      let result = try LayerConductance().attribute(try fixture.clip(), at: .waveform, target: Target(1))
      #expect(result.layer == (isPromised ? "encoder.layers.1" : "encoder.layers.2"))
      #expect((result.completeness != nil) == isPromised)
      if let completeness = result.completeness { #expect(completeness.relativeGap < 0.05, "\(completeness)") }
    }
  }

  @Test("Twenty seconds run one input at a time")
  func batch() throws {
    let model = try SpeechFixture.hubertBase.model()
    #expect(Clip(makeSpeech(320_000), model: model).batch == 1 && Clip(makeSpeech(80_000), model: model).batch == 4)
  }
}
