import AudioFiles
import Basics
import Foundation
import Layers
import Models
import TestSupport
import Tensors
import Testing

@testable import Attributions

/// A network whose gradient is smooth: two linear maps with a tanh between them, of the log-mel of 1,600 samples.
private final class SmoothModel: EmotionModel {
  struct Configuration: NetworkConfiguration { var problem: String? { nil } }

  static let name = "smooth"
  static let title = "Smooth"
  static let summary = "for tests"
  static let inputs = [InputSpace.mel]
  static let clipLength = ClipLength.natural(leastFrames: 1)
  static let recipes: [Recipe.Name: Recipe] = [:]
  // Two clips are two batches.
  static let clipsAtOnce = 3
  static let multiplyAdds = 0.0
  static let base = Configuration()

  static let samples = 1_600
  /// What makes of decibels numbers of about 1.
  static let (offset, scale): (Float, Float) = (40, 0.02)

  let first, second: Linear
  let parameters: [Parameter]

  init(_ sizes: Configuration, outputs: Int, from source: ParameterSource) throws(ParameterError) {
    first = try Linear(from: 128 * 7, to: 12, from: source.part("first"))
    second = try Linear(from: 12, to: outputs, from: source.part("second"))
    parameters = source.taken
  }

  func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor {
    let mel = input[.mel]
    let read = (mel.reshaped([mel.shape[0], -1]) + Self.offset) * Self.scale
    return second(first(read, pass).hyperbolicTangent(), pass)
  }

  static func model() -> TrainedModel {
    let model = TrainedModel(
      untrained: ModelConfiguration(SmoothModel.self, network: Configuration(), classes: ["a", "b", "c"]), seed: 0)
    model.network.setSampledParameters()
    return model
  }

  static func clips(_ model: TrainedModel) -> [Clip] {
    [3, 8].map { Clip(makeSpeech(samples, seed: $0), model: model) }
  }

  /// The slow twin of a map's sizes after other samples, in double from the formula: with h = tanh(W₁ x + b₁) and x of the mel
  /// m, ∂ logit / ∂ m = scale W₁ᵀ ((1 − h²) ⊙ w₂).
  func sizes(_ samples: [Float], of label: Int, _ map: AttackedMap, _ model: TrainedModel) -> [Double] {
    let mel = model.features.logMel(Tensor(samples, shape: [1, samples.count])).floats.map(Double.init)
    let (weights, out) = (first.weight.value.rows, second.weight.value.rows[label])
    let bias = first.bias.value.floats.map(Double.init)
    var slope = mel.map { _ in 0.0 }
    for (unit, row) in weights.enumerated() {
      let sum = zip(row, mel).reduce(bias[unit]) {
        $0 + $1.0 * Double(Self.scale) * ($1.1 + Double(Self.offset))
      }
      let factor = out[unit] * (1 - tanh(sum) * tanh(sum)) * Double(Self.scale)
      for (place, weight) in row.enumerated() { slope[place] += factor * weight }
    }
    return zip(slope, mel).map { map == .saliency ? abs($0) : abs($0 * $1) }
  }
}

/// Of a waveform x the logits ReLU(Σ a x² − 95 % of that of ones times 0.1) + 1 and 0, with a = 1 in the first tenth and 0.1 in the
/// rest: where x becomes smaller, the first class stays and its gradient vanishes.
private final class VanishingModel: EmotionModel {
  struct Configuration: NetworkConfiguration { var problem: String? { nil } }

  static let name = "vanishing"
  static let title = "Vanishing"
  static let summary = "for tests"
  static let inputs = [InputSpace.waveform]
  static let clipLength = ClipLength.natural(leastFrames: 1)
  static let recipes: [Recipe.Name: Recipe] = [:]
  static let clipsAtOnce = 2
  static let multiplyAdds = 0.0
  static let base = Configuration()

  let parameters: [Parameter] = []

  init(_ sizes: Configuration, outputs: Int, from source: ParameterSource) {}

