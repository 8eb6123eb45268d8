import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Attributions

/// What Captum and zennit make, in float64, of models and a clip made by the same formulas: Tests/Fixtures/attributions.py
/// writes the file.
@Suite("Attributions beside Captum and zennit")
struct CaptumTests {
  let target = Target(2)

  nonisolated(unsafe) private static let stored = ReferenceNumbers("attributions.safetensors")

  private func distance(_ found: Tensor, _ name: String) throws -> Double {
    let distance = try Self.stored.distance(found, name, limit: 300)
    if ProcessInfo.processInfo.environment["UNDERTONE_REPORT"] != nil { print(name, "differ by", distance) }
    return distance
  }

  private func attribution(
    _ method: String, _ clip: Clip, _ set: (inout MethodOptions) -> Void = { _ in }
  ) throws -> Tensor {
    var options = MethodOptions()
    // Captum's saliency is the plain derivative.
    if method == "saliency" { options[.per] = "amplitude" }
    set(&options)
    return try AttributionMethods.make(method, options)
      .attribute(clip, at: clip.model.kind.input, target: target).values
  }

  @Test("Gradients, Grad-CAM and the changed backward passes are Captum's", arguments: Architecture.allCases)
  func captum(_ architecture: Architecture) throws {
    let clip = makeSampledClip(architecture)
    let name = architecture.rawValue
    // Measured: up to 1e-5 of FCMFCC, whose maxima are few, 2e-4 of the others.
    let tolerance = architecture == .fcmfcc ? 1e-4 : 1e-3
    for method in ["saliency", "gradient", "input-x-gradient", "guided-backpropagation", "deconvnet"] {
      #expect(try distance(attribution(method, clip), "\(name) \(method)") < tolerance, "\(method)")
    }
    let map = try attribution("grad-cam", clip) { $0[.layer] = "blocks.2" }
    #expect(try distance(map, "\(name) grad-cam") < tolerance)
    let guided = try attribution("guided-grad-cam", clip) { $0[.layer] = "blocks.2" }
    #expect(try distance(guided, "\(name) guided-grad-cam") < tolerance)
    // Or twice as far as PyTorch in float32 is from PyTorch in float64: fifty points along a path meet maxima, and on which
    // side of one a point lies is a matter of rounding, for them and for us, so of the processor and its threads.
    let bound = max(tolerance, 2 * Double(try Self.stored.array("\(name) integrated-gradients in float32").scalar))
    let apart = try distance(attribution("integrated-gradients", clip), "\(name) integrated-gradients")
    #expect(apart < bound)
    let neuron = try Self.stored.array("\(name) neuron").floats.map { String(Int($0)) }.joined(separator: ",")
    let conductance = try attribution("neuron-conductance", clip) {
      ($0[.layer], $0[.neuron]) = ("blocks.2", Neuron(neuron))
    }
    #expect(try distance(conductance, "\(name) neuron-conductance") < tolerance)
  }

  @Test(
    "Expected gradients with the same draws, and occlusion of the same tiles, are Captum's",
    arguments: Architecture.allCases)
  func sameDraws(_ architecture: Architecture) throws {
    let clip = makeSampledClip(architecture)
    let space = architecture.inputSpace
    let (input, silence) = (clip[space], clip.silence(at: space))
    let places = sampled("places", [10]).floats.map { ($0 + 1) / 2 }
    let found = try ExpectedGradients.attribute(
      clip, at: space, target: target, starts: [silence, input / 2],
      draws: places.enumerated().map { .init(start: $0.offset % 2, place: $0.element) })
    #expect(try distance(found.values, "\(architecture.rawValue) expected-gradients") < 1e-3)

    let tiles = Tiles(
      rows: (0..<input.shape[2]).map { $0 / 10 }, columns: (0..<input.shape[3]).map { $0 / 40 })
    let occluded = try Occlusion.attribute(clip, at: space, target: target, baseline: silence, grids: [tiles])
    #expect(try distance(occluded, "\(architecture.rawValue) occlusion") < 1e-3)
  }

  @Test(
    "DeepLIFT is Captum's where Captum knows every layer, and complete everywhere", arguments: Architecture.allCases)
  func deepLIFT(_ architecture: Architecture) throws {
    let clip = makeSampledClip(architecture)
    if architecture == .fcmfcc { #expect(try distance(attribution("deeplift", clip), "fcmfcc deeplift") < 1e-3) }
    // On the waveform the floor, which hangs on the clip's loudest cell, is taken for a constant, and is not.
    for space in [InputSpace.mel, .mfcc] {
      let result = try DeepLIFT().attribute(clip, at: space, target: target)
      let completeness = try #require(result.completeness)
      #expect(abs(completeness.gap) < 1e-3 * abs(completeness.score - completeness.baselineScore), "\(space)")
    }
  }

  @Test("DeepLIFT through maxima is its definition")
  func maxima() throws {
    let clip = makeSampledClip(.cnnlstm)
    let halves = Tensor.concatenated([clip.mel, clip.silence(at: .mel)], axis: 0).variable()
    var features: Tensor?
    _ = clip.logits(
      halves, at: .mel,
      pass: ForwardPass(.inference, rule: .rescale) { observed in
        if observed.layer == "blocks.4" { features = observed.output }
        return observed.output
      })
    let output = try #require(features)
    let weight = sampled("trunk", [1] + output.shape.dropFirst()).broadcast(to: output.shape)
    let multiplier = gradients(of: output, weight: weight, at: [halves], rule: .rescale)[0].slice(axis: 0, 0..<1)
    let found = multiplier * (clip.mel - clip.silence(at: .mel))
    #expect(try distance(found, "cnnlstm deeplift of the blocks") < 1e-3)
  }

  @Test(
    "Relevance is zennit's and the definitions'",
    arguments: [
      (Architecture.cnnlstm, ["composite", "epsilon"]), (.fcmfcc, ["composite", "epsilon", "gamma", "z-plus"]),
      (.cnnatt, ["composite", "epsilon"]),
    ])
  func relevance(_ architecture: Architecture, _ rules: [String]) throws {
    let clip = makeSampledClip(architecture)
    for rule in rules {
      // Through attention's weights, as the twin has it.
      var sharing = try #require(LRP.Rule(rawValue: rule)).rules
      sharing.passesAttention = true
      let input = clip[architecture.inputSpace]
      let found =
        try input
        * clip.gradient(
          input, at: architecture.inputSpace, target: target, normalization: .own, rule: .relevance(sharing), for: "lrp"
        ).gradient
      #expect(try distance(found, "\(architecture.rawValue) lrp \(rule)") < 1e-3, "\(rule)")
    }
  }
}
