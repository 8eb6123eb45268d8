import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Attributions

/// A network without a ReLU: tanh of the mean log-mel of each band, then a linear map.
private final class TanhModel: EmotionModel {
  struct Configuration: NetworkConfiguration {
    var bands = 128
    var problem: String? { nil }
  }

  static let name = "tanh"
  static let title = "Tanh"
  static let summary = "for tests"
  static let inputs = [InputSpace.mel]
  static let clipLength = ClipLength.natural(leastFrames: 1)
  static let recipes: [Recipe.Name: Recipe] = [:]
  static let clipsAtOnce = 8
  static let multiplyAdds = 0.0
  static let base = Configuration()

  private let head: Linear
  let parameters: [Parameter]

  init(_ sizes: Configuration, outputs: Int, from source: ParameterSource) throws(ParameterError) {
    head = try Linear(from: sizes.bands, to: outputs, from: source.part("head"))
    parameters = source.taken
  }

  func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor {
    let bands = input[.mel].mean(axes: [3]).reshaped([-1, 128])
    return head((bands / 20).hyperbolicTangent(), pass)
  }
}

@Suite("Rules and the networks that they apply to")
struct RuleTests {
  private let clip = Clip(
    makeSpeech(16_000), model: TrainedModel(untrained: ModelConfiguration(TanhModel.self), seed: 1))

  @Test("A method whose rule applies to no layer says so, where its result would be the gradient")
  func inapplicable() throws {
    for name in ["guided-backpropagation", "deconvnet"] {
      let error = #expect(throws: MethodError.self) {
        try AttributionMethods.make(name).attribute(clip, at: .mel, target: Target(0))
      }
      #expect("\(try #require(error))".contains("applies to no layer of Tanh"))
    }
    for name in ["saliency", "deeplift", "lrp"] {
      #expect(try AttributionMethods.make(name).attribute(clip, at: .mel, target: Target(0)).values.isFinite)
    }
  }

  @Test("What looks at layers finds none in a network that names none, and says so")
  func layers() throws {
    for (name, words) in [("grad-cam", "no layer with maps"), ("attention", "Tanh has no attention")] {
      let error = #expect(throws: MethodError.self) {
        try AttributionMethods.make(name).attribute(clip, at: .mel, target: Target(0))
      }
      #expect("\(try #require(error))".contains(words))
    }
  }

  @Test(
    "A method that applies by its check explains the clip, and one that does not fails with the same reason",
    arguments: AttributionMethods.all.map { $0.name })
  func checks(_ name: String) throws {
    var options = MethodOptions()
    let read = AttributionMethods.all.first { $0.name == name }!.description.options
    if read.contains(.steps) { options[.steps] = 2 }
    if read.contains(.draws) { options[.draws] = 2 }
    if read.contains(.tile) { options[.tile] = TileSize(seconds: 2, hertz: 8_000) }
    let method = try AttributionMethods.make(name, options)
    let samples = makeSpeech(9_000)
    for model in [makeModel(.cnnatt), makeModel(.fcmfcc), clip.model] {
      let clip = Clip(samples, model: model)
      for space in [InputSpace.waveform, .mel] {
        func reason(_ run: () throws(MethodError) -> Void) -> MethodError? {
          do throws(MethodError) { try run() } catch { return error }
          return nil
        }
        let checked = reason { () throws(MethodError) in try method.checkApplies(to: clip, at: space) }
        let found = reason { () throws(MethodError) in
          _ = try method.attribute(clip, at: space, target: Target(0))
        }
        #expect(checked == found, "\(model.name), \(space)")
      }
    }
  }

  @Test("A clip computes its way once: places, logits and layers are the same objects for every method")
  func once() throws {
    let samples = makeSpeech(16_000)
    let clip = Clip(samples, model: makeModel(.cnnatt))
    let (mel, logits) = (clip.mel, clip.logits)
    for name in ["saliency", "deeplift", "grad-cam"] {
      for space in [InputSpace.waveform, .mel, .mfcc] {
        _ = try AttributionMethods.make(name).attribute(clip, at: space, target: Target(1))
      }
    }
    #expect(clip.mel.withFloats { $0.baseAddress } == mel.withFloats { $0.baseAddress })
    #expect(clip.logits.withFloats { $0.baseAddress } == logits.withFloats { $0.baseAddress })
    #expect(clip.shape(at: .spectrogram) == clip[.spectrogram].shape && clip.shape(at: .mfcc) == clip[.mfcc].shape)
  }
}