  func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor {
    let x = input[.waveform]
    let count = x.shape[1]
    let weights = (0..<count).map { $0 < count / 10 ? Float(1) : 0.1 }
    let sum = (x.squared() * Tensor(weights, shape: [1, count])).sum(axes: [1]).reshaped([x.shape[0], 1])
    let least = 0.95 * 0.01 * weights.reduce(0, +)
    let first = (sum - least).relu() + 1
    return .concatenated([first, first * 0], axis: 1)
  }
}

@Suite("Attacks on explanations")
struct ExplanationAttackTests {
  /// Slow and obvious.
  private func loss(_ sizes: [Double], _ aim: ExplanationAim, from before: [Double]) -> Double {
    let sum = { (values: [Double]) in values.reduce(0, +) }
    switch aim {
    case .top:
      let least = before.sorted(by: >)[Int(0.1 * Double(before.count)) - 1]
      return sum(zip(sizes, before).map { $1 >= least ? $0 : 0 }) / sum(sizes)
    case .map:
      let sought = self.sought(before)
      return 1 - sum(zip(sizes, sought).map { $0 * $1 }) / (norm(sizes) * norm(sought))
    }
  }

  /// A map to seek: another in the reverse order of its cells.
  private func sought(_ sizes: [Double]) -> [Double] { sizes.reversed() }

  private func losses(_ clips: [Clip], _ map: AttackedMap, _ aim: ExplanationAim, _ labels: [Int]) -> [MapLoss] {
    zip(clips, labels).map { clip, label in
      let model = clip.model.network as! SmoothModel
      let sizes = model.sizes(clip.waveform.floats, of: label, map, clip.model)
      return aim == .top ? .top(of: sizes) : .map(sought(sizes))
    }
  }

  // MARK: The loss

  @Test("The share of the former top tenth, worked out by hand, and 1 − cosine; their slopes are differences")
  func mapLoss() {
    let sizes = (1...20).map { Double($0) }
    // Of twenty cells two were on top: 19 and 20 of 210.
    let top = MapLoss.top(of: sizes)
    #expect(abs(top(sizes).loss - 39.0 / 210) < 1e-12)
    #expect(abs(top(Array(sizes.reversed())).loss - 3.0 / 210) < 1e-12)
    let map = MapLoss.map([3, 0, 4])
    #expect(abs(map([3, 0, 4]).loss) < 1e-12 && map([0, 2, 0]).loss == 1 && abs(map([1, 0, 0]).loss - 0.4) < 1e-12)
    for (loss, at) in [(top, sizes), (map, [1, 2, 0.5])] {
      let slopes = loss(at).slopes
      for cell in at.indices {
        var (ahead, behind) = (at, at)
        ahead[cell] += 1e-5
        behind[cell] -= 1e-5
        #expect(abs((loss(ahead).loss - loss(behind).loss) / 2e-5 - slopes[cell]) < 1e-8)
      }
    }
    // Nothing is lost of a map of zeros.
    #expect(top(sizes.map { _ in 0 }).slopes.allSatisfy { $0 == 0 } && map([0, 0, 0]).loss == 1)
  }

