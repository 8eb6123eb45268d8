import AudioFeatures
import Basics
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Attributions

@Suite("Gradient methods, their baselines and options")
struct GradientMethodsTests {
  @Test("A rule's weights sum to one, and it integrates what it promises to", arguments: Quadrature.allCases)
  func quadrature(_ rule: Quadrature) {
    for steps in [2, 3, 7, 50] {
      let points = rule.points(steps)
      #expect(points.count == steps)
      #expect(abs(points.reduce(0) { $0 + $1.weight } - 1) < 1e-12)
      func integral(_ f: (Double) -> Double) -> Double { points.reduce(0) { $0 + $1.weight * f($1.place) } }
      #expect(abs(integral { $0 } - 0.5) < 1e-12)
      let degree = rule == .gaussLegendre ? 2 * steps - 1 : 1
      #expect(abs(integral { pow($0, Double(degree)) } - 1 / Double(degree + 1)) < 1e-10)
    }
    // Captum's trapezoid has weights that sum to (n − 1)/n.
    #expect(Quadrature.trapezoid.points(3).map(\.weight) == [0.25, 0.5, 0.25])
  }

  @Test(
    "Complete to one percent of the change with enough steps, on the built-in model",
    arguments: [
      ("integrated-gradients", 200), ("layer-conductance", 200), ("blurred-integrated-gradients", 300),
      ("deeplift", nil),
    ])
  func completeness(_ name: String, _ steps: Int?) throws {
    let clip = Clip(makeSpeech(16_000), model: try TrainedModel.builtIn())
    let target = Target(clip.logits.floats.map(Double.init).likeliestClass)
    for space in [InputSpace.mel, .mfcc] {
      var options = MethodOptions()
      options[.steps] = steps
      let result = try AttributionMethods.make(name, options).attribute(clip, at: space, target: target)
      let completeness = try #require(result.completeness)
      let change = completeness.score - completeness.baselineScore
      #expect(abs(completeness.gap) < 0.01 * abs(change), "\(name): \(completeness.gap) of \(change)")
      #expect(abs(Double(result.values.sum().scalar) - completeness.sum) < 1e-3 * max(1, abs(completeness.sum)))
    }
  }

  @Test("A clip's gradients by one pass for all spaces and its prediction are those of a pass each")
  func onePass() throws {
    let models = [
      makeModel(.cnnlstm), makeModel(.cnnatt), try SpeechFixture.dense.model(), try SpeechFixture.hubertBase.model(),
    ]
    for model in models {
      let clip = Clip(makeSpeech(16_000), model: model)
      let alone = clip.logits
      let recording = Clip(makeSpeech(16_000), model: model)
      recording.recordsLogits = true
      #expect(relativeDistance(recording.logits, alone) < 1e-6)
      for target in [Target(1), Target(0, versus: 2)] {
        for space in model.kind.places {
          let found = recording.gradient(at: space, target: target)
          let expected = clip.gradient(clip[space], at: space, target: target)
          #expect(found.shape == clip.shape(at: space))
          #expect(relativeDistance(found, expected) < 1e-3, "\(model.name), \(space)")
        }
      }
    }
  }

  @Test("Each baseline has the clip's shape; each is what its name says")
  func baselines() throws {
    let model = makeModel(.cnnatt)
    let clip = Clip(makeSpeech(20_000), model: model)
    let other = makeSpeech(20_000, seed: 9)
    let background = Background(clips: [other, makeSpeech(9_000, seed: 10)], name: "two")
    let all: [Baseline] = [
      .silence, .zero, .noise(decibels: -30), .blurred, .clip(other, name: "b.wav"), .mean(background),
    ]
    for space in InputSpace.allCases {
      for baseline in all {
        let tensor = try baseline.tensor(for: clip, at: space, seed: 1)
        #expect(tensor.shape == clip.shape(at: space) && tensor.isFinite, "\(baseline.name) on \(space)")
      }
    }
    let noise = try Baseline.noise(decibels: -30).tensor(for: clip, at: .waveform, seed: 1).floats
    let power = noise.reduce(0) { $0 + Double($1) * Double($1) } / Double(noise.count)
    // A full-scale sine has a power of 1/2.
    #expect(abs(10 * log10(power / 0.5) + 30) < 0.2)
    #expect(try Baseline.clip(other, name: "b.wav").tensor(for: clip, at: .waveform).floats == other)
    #expect(try Baseline.zero.tensor(for: clip, at: .mel).floats.allSatisfy { $0 == 0 })
    #expect(Set(try Baseline.silence.tensor(for: clip, at: .mel).floats).count == 1)
    #expect(
      Baseline("noise:-40") == .noise(decibels: -40) && Baseline("noise:loud") == nil && Baseline("noise:3") == nil)

