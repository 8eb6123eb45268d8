import Basics
import Models
import Tensors
import TestSupport
import Testing

@testable import Attributions

@Suite("Fine-tuned fidelity and wanted measures")
struct FineTunedFidelityTests {
  private let samples = makeSpeech(16_000)

  @Test("Both fidelities as the formula has them, one input at a time; the order reversed, they change places")
  func twin() throws {
    let (model, other) = (makeModel(.fcmfcc), makeModel(.fcmfcc, seed: 5))
    let clip = Clip(samples, model: model)
    let target = Target(2)
    let cells = Array(0..<Cells(of: clip, at: .mel).count).filter { $0 % 3 != 0 }
    var generator = SeededGenerator(seed: 8)
    let fidelity = FineTunedFidelity(
      clip, through: other, at: .mel, target: target, cells: cells, using: &generator)
    let sizes = clip[.mel].floats.map { Double($0) }
    let order = cells.sorted { sizes[$0] > sizes[$1] }

    let (mel, silent) = (clip[.mel].floats, clip.silence(at: .mel).floats)
    func probability(without removed: [Int]) -> Double {
      var values = mel
      for cell in removed { values[cell] = silent[cell] }
      let changed = Clip(samples, model: other).with(Tensor(values, shape: clip.shape(at: .mel)), at: .mel)
      return Double(changed.logits.softmax().floats[2])
    }
    var twin = SeededGenerator(seed: 8)
    var (plus, minus): ([Double], [Double]) = ([], [])
    let n = Double(cells.count)
    for size in [0.1, 0.3, 0.5, 0.7, 0.9] {
      let k = Int((size * n).rounded())
      for _ in 0..<4 {
        let first = min(0.5 * Double(k), 0.1 * n)
        let rest = min(0.5 * (n - Double(k)), 0.1 * n)
        let top = twin.shuffled(0..<k).prefix(Int(first.rounded())).map { order[$0] }
        let others = twin.shuffled(k..<cells.count).prefix(Int(rest.rounded())).map { order[$0] }
        plus.append(probability(without: []) - probability(without: top))
        minus.append(probability(without: []) - probability(without: others))
      }
    }
    let found = fidelity.measure(order)
    #expect(abs(found.plus - plus.reduce(0, +) / 20) < 1e-6)
    #expect(abs(found.minus - minus.reduce(0, +) / 20) < 1e-6)
    // Loud cells count, and what is removed first of one order is among the rest of the other.
    #expect(found.plus != found.minus)
    let reversed = fidelity.measure(order.reversed())
    #expect((found.plus - found.minus) * (reversed.plus - reversed.minus) < 0)
  }

  /// The same number in all cells of the lowest bands, and nothing elsewhere.
  private struct Lowest: AttributionMethod {
    static let description = MethodDescription(
      "lowest", .gradient, source: "here", summary: "the lowest bands", cost: "nothing", isSigned: true)
    var sign = 1.0
    init(_ options: MethodOptions = MethodOptions()) {}
    func attribute(_ clip: Clip, at space: InputSpace, target: Target) -> AttributionResult {
      let frames = clip.mel.shape[3]
      let values = (0..<clip.mel.count).map { Float($0 / frames < 32 ? sign : 0) }
      return AttributionResult(Tensor(values, shape: clip.mel.shape))
    }
  }

