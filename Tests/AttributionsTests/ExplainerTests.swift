import Attributions
import AudioFiles
import Models
import Tensors
import TestSupport
import Testing

@Suite("Explainer")
struct ExplainerTests {
  /// A method that fails on the mel.
  private struct NotANumber: AttributionMethod {
    static let description = MethodDescription(
      "not a number", .gradient, source: "here", summary: "NaN", cost: "nothing", isSigned: true)

    init(_ options: MethodOptions = MethodOptions()) {}

    func attribute(_ clip: Clip, at space: InputSpace, target: Target) -> AttributionResult {
      AttributionResult(space == .mel ? Tensor(repeating: .nan, shape: clip.mel.shape) : clip[space])
    }
  }

  @Test("An explanation of each input space, in the order of the path", arguments: Architecture.allCases)
  func explanation(_ architecture: Architecture) throws {
    let model = makeModel(architecture)
    let samples = makeSpeech(30_000)
    let explainer = Explainer(model: model, method: Saliency(), spaces: [.mfcc, .waveform, .mel])
    #expect(explainer.spaces == [.waveform, .mel, .mfcc])
    let explanation = try explainer.explain(samples, path: "a.wav")

    let clip = Clip(samples, model: model)
    let logits = clip.logits.floats
    #expect(abs(explanation.probabilities.reduce(0, +) - 1) < 1e-6)
    let predicted = logits.indices.max { logits[$0] < logits[$1] }!
    #expect(explanation.predicted == predicted)
    #expect(explanation.target == Target(predicted))
    #expect(explanation.targetName == model.classes[predicted])
    #expect(explanation.method == "saliency" && !explanation.isSigned)
    #expect(explanation.duration == 1.875 && explanation.hop == 0.016 && explanation.sampleRate == 16_000)

    let length = architecture == .cnnatt ? 30_000 : 80_000
    let frames = 1 + length / 256
    #expect(explanation.inputs.map(\.space) == [.waveform, .mel, .mfcc])
    #expect(explanation.inputs.map(\.values.shape) == [[length], [128, frames], [40, frames]])
    for input in explanation.inputs {
      #expect(input.values.floats == clip[input.space].floats)
      #expect(input.attribution.shape == input.values.shape)
      #expect(input.attribution.isFinite)
      #expect(input.attribution.floats.allSatisfy { $0 >= 0 } && input.attribution.floats.contains { $0 > 0 })
    }
  }