    // Another length, where the model takes any.
    let error = #expect(throws: MethodError.self) {
      try Baseline.clip(makeSpeech(9_000), name: "short.wav").tensor(for: clip, at: .mel)
    }
    #expect("\(try #require(error))".contains("short.wav has 0.56 s and the clip 1.25 s"))
  }

  @Test("SmoothGrad without noise is the method itself; with it, the mean over its draws")
  func smoothGrad() throws {
    let clip = Clip(makeSpeech(20_000), model: makeModel(.cnnatt))
    var options = MethodOptions()
    (options[.draws], options[.noise]) = (3, 0)
    let plain = try Gradient().attribute(clip, at: .mfcc, target: Target(1)).values
    func found(_ name: String) throws -> Tensor {
      try AttributionMethods.make(name, options).attribute(clip, at: .mfcc, target: Target(1)).values
    }
    #expect(relativeDistance(try found("smoothgrad"), plain) < 1e-4)
    #expect(relativeDistance(try found("smoothgrad-squared"), plain.squared()) < 1e-4)
    // The spread of equal things, beside their size.
    #expect(try found("vargrad").floats.max()! < 1e-6 * plain.squared().floats.max()!)
    options[.noise] = 0.05
    #expect(relativeDistance(try found("smoothgrad"), plain) > 0.01)
    #expect(try found("smoothgrad").floats == found("smoothgrad").floats)
  }

  @Test(
    "What cannot be is said by name",
    arguments: [
      ("saliency", "steps", "the method saliency has no --steps"),
      ("lrp", "rule", "there is no rule \"none\"; there is composite, epsilon, gamma, z-plus"),
      ("integrated-gradients", "rule", "there is no rule \"none\"; there is gauss-legendre, trapezoid, midpoint"),
      ("integrated-gradients", "steps", "0 is less than 1"),
      ("smoothgrad", "noise", "-1.0 is no share of a range"),
      ("smoothgrad", "around", "there is no method \"none\""),
      ("expected-gradients", "draws", "0 is not a positive number"),
    ])
  func errors(_ method: String, _ option: String, _ words: String) throws {
    var options = MethodOptions()
    switch option {
    case "steps": options[.steps] = 0
    case "rule": options[.rule] = "none"
    case "noise": options[.noise] = -1
    case "around": options[.around] = "none"
    default: options[.draws] = 0
    }
    let error = try #require(
      #expect(throws: MethodError.self) { try AttributionMethods.make(method, options) })
    #expect("\(error)".contains(words), "\(error)")
  }

  @Test(
    "The default that a description states is the value without the option",
    arguments: AttributionMethods.all.map { $0.name })
  func defaults(_ name: String) throws {
    let type = AttributionMethods.all.first { $0.name == name }!
    let used = try type.init(MethodOptions()).parameters
    for (option, stated) in type.description.defaults {
      guard let value = used[option.name] else { continue }
      #expect(value == (option == .tile ? TileSize(stated)?.description : stated), "\(name) --\(option.name)")
    }
    // A default of the seed is the command line's.
    #expect(Set(used.keys).subtracting(["seed", "baseline"]).isSubset(of: type.description.options.map(\.name)))
  }

  @Test("A layer or a neuron that is not there")
  func layers() throws {
    let clip = Clip(makeSpeech(20_000), model: makeModel(.fcmfcc))
    var options = MethodOptions()
    options[.layer] = "block.2"
    let layer = #expect(throws: MethodError.self) {
      try AttributionMethods.make("grad-cam", options).attribute(clip, at: .mel, target: Target(0))
    }
    #expect("\(try #require(layer))".contains("FCMFCC has no layer \"block.2\"; it has paths, blocks.0, blocks.1"))
    options[.layer] = "blocks.1"
    options[.neuron] = Neuron("96")
    let neuron = #expect(throws: MethodError.self) {
      try AttributionMethods.make("neuron-conductance", options).attribute(clip, at: .mel, target: Target(0))
    }
    #expect("\(try #require(neuron))".contains("blocks.1 has no 96: it has 96 channels"))
    #expect(Neuron("1,2") == nil && Neuron("a") == nil && Neuron("-1") == nil && Neuron("1,2,3") != nil)
  }
}