  /// Along its steepest direction the loss of the twin, whose gradient is worked out, rises as the slope says. The loss has kinks
  /// where a cell's gradient changes its sign, which weigh up to 4 % of the saliency's.
  @Test(
    "The slope at the waveform by two gradients is that of the loss, whatever the reach",
    arguments: AttackedMap.allCases, ExplanationAim.allCases)
  func slope(_ map: AttackedMap, _ aim: ExplanationAim) throws {
    let model = SmoothModel.model()
    let network = try #require(model.network as? SmoothModel)
    let clips = SmoothModel.clips(model)
    let settings = AttackSettings(budget: .ratio(20))
    let attacked = AttackedClips(clips, at: .waveform)
    let run = try AttackRun(attacked, settings)
    let losses = losses(clips, map, aim, attacked.predicted)
    var attack = ExplanationAttack(map, at: .mel, settings)
    let views = attack.look(run, run.allowed.map(\.none), losses)
    #expect(views.count == 2 && views.allSatisfy(\.holds))
    for (number, clip) in clips.enumerated() {
      let (samples, view) = (clip.waveform.floats, views[number])
      let before = network.sizes(samples, of: attacked.predicted[number], map, model)
      #expect(abs(view.loss - loss(before, aim, from: before)) < 1e-4)
      let length = norm(view.slope.map(Double.init))
      let step = 1e-4 * norm(samples.map(Double.init))
      let ends = [1.0, -1].map { sign in
        let moved = zip(samples, view.slope).map { $0 + Float(sign * step * Double($1) / length) }
        return loss(network.sizes(moved, of: attacked.predicted[number], map, model), aim, from: before)
      }
      let rise = (ends[0] - ends[1]) / (2 * step)
      #expect(length > 0 && abs(rise / length - 1) < 0.08, "\(rise) and \(length)")
    }
    for reach in [0.001, 0.01, 0.1] {
      attack.reach = reach
      for (one, other) in zip(attack.look(run, run.allowed.map(\.none), losses), views) {
        #expect(relativeDistance(one.slope, other.slope) < 0.02, "\(reach)")
      }
    }
  }

  @Test(
    "The prediction stays, the budget is kept, and a larger one never leaves more; of two clips at once as of one",
    arguments: AttackedMap.allCases, ExplanationAim.allCases)
  func attack(_ map: AttackedMap, _ aim: ExplanationAim) throws {
    let model = SmoothModel.model()
    let network = try #require(model.network as? SmoothModel)
    let clips = SmoothModel.clips(model)
    let attacked = AttackedClips(clips, at: .waveform)
    let losses = losses(clips, map, aim, attacked.predicted)
    let settings = AttackSettings(budget: .ratio(30), steps: 10)
    var progress: [Double] = []
    let found = try ExplanationAttack(map, at: .mel, settings).run(
      attacked, within: [.ratio(30), .ratio(10)], losses: losses
    ) { progress.append($0) }
    #expect(progress.last == 1 && progress == progress.sorted())
    for (number, clip) in clips.enumerated() {
      let before = network.sizes(clip.waveform.floats, of: attacked.predicted[number], map, model)
      for (budget, own) in zip([30.0, 10], found[number]) {
        #expect(own.clip.to == attacked.predicted[number] && own.clip.isWithinBudget && !own.clip.isFooled)
        #expect(try #require(own.clip.ratio) > budget - 0.01)
        let after = network.sizes(own.clip.values, of: attacked.predicted[number], map, model)
        #expect(abs(own.before - loss(before, aim, from: before)) < 1e-4)
        #expect(abs(own.after - loss(after, aim, from: before)) < 1e-3)
        // Three a step and at the end; more where a step goes back.
        #expect(own.clip.gradients >= 3 * 11)
      }
      let losses = [found[number][0].before] + found[number].map(\.after)
      #expect(losses[1] < losses[0] && losses[2] < losses[1] && losses[2] < 0.98 * losses[0], "\(losses)")
      let alone = try ExplanationAttack(map, at: .mel, settings).run(
        AttackedClips([clip], at: .waveform), within: [.ratio(30)],
        losses: [self.losses([clip], map, aim, [attacked.predicted[number]])[0]])
      #expect(abs(alone[0][0].after - losses[1]) < 0.01)
    }
  }

  @Test("On the waveform the map is of frames; a budget of nothing changes nothing")
  func waveform() throws {
    let fixture = SpeechFixture.hubertLarge
    let clip = Clip(makeSpeech(fixture.samples), model: try fixture.model())
    let attacked = AttackedClips([clip], at: .waveform)
    let sizes = try Saliency().speechSizes(
      of: clip, at: .waveform, target: Target(attacked.predicted[0]), path: "a.wav")
    let found = try ExplanationAttack(.saliency, at: .waveform, AttackSettings(budget: .largest(0), steps: 12)).run(
      attacked, within: [.largest(0), .ratio(20)], losses: [.top(of: sizes.fitted(frames: sizes.frames))])[0]
    #expect(found[0].clip.largest == 0 && abs(found[0].after - found[0].before) < 1e-9)
    #expect(found[1].after < found[1].before && found[1].clip.to == found[1].clip.from)
  }