  /// Both fidelities of the lowest bands on a model that is fine-tuned to what it is.
  private func fidelities(of model: TrainedModel, sign: Double) throws -> (plus: Double, minus: Double) {
    var settings = TrustSettings()
    settings.measures = [.fidelityPlus, .fidelityMinus]
    var method = Lowest()
    method.sign = sign
    let found = try TrustExaminer(
      model: model, methods: [method], space: .mel, settings: settings, target: 0, fineTuned: model
    ).examine(samples, path: "a.wav").methods[0].values
    return try (#require(found[.fidelityPlus]), #require(found[.fidelityMinus]))
  }

  /// A cue model with a head of one's own.
  private func model(classes: [String], dimensions: [String] = [], weights: [Float], biases: [Float]) -> TrainedModel {
    let model = TrainedModel(
      untrained: ModelConfiguration(
        CueModel.self, network: CueModel.Configuration(), classes: classes, dimensions: dimensions), seed: 1)
    for parameter in model.network.parameters {
      parameter.value = Tensor(parameter.value.rank == 2 ? weights : biases, shape: parameter.value.shape)
    }
    return model
  }

  /// The logit of the first class is the mean of the lowest bands, so that an attribution of these is right.
  @Test("Who ranks first what counts has the larger FFid+, and who ranks it last the smaller", arguments: [1.0, -1])
  func order(sign: Double) throws {
    let found = try fidelities(of: CueModel.model(), sign: sign)
    // Silence is below what is heard, and so lowers the first class.
    #expect(sign * (found.plus - found.minus) > 0.05)
  }

  @Test(
    "Of a dimension that the clip raises or lowers, FFid+ is how far its value goes back, and its sign is the same",
    arguments: [Float(1), -1])
  func dimension(weight: Float) throws {
    let model = model(classes: [], dimensions: ["arousal"], weights: [weight, 0, 0, 0], biases: [0])
    // What is heard is above silence, and so has the sign of the weight.
    let found = try fidelities(of: model, sign: Double(weight))
    #expect(found.plus > 0 && found.plus > found.minus, "\(found)")
    let reversed = try fidelities(of: model, sign: -Double(weight))
    #expect(reversed.plus < found.plus && reversed.plus < reversed.minus, "\(reversed)")
  }

  @Test("A model agrees with itself, and its draws are the same for both")
  func steadiness() throws {
    let own = try #require(steadiness(of: makeModel(.cnnatt), makeModel(.cnnatt)))
    #expect(own.agrees && own.own == own.fineTuned && (0...1).contains(own.own))
  }

  private func steadiness(of model: TrainedModel, _ other: TrainedModel) -> FineTunedSteadiness? {
    let clip = Clip(samples, model: model)
    var generator = SeededGenerator(seed: 1)
    let cells = Array(0..<Cells(of: clip, at: .mel).count)
    return FineTunedFidelity(clip, through: other, at: .mel, target: Target(0), cells: cells, using: &generator)
      .steadiness
  }

  @Test("What is predicted without cells is compared with what the model itself predicts of the whole clip")
  func others() throws {
    let names = ["a", "b"]
    let zero = [Float](repeating: 0, count: 8)
    let (first, second) = (
      model(classes: names, weights: zero, biases: [1, 0]), model(classes: names, weights: zero, biases: [0, 1])
    )
    let found = try #require(steadiness(of: first, second))
    #expect(!found.agrees && found.own == 1 && found.fineTuned == 0)
    // Whether the lowest bands are as loud as in the clip: any loss of cells lowers them by more than that.
    let clip = Clip(samples, model: first)
    let lowest = clip[.mel].floats.prefix(32 * clip.mel.shape[3])
    let level = Float(lowest.reduce(0.0) { $0 + Double($1) } / Double(lowest.count))
    let brittle = model(classes: names, weights: [1, 0, 0, 0, 0, 0, 0, 0], biases: [0, level - 0.05])
    let (steadier, less) = (try #require(steadiness(of: brittle, first)), try #require(steadiness(of: first, brittle)))
    #expect(steadier.agrees && steadier.own == 0 && steadier.fineTuned == 1)
    #expect(less.agrees && less.own == 1 && less.fineTuned == 0)
  }

  @Test("Where a dimension is explained, nothing is said of the classes that a fine-tuned model predicts")
  func steadinessOfDimension() throws {
    let model = model(
      classes: ["a", "b"], dimensions: ["arousal"], weights: [Float](repeating: 0.1, count: 12), biases: [0, 0, 0])
    let clip = Clip(samples, model: model)
    let cells = Array(0..<Cells(of: clip, at: .mel).count)
    func steadiness(_ output: Int) -> FineTunedSteadiness? {
      var generator = SeededGenerator(seed: 1)
      return FineTunedFidelity(
        clip, through: model, at: .mel, target: Target(output), cells: cells, using: &generator
      ).steadiness
    }
    #expect(steadiness(1) != nil && steadiness(2) == nil)
  }

  @Test("Both are said to set cells to silence, whatever replaces them elsewhere")
  func summaries() {
    for measure in [TrustMeasure.fidelityPlus, .fidelityMinus] {
      for dimension in [nil, "arousal"] { #expect(measure.summary(of: dimension).hasSuffix("set to silence")) }
    }
  }

  @Test("Only what is asked for is measured, and it is the same as among all")
  func wanted() throws {
    var settings = TrustSettings()
    (settings.steps, settings.parts, settings.offsets) = (4, 4, 2)
    func examine(_ settings: TrustSettings, fineTuned: TrainedModel? = nil) throws -> ClipTrust {
      try TrustExaminer(
        model: makeModel(.cnnatt), methods: [Saliency()], space: .mel, settings: settings, fineTuned: fineTuned
      ).examine(samples, path: "a.wav")
    }
    let all = try examine(settings, fineTuned: makeModel(.cnnatt, seed: 3))
    #expect(all.steadiness != nil && all.methods[0].values[.fidelityPlus] != nil)
    #expect(try examine(settings).methods[0].values[.fidelityPlus] == nil)
    settings.measures = [.redrawn, .gini, .fidelityMinus]
    #expect(settings.measures == [.deletion, .insertion, .fidelityMinus, .redrawn, .gini])
    let some = try examine(settings, fineTuned: makeModel(.cnnatt, seed: 3))
    for (few, many) in zip(some.methods, all.methods) {
      #expect(Set(few.values.keys) == Set(settings.measures))
      #expect(few.values.allSatisfy { many.values[$0] == $1 })
      #expect(few.cascade.isEmpty && few.cascadeFromInput.isEmpty && few.deletion == many.deletion)
    }
    let examiner = TrustExaminer(model: makeModel(.cnnatt), methods: [Saliency()], space: .mel, settings: settings)
    #expect(some.isPossible(by: examiner) && !all.isPossible(by: examiner))
    // What the verdicts are of is measured for them.
    #expect(
      Set(TrustMeasure.ofVerdicts) == [
        .deletion, .insertion, .fidelityPlus, .fidelityMinus, .comprehensiveness, .sufficiency, .redrawn, .gain, .seeds,
        .auc,
      ])
    let summary = TrustSummary([some, some], by: examiner)
    #expect(summary.methods[0].cascade.isEmpty && !summary.measures.contains(.fromHead))
    #expect(!summary.remarks.contains { $0.contains("Zero everywhere") })
  }
}
