import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Attributions

@Suite("Activation and attention methods")
struct ActivationTests {
  @Test("A layer's map is enlarged as PyTorch's interpolate does")
  func enlarged() {
    // torch.nn.functional.interpolate(torch.tensor([[[[0., 1, 4], [9, 16, 25]]]]), (3, 5), mode="bilinear")
    let clip = Clip(makeSpeech(20_000), model: makeModel(.cnnatt))
    let map = LayerMap(Tensor([0, 1, 4, 9, 16, 25], shape: [1, 1, 2, 3]))
    let large = map.enlarged(over: clip, at: .mfcc)
    #expect(large.shape == clip[.mfcc].shape)
    let (rows, frames) = (40, clip[.mfcc].shape[3])
    let values = large.floats
    #expect(values[0] == 0 && values[frames - 1] == 4 && values[rows * frames - 1] == 25)
    for space in InputSpace.allCases {
      let expected = laid([[0, 1, 4], [9, 16, 25]], over: clip, at: space)
      #expect(relativeDistance(map.enlarged(over: clip, at: space), expected) < 1e-5, "\(space)")
    }
  }

  @Test("Layers have names; a name that is not there is an error that lists them", arguments: Architecture.allCases)
  func names(_ architecture: Architecture) throws {
    let clip = Clip(makeSpeech(30_000), model: makeModel(architecture))
    let expected: [Architecture: [String]] = [
      .cnnlstm: ["blocks.0", "blocks.1", "blocks.2", "blocks.3", "blocks.4", "lstm"],
      .fcmfcc: ["paths", "blocks.0", "blocks.1", "blocks.2", "blocks.3", "blocks.4"],
      .cnnatt: ["paths", "blocks.0", "blocks.1", "blocks.2", "blocks.3", "attention.weights", "attention.values"],
    ]
    #expect(clip.layers.map(\.name) == expected[architecture])
    for type in [GradCAM.self, GradCAMPlusPlus.self] as [any AttributionMethod.Type] {
      var options = MethodOptions()
      options[.layer] = "block.1"
      let message = #expect(throws: MethodError.self) {
        try type.init(options).attribute(clip, at: .mel, target: Target(0))
      }
      #expect("\(try #require(message))".contains("no layer \"block.1\"; it has "))
      #expect("\(try #require(message))".contains("blocks.1"))
    }
  }

  @Test("Grad-CAM weighs maps by their mean gradient", arguments: Architecture.allCases)
  func gradCAM(_ architecture: Architecture) throws {
    let clip = Clip(makeSpeech(80_000), model: makeModel(architecture))
    let (values, gradients) = clip.outputs(of: ["blocks.1"], target: Target(3))
    #expect(values[0].shape == gradients[0].shape)
    let map = GradCAM.map(clip, layer: try clip.mapLayer("blocks.1", for: "grad-cam"), target: Target(3))
    let shape = values[0].shape
    let (a, g) = (values[0].floats, gradients[0].floats)
    let places = shape[2] * shape[3]
    var expected = [Double](repeating: 0, count: places)
    for channel in 0..<shape[1] {
      let own = channel * places..<(channel + 1) * places
      let weight = own.reduce(0.0) { $0 + Double(g[$1]) } / Double(places)
      for (place, index) in own.enumerated() { expected[place] += weight * Double(a[index]) }
    }
    #expect(relativeDistance(map, expected.map { max(0, $0) }) < 1e-4)
    for space in InputSpace.allCases {
      let result = try GradCAM().attribute(clip, at: space, target: Target(3)).values
      #expect(result.shape == clip.shape(at: space) && result.isFinite)
      #expect(result.floats.allSatisfy { $0 >= 0 })
    }
  }

  @Test(
    "Grad-CAM++ weighs maps by Σ α relu(∂Y/∂A), α = Y″ / (2 Y″ + Σ A · Y‴), for Y the exponential of the score",
    arguments: Architecture.allCases)
  func gradCAMPlusPlus(_ architecture: Architecture) throws {
    let clip = makeSampledClip(architecture)
    for layer in ["blocks.0", "blocks.1", "blocks.2"] {
      let (outputs, gradients) = clip.outputs(of: [layer], target: Target(3))
      let shape = outputs[0].shape
      let (a, g) = (outputs[0].floats.map(Double.init), gradients[0].floats.map(Double.init))
      let places = shape[2] * shape[3]
      var map = [Double](repeating: 0, count: places)
      for channel in 0..<shape[1] {
        let own = channel * places..<(channel + 1) * places
        let sum = own.reduce(0) { $0 + a[$1] }
        // Y = exp S has the derivatives Y · (∂S/∂A)ⁿ where the network is piecewise linear; Y, the same for all, is left out.
        var weight = 0.0
        for index in own {
          let (second, third) = (pow(g[index], 2), pow(g[index], 3))
          let divisor = 2 * second + sum * third
          if divisor != 0 { weight += second / divisor * max(0, g[index]) }
        }
        for (place, index) in own.enumerated() { map[place] += weight * a[index] }
      }
      let rows = (0..<shape[2]).map { row in
        (0..<shape[3]).map { max(0, map[row * shape[3] + $0]) }
      }
      var options = MethodOptions()
      options[.layer] = layer
      for space in InputSpace.allCases {
        let found = try GradCAMPlusPlus(options).attribute(clip, at: space, target: Target(3)).values
        #expect(relativeDistance(found, laid(rows, over: clip, at: space)) < 1e-5, "\(layer) at \(space)")
      }
    }
  }

  @Test("Attention needs a model that has it")
  func noAttention() throws {
    let clip = Clip(makeSpeech(30_000), model: makeModel(.fcmfcc))
    for name in ["attention", "attention-rollout", "attention-gradient"] {
      let error = #expect(throws: MethodError.self) {
        try AttributionMethods.make(name).attribute(clip, at: .mel, target: Target(0))
      }
      let words = "\(try #require(error))"
      #expect(words.contains("FCMFCC has no attention; there is saliency, ") && !words.contains("attention-rollout,"))
    }
  }

  @Test("The logits are the same to the bit with an observer; rollout's rows sum to one")
  func attention() throws {
    let clip = Clip(makeSpeech(30_000), model: makeModel(.cnnatt))
    let seen = clip.logits(clip[.mfcc], at: .mfcc, pass: ForwardPass(.inference) { $0.output })
    #expect(seen.floats == clip.logits.floats)
    let map = try AttentionMap(clip, target: Target(2), for: "attention")
    #expect(map.layers.map(\.weights.shape) == [[3, 128, 128]])
    let rolled = AttentionRollout.rollout(map.layers.map(\.weights) + map.layers.map(\.weights))
    #expect(rolled.sum(axes: [2]).floats.allSatisfy { abs($0 - 1) < 1e-5 })
  }
}