  @Test("A change that leaves no gradient is no other map: it is not kept, though nothing of it is on top")
  func vanishing() throws {
    let model = TrainedModel(
      untrained: ModelConfiguration(
        VanishingModel.self, network: VanishingModel.Configuration(), classes: ["a", "b"]), seed: 0)
    let clip = Clip([Float](repeating: 0.1, count: 16_000), model: model)
    let attacked = AttackedClips([clip], at: .waveform)
    let own = try Saliency().speechSizes(of: clip, at: .waveform, target: Target(0), path: "")
    let losses = [MapLoss.top(of: own.fitted(frames: own.frames))]
    // The steepest step makes the first tenth quieter, by so much that the sum falls below the kink.
    let settings = AttackSettings(budget: .ratio(10), steps: 4)
    let run = try AttackRun(attacked, settings)
    let attack = ExplanationAttack(.saliency, at: .waveform, settings)
    let quieter = attack.look(run, [clip.waveform.floats.map { -0.5 * $0 }], losses)[0]
    #expect(quieter.holds && !quieter.isMap && quieter.loss == 0)
    let found = try attack.run(attacked, within: [.ratio(10)], losses: losses)[0][0]
    #expect(found.clip.to == 0 && found.before > 0.4 && found.after > 0 && found.after <= found.before)
    let changed = clip.with(Tensor(found.clip.values, shape: clip.waveform.shape), at: .waveform)
    let after = try Saliency().speechSizes(of: changed, at: .waveform, target: Target(0), path: "")
    #expect(own.similarity(to: after) != nil)
  }

  // MARK: Methods

  @Test("Parts of the score are attacked by input × gradient, slopes by saliency; on the waveform both are one")
  func stands() throws {
    for (name, map, isOwn) in [
      ("saliency", AttackedMap.saliency, true), ("gradient", .saliency, true),
      ("input-x-gradient", .inputXGradient, true), ("integrated-gradients", .inputXGradient, false),
      ("lrp", .inputXGradient, false), ("grad-cam", .saliency, false),
    ] {
      let method = try AttributionMethods.make(name)
      #expect(AttackedMap(for: method, at: .mel) == map && map.isMap(of: method, at: .mel) == isOwn, "\(name)")
      #expect(AttackedMap(for: method, at: .waveform) == .saliency)
    }
  }

  private func examiner(
    _ methods: [any AttributionMethod] = [Saliency(), InputXGradient(), GuidedBackpropagation()],
    _ budgets: [AttackBudget] = [.ratio(20), .ratio(40)], aim: ExplanationAim = .top, steps: Int = 8
  ) throws -> ExplanationAttackExaminer {
    try ExplanationAttackExaminer(
      model: try TrainedModel.builtIn(), methods: methods, budgets: budgets, aim: aim,
      settings: AttackSettings(budget: budgets[0], steps: steps, seed: 2))
  }