  @Test(
    "A method of many passes ends where it is asked to, before its next batch",
    arguments: AttributionMethods.all.map { $0.description }.filter {
      $0.defaults[.steps] != nil || $0.defaults[.draws] != nil || $0.name == "occlusion"
    }.map(\.name))
  func stopped(_ name: String) throws {
    let explainer = Explainer(
      model: makeModel(.cnnatt), method: try AttributionMethods.make(name), spaces: [.mel])
    var calls = 0
    #expect(throws: ExplanationError.method(path: "a.wav", .stopped)) {
      try explainer.explain(
        AudioClip(samples: makeSpeech(16_000), sampleRate: 16_000), path: "a.wav",
        progress: { _, _ throws(MethodError) in
          calls += 1
          // Before the input space, the first batch and the second.
          if calls == 3 { throw .stopped }
        })
    }
    #expect(calls == 3)
  }

  @Test("Between two input spaces a method of one pass ends where it is asked to, and DeepLIFT before its baselines")
  func stoppedBetween() throws {
    for method: any AttributionMethod in [Saliency(), try DeepLIFT()] {
      let explainer = Explainer(model: makeModel(.cnnatt), method: method, spaces: [.waveform, .mel])
      var calls = 0
      #expect(throws: ExplanationError.method(path: "a.wav", .stopped)) {
        try explainer.explain(
          AudioClip(samples: makeSpeech(16_000), sampleRate: 16_000), path: "a.wav",
          progress: { _, _ throws(MethodError) in
            calls += 1
            if calls == 2 { throw .stopped }
          })
      }
      #expect(calls == 2)
    }
  }

  @Test("The caller chooses the target, knowing the prediction")
  func target() throws {
    let explainer = Explainer(model: makeModel(.cnnatt), method: Saliency(), spaces: [.mfcc])
    var seen: Int?
    let explanation = try explainer.explain(makeSpeech(16_000), path: "a.wav") {
      seen = $0
      return Target(5, versus: 1)
    }
    #expect(seen == explanation.predicted)
    #expect(explanation.target == Target(5, versus: 1))
    #expect(explanation.targetName == "sadness versus disgust")
  }

  @Test(
    "Clips far shorter and far longer than the model's", arguments: Architecture.allCases,
    [1, 160, 800, 100_000])
  func lengths(_ architecture: Architecture, _ count: Int) throws {
    let explainer = Explainer(model: makeModel(architecture), method: Saliency(), spaces: [.waveform, .mel, .mfcc])
    let explanation = try explainer.explain([0.25] + makeSpeech(count - 1), path: "a.wav")
    let length = architecture == .cnnatt ? max(count, 768) : 80_000
    let frames = 1 + length / 256
    #expect(explanation.inputs.map(\.values.shape) == [[length], [128, frames], [40, frames]])
    #expect(explanation.duration == Double(min(count, length)) / 16_000)
    #expect(explanation.inputs.allSatisfy { $0.attribution.floats.contains { $0 > 0 } })
  }

  @Test("Zeros behind a clip are what padding is, and samples behind five seconds are not heard")
  func padding() throws {
    let explainer = Explainer(model: makeModel(.fcmfcc), method: Saliency())
    let short = makeSpeech(20_000)
    let alone = try explainer.explain(short, path: "a.wav")
    let filled = try explainer.explain(short + [Float](repeating: 0, count: 60_000), path: "a.wav")
    #expect(!alone.inputs.isEmpty && alone.inputs.count == filled.inputs.count)
    for (a, b) in zip(alone.inputs, filled.inputs) {
      #expect(a.values.floats == b.values.floats && a.attribution.floats == b.attribution.floats)
    }
    #expect(alone.duration == 1.25 && filled.duration == 5)
    let long = makeSpeech(90_000)
    let cut = try explainer.explain(Array(long.prefix(80_000)), path: "a.wav")
    let whole = try explainer.explain(long, path: "a.wav")
    #expect(cut.probabilities == whole.probabilities && whole.duration == 5)
  }

  @Test("The same clip twice is explained the same, to the bit", arguments: Architecture.allCases)
  func repeatable(_ architecture: Architecture) throws {
    let explainer = Explainer(model: makeModel(architecture), method: Saliency())
    let first = try explainer.explain(makeSpeech(20_000), path: "a.wav")
    let second = try explainer.explain(makeSpeech(20_000), path: "a.wav")
    #expect(first.probabilities == second.probabilities)
    #expect(!first.inputs.isEmpty && first.inputs.count == second.inputs.count)
    for (a, b) in zip(first.inputs, second.inputs) { #expect(a.attribution.floats == b.attribution.floats) }
  }

  @Test(
    "Silence is refused by name",
    arguments: [[], [0], [Float](repeating: 0, count: 9_000), [1e-5, -1e-6]])
  func silence(_ samples: [Float]) {
    let explainer = Explainer(model: makeModel(.cnnatt), method: Saliency())
    let error = #expect(throws: ExplanationError.silent(path: "quiet.wav")) {
      try explainer.explain(samples, path: "quiet.wav")
    }
    #expect(error?.description == "quiet.wav: is silent: there is nothing to explain")
  }

  @Test("Faint sound is explained")
  func faint() throws {
    let explainer = Explainer(model: makeModel(.cnnatt), method: Saliency())
    let explanation = try explainer.explain(makeSpeech(8_000).map { $0 * 1e-4 }, path: "faint.wav")
    #expect(explanation.inputs.allSatisfy { $0.attribution.floats.contains { $0 > 0 } })
  }

  @Test("Attributions that are no numbers are refused by name and input")
  func notFinite() {
    let explainer = Explainer(model: makeModel(.cnnatt), method: NotANumber())
    let error = #expect(throws: ExplanationError.notFinite(path: "a.wav", space: .mel)) {
      try explainer.explain(makeSpeech(8_000), path: "a.wav")
    }
    #expect(error?.description == "a.wav: the attribution on the mel holds NaN or infinite values")
  }

  @Test(
    "Samples that are no numbers, or overflow, are refused", arguments: Architecture.allCases,
    [Float.nan, .infinity, 1e25])
  func badSamples(_ architecture: Architecture, _ value: Float) {
    let explainer = Explainer(model: makeModel(architecture), method: Saliency())
    var samples = makeSpeech(8_000)
    samples[4_000] = value
    #expect(throws: ExplanationError.self) { try explainer.explain(samples, path: "a.wav") }
  }
}