  @Test(
    "Of the built-in model the map at 40 dB and 20 dB is another than after noise as large; what cannot be attacked fails alone"
  )
  func examined() throws {
    let examiner = try examiner()
    #expect(examiner.space == .mel && examiner.budgets == [.ratio(40), .ratio(20)])
    #expect(examiner.maps == [.saliency, .inputXGradient])
    let clips = [
      Clip(makeSpeech(16_000), model: examiner.model), Clip(makeSpeech(12_000, seed: 8), model: examiner.model),
    ]
    var asked: [String] = []
    var progress: [Double] = []
    let found = try examiner.examine(
      [.init(clips[0], path: "a.wav", name: "a"), .init(clips[1], path: "b.wav", name: "b")],
      another: { path, isWanted in
        asked.append(path)
        return isWanted(try! clips[0].probabilities(path: "").likeliestClass) ? clips[1] : nil
      }, progress: { progress.append($0) })
    #expect(asked == ["a.wav", "b.wav"] && progress == progress.sorted() && progress.last == 1)
    for found in found {
      let found = try found.get()
      let row = found.row
      #expect(row.isPossible(by: examiner) && found.values.map(\.count) == [2, 2])
      for map in row.maps {
        #expect(map.changes[0].loss < map.loss && map.changes[1].loss <= map.changes[0].loss)
        #expect(zip(map.changes, [40.0, 20]).allSatisfy { ($0.ratio ?? 0) > $1 - 0.01 })
      }
      for (method, attacked) in row.attacked[..<2].enumerated() {
        for (budget, similarity) in attacked.enumerated() {
          let noise = try #require(row.noise[budget].methods[method])
          #expect(try #require(similarity).correlation < noise.correlation - 0.03, "\(method) \(budget)")
          #expect(try #require(similarity).overlap < noise.overlap, "\(method) \(budget)")
        }
      }
    }
    #expect(try found[0].get().row.another?.count == 3)
    // The same again, alone.
    let again = try examiner.examine([.init(clips[0], path: "a.wav", name: "a")], another: { _, _ in nil })[0].get().row
    #expect(again.another == nil)
    let (first, second) = (try found[0].get().row.attacked[0][1], again.attacked[0][1])
    #expect(abs(try #require(first).correlation - #require(second).correlation) < 0.05)
  }

  @Test("Towards another clip's map, repeated where it is shorter; without one towards the own played backwards")
  func sought() throws {
    let sizes = SpeechSizes([[1, 2, 3], [4, 5, 6]])
    #expect(sizes.fitted(frames: 2) == [1, 2, 4, 5] && sizes.fitted(frames: 4) == [1, 2, 3, 1, 4, 5, 6, 4])
    #expect(sizes.reversed.fitted(frames: 3) == [3, 2, 1, 6, 5, 4])
    let examiner = try examiner([Saliency()], [.ratio(20)], aim: .map)
    let clip = Clip(makeSpeech(16_000), model: examiner.model)
    let own = try clip.probabilities(path: "").likeliestClass
    var wanted: [[Bool]] = []
    let row = try examiner.examine([.init(clip, path: "a.wav", name: "a")]) { _, isWanted in
      wanted.append([isWanted(own), isWanted(own + 1)])
      return nil
    }[0].get().row
    // One that is predicted otherwise, then one that is predicted the same.
    #expect(wanted == [[false, true], [true, false]])
    #expect(row.maps[0].changes[0].loss < row.maps[0].loss - 0.05, "\(row.maps)")
  }

  @Test(
    "A clip that cannot be changed fails by its path; settings that no attack can have, and a model without classes, at once"
  )
  func errors() throws {
    let model = try TrainedModel.builtIn()
    let examiner = try ExplanationAttackExaminer(
      model: model, methods: [Saliency()], budgets: [.ratio(20)], aim: .top,
      settings: AttackSettings(budget: .ratio(20), band: 61...62, steps: 2))
    // Frequencies of 0.3 s are 3.3 Hz apart: none lies between 61 and 62.
    let items = [(16_000, "long.wav"), (4_800, "short.wav")].map {
      ExplanationAttackExaminer.Item(Clip(makeSpeech($0.0), model: model), path: $0.1, name: $0.1)
    }
    let found = try examiner.examine(items, another: { _, _ in nil })
    #expect(try found[0].get().row.maps.count == 1)
    #expect(throws: AttackError.self) { try found[1].get() }
    if case .failure(let error) = found[1] {
      #expect("\(error)".hasPrefix("short.wav: ") && "\(error)".contains("it is empty"))
    }
    #expect(throws: AttackError.self) { try self.examiner(steps: 0) }
    #expect(throws: AttackError.self) { try self.examiner([Saliency()], [.largest(-1)]) }
    let numbers = TrainedModel(
      untrained: ModelConfiguration(CNNATT.self, classes: [], dimensions: ["arousal"]), seed: 1)
    #expect(throws: AttackError.noClasses(model: numbers.name)) {
      try ExplanationAttackExaminer(
        model: numbers, methods: [Saliency()], budgets: [.ratio(20)], aim: .top,
        settings: AttackSettings(budget: .ratio(20)))
    }
  }
}
