import AudioFeatures
import Basics
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite("Augmentation, soft targets, averaged weights")
struct AugmentedBatchesTests {
  private let configuration = ModelConfiguration(FCMFCC.self)

  /// Clips of speech-like noise with their sound.
  /// - Parameter growth: Samples by which each is longer than the one before.
  private func clips(_ count: Int, for configuration: ModelConfiguration? = nil, growth: Int = 0) -> FeatureSet {
    let configuration = configuration ?? self.configuration
    let extractor = FeatureExtractor(configuration.frontEnd)
    return FeatureSet(
      (0..<count).map { index in
        let sound = sampled(20_000 + growth * index, seed: 10 + index).enumerated().map {
          0.1 * $1 * Float(sin(Double($0) / 400))
        }
        let samples = configuration.fitted(sound)
        var clip = ClipFeatures(
          path: "clip \(index)", origin: "made", label: index % 7,
          inputs: FeatureSet.inputs(on: SignalPath(samples, features: extractor), configuration.model),
          samples: samples.count)
        clip.sound = sound
        return clip
      })
  }

  private func batch(
    _ text: String, _ set: FeatureSet, seed: UInt64 = 1, for configuration: ModelConfiguration? = nil
  ) throws -> (input: NetworkInput, truth: FeatureSet.Truth) {
    var generator = SeededGenerator(seed: seed)
    let model = TrainedModel(untrained: configuration ?? self.configuration, seed: 2)
    return AugmentedBatches(try Augmentation(text: text), of: set, for: model)
      .batch(Array(set.clips.indices), using: &generator)
  }

  @Test(
    "Each kind changes some of the clips, the seed decides how, and labels stay but for mixtures",
    arguments: Augmentation.Kind.allCases)
  func kinds(kind: Augmentation.Kind) throws {
    let set = clips(8)
    let plain = set.batch(0..<8).input[.mfcc]
    let (input, truth) = try batch(kind.rawValue, set)
    let x = input[.mfcc]
    #expect(x.shape == plain.shape && x.isFinite)
    let changed = (0..<8).count { clip in
      x.slice(axis: 0, clip..<(clip + 1)).floats != plain.slice(axis: 0, clip..<(clip + 1)).floats
    }
    #expect(changed > 0)
    #expect(try batch(kind.rawValue, set).input[.mfcc].floats == x.floats)
    #expect(try batch(kind.rawValue, set, seed: 2).input[.mfcc].floats != x.floats)
    #expect(truth.labels == set.batch(0..<8).truth.labels)
    #expect((truth.targets == nil) == ![.mixup, .specmix].contains(kind))
  }

  @Test("Removed cells are silent, the others as they were, and no more than the share")
  func cells() throws {
    let extractor = FeatureExtractor(FrontEnd())
    let mel = extractor.logMel(Tensor(sampled(20_000, seed: 4).map { 0.1 * $0 }, shape: [1, 20_000]))
    let (frames, silent) = (mel.shape[3], extractor.silence(after: mel).floats)
    var generator = SeededGenerator(seed: 6)
    let step = try Augmentation.Step(.cells, 0.3)
    let shares = (0..<40).map { _ in
      let changed = step.changed(mel, features: extractor, using: &generator).mel.floats
      let moved = zip(changed, mel.floats).enumerated().filter { $0.element.0 != $0.element.1 }
      #expect(moved.allSatisfy { $0.element.0 == silent[$0.offset / frames] })
      return Double(moved.count) / Double(changed.count)
    }
    #expect(shares.max()! < 0.33 && shares.min()! < 0.1)
    #expect(abs(shares.reduce(0, +) / 40 - 0.15) < 0.05)
  }

  @Test("A mixture's clips and targets have the same shares")
  func mixup() throws {
    let set = clips(7)  // one clip a label, so that a target's row tells both clips
    let (input, truth) = try batch("mixup:1", set)
    let plain = set.batch(0..<7).input[.mfcc]
    func row(_ x: Tensor, _ clip: Int) -> Tensor { x.slice(axis: 0, clip..<(clip + 1)) }
    for (clip, targets) in truth.targets!.enumerated() {
      #expect(abs(targets.reduce(0, +) - 1) < 1e-6)
      let expected = targets.enumerated().reduce(Tensor.zeros(row(plain, 0).shape)) {
        $0 + row(plain, $1.offset) * $1.element
      }
      #expect(relativeDistance(row(input[.mfcc], clip).floats, expected.floats) < 1e-5)
    }
    #expect(truth.targets!.contains { ($0.max() ?? 1) < 0.99 })
  }

  @Test("Clips of different lengths are mixed too", arguments: ["mixup:1", "specmix:1", "mixstyle:1"])
  func lengths(text: String) throws {
    let configuration = ModelConfiguration(CNNATT.self)
    let set = clips(6, for: configuration, growth: 700)
    let (plain, mixed) = (set.batch(0..<6).input, try batch(text, set, for: configuration).input)
    #expect(plain.lengths != nil && mixed.lengths == plain.lengths)
    let (a, b) = (plain[.mfcc], mixed[.mfcc])
    let changed = (0..<6).count { a.slice(axis: 0, $0..<($0 + 1)).floats != b.slice(axis: 0, $0..<($0 + 1)).floats }
    #expect(changed >= 2)
  }

  @Test("MixStyle gives each row a mean and a deviation between its own and another clip's, in one ratio")
  func mixstyle() throws {
    let set = clips(8)
    let (input, truth) = try batch("mixstyle:1", set)
    #expect(truth.targets == nil)
    func statistics(_ x: Tensor) -> [[Float]] {
      let mean = x.mean(axes: [3])
      let deviation = ((x - mean).squared().mean(axes: [3]) + 1e-5).squareRoot()
      return (0..<8).map { clip in
        [mean, deviation].flatMap { $0.slice(axis: 0, clip..<(clip + 1)).floats }
      }
    }
    let (own, found) = (statistics(set.batch(0..<8).input[.mfcc]), statistics(input[.mfcc]))
    for clip in 0..<8 {
      // The share of one partner that fits best fits all rows.
      let fits = (0..<8).map { other in
        let (difference, moved) = (zip(own[other], own[clip]).map(-), zip(found[clip], own[clip]).map(-))
        let size = difference.reduce(0) { $0 + $1 * $1 }
        let share = size == 0 ? 0 : zip(difference, moved).reduce(0) { $0 + $1.0 * $1.1 } / size
        let rest = zip(difference, moved).map { $1 - share * $0 }.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return (-1e-3...1.001).contains(share) ? rest : .infinity
      }
      #expect(fits.min()! < 1e-3 * Float(norm(own[clip].map(Double.init))))
    }
  }

  @Test("SpecMix takes whole bands from one other clip, and as much of its label")
  func specmix() throws {
    let configuration = ModelConfiguration(CNNLSTM.self)
    let set = clips(7, for: configuration)
    let (input, truth) = try batch("specmix:1", set, for: configuration)
    let (plain, x) = (set.batch(0..<7).input[.mel], input[.mel])
    let size = x.count / 7
    var mixtures = 0
    for (clip, targets) in truth.targets!.enumerated() {
      let other = targets.indices.first { $0 != clip && targets[$0] > 0 }
      let (own, found) = (
        plain.floats[(clip * size)..<((clip + 1) * size)], x.floats[(clip * size)..<((clip + 1) * size)]
      )
      guard let other else {
        #expect(own == found && targets[clip] == 1)
        continue
      }
      mixtures += 1
      let partner = plain.floats[(other * size)..<((other + 1) * size)]
      let from = zip(zip(own, partner), found).map { pair, value in (own: pair.0 == value, other: pair.1 == value) }
      #expect(from.allSatisfy { $0.own || $0.other })
      // Cells that both have alike, such as the floor, may count for either.
      let surely = Float(from.count { !$0.own }) / Float(size)
      let perhaps = Float(from.count { $0.other }) / Float(size)
      #expect((surely - 1e-5...perhaps + 1e-5).contains(targets[other]))
    }
    #expect(mixtures >= 4)
  }

  @Test("The beta distribution's mean and variance", arguments: [0.2, 0.5, 1])
  func beta(a: Double) {
    var generator = SeededGenerator(seed: 3)
    let drawn = (0..<20_000).map { _ in generator.beta(a) }
    let mean = drawn.reduce(0, +) / 20_000
    let variance = drawn.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    // 1/2 and 1 / (4 (2a + 1)); five standard errors.
    #expect(abs(mean - 0.5) < 5 * (variance / 20_000).squareRoot())
    #expect(abs(variance - 1 / (4 * (2 * a + 1))) < 0.004)
  }

  @Test("Losses and gradients with smoothed, weighted and mixed labels are PyTorch's")
  func soft() throws {
    struct Case: Decodable {
      struct Loss: Decodable {
        let name: String
        let loss: Double
        let gradient: [Float]
      }
      let weights, shares: [Float]
      let labels: [Int]
      let losses: [Loss]
    }
    let expected = try Reference.numbers("soft", as: Case.self)
    func oneHot(_ label: Int) -> [Float] { (0..<7).map { $0 == label ? 1 : 0 } }
    let hard = expected.labels.map(oneHot)
    let mixed = hard.indices.map { row in
      zip(hard[row], hard.reversed()[row]).map { expected.shares[row] * $0 + (1 - expected.shares[row]) * $1 }
    }
    func smoothed(_ rows: [[Float]], _ e: Float) -> [[Float]] { rows.map { $0.map { (1 - e) * $0 + e / 7 } } }
    func weighted(_ rows: [[Float]]) -> [[Float]] { rows.map { zip($0, expected.weights).map(*) } }
    let targets = [
      "smoothed": smoothed(hard, 0.1), "weighted": weighted(hard), "mixed": mixed,
      "all": weighted(smoothed(mixed, 0.2)),
    ]
    for wanted in expected.losses {
      let logits = (3 * sampled([9, 7], 11)).variable()
      let loss = logits.crossEntropy(targets: targets[wanted.name]!)
      #expect(abs(Double(loss.scalar) - wanted.loss) < 1e-6, "\(wanted.name)")
      #expect(relativeDistance(gradients(of: loss, at: [logits])[0].floats, wanted.gradient) < 1e-6, "\(wanted.name)")
    }
  }

  @Test("Balanced classes count the same in all, smoothing spreads its share")
  func targets() throws {
    var recipe = FCMFCC.recipes[.published]!
    let set = FeatureSet(clips(10).clips.filter { $0.label! < 3 })  // three clips of 0, two each of 1 and 2
    #expect(TrainingTargets(recipe, classes: 7, of: set) == nil)
    (recipe.classWeights, recipe.labelSmoothing) = (.balanced, 0)
    let truth = set.batch(set.clips.indices).truth
    let targets = try #require(TrainingTargets(recipe, classes: 7, of: set)).applied(to: truth).targets!
    for label in 0..<3 {
      let total = targets.reduce(0) { $0 + $1[label] }
      #expect(abs(total - Float(set.clips.count) / 3) < 1e-5)
    }
    (recipe.classWeights, recipe.labelSmoothing) = (.equal, 0.35)
    let smooth = try #require(TrainingTargets(recipe, classes: 7, of: set)).applied(to: truth).targets!
    #expect(smooth.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-6 && abs($0.min()! - 0.05) < 1e-6 })
  }

  @Test("Votes are the targets, smoothed and mixed as labels are, and validation does not read them")
  func votes() throws {
    var recipe = FCMFCC.recipes[.published]!
    recipe.softLabels = true
    var set = clips(6)
    #expect(throws: TrainingError.noVotes(path: set.clips[0].path, reason: "no votes")) {
      try set.checkVotes(for: recipe)
    }
    let evaluation = TrainedModel(untrained: configuration, seed: 2).evaluate(set)
    for index in set.clips.indices {
      // 1 / 2 of the label, the rest of the class after it.
      set.clips[index].votes = (0..<7).map {
        [set.clips[index].label!, (set.clips[index].label! + 1) % 7].contains($0) ? 0.5 : 0
      }
    }
    try set.checkVotes(for: recipe)
    #expect(set.fingerprint != clips(6).fingerprint)
    #expect(TrainedModel(untrained: configuration, seed: 2).evaluate(set).loss == evaluation.loss)
    let truth = set.batch(set.clips.indices).truth
    #expect(truth.targets == set.clips.map { $0.votes! })
    recipe.labelSmoothing = 0.35
    let smooth = try #require(TrainingTargets(recipe, classes: 7, of: set)).applied(to: truth).targets!
    for (row, clip) in zip(smooth, set.clips) {
      #expect(zip(row, clip.votes!).allSatisfy { abs($0 - (0.65 * $1 + 0.05)) < 1e-6 })
    }
    // Of equal votes any mixture is the same.
    for index in set.clips.indices { set.clips[index].votes = Array(repeating: 1 / 7, count: 7) }
    var generator = SeededGenerator(seed: 4)
    let batches = AugmentedBatches(
      try Augmentation(text: "mixup"), of: set, for: TrainedModel(untrained: configuration, seed: 2))
    let mixed = batches.batch(Array(set.clips.indices), using: &generator).truth.targets!
    #expect(mixed.allSatisfy { $0.allSatisfy { abs($0 - 1 / 7) < 1e-6 } })
  }

  @Test("Along a cosine the rate is PyTorch's, warm-up with it")
  func cosine() throws {
    struct Case: Decodable {
      let rate: Double
      let warmup: Int
      let rates: [Double]
    }
    for expected in try Reference.numbers("cosine", as: [Case].self) {
      var recipe = FCMFCC.recipes[.published]!
      (recipe.rate, recipe.epochs) = (expected.rate, expected.rates.count)
      recipe.schedule = .cosine(warmup: expected.warmup)
      var schedule = RateSchedule(recipe)
      for rate in expected.rates {
        #expect(abs(schedule.rate / rate - 1) < 1e-9)
        schedule.follow(nil)
      }
      // Epochs beyond the end, as of a longer history, have a rate above 0 too.
      #expect(schedule.rate > 0)
    }
  }

  private func trainer(_ folder: String, seed: UInt64 = 5, _ change: (inout Recipe) -> Void) throws -> Trainer {
    var recipe = FCMFCC.recipes[.published]!
    (recipe.epochs, recipe.batch) = (3, 4)
    change(&recipe)
    return try Trainer(
      TrainedModel(untrained: configuration, seed: 2), recipe: recipe, seed: seed, training: clips(12),
      validation: clips(5), folder: folder)
  }

  private func bytes(_ folder: FreshFolder, _ file: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(file)"))
  }

  @Test("With all of it a training that is interrupted and resumed ends in the same bits", arguments: [2, 4, 8])
  func resume(batches: Int) throws {
    func all(_ recipe: inout Recipe) {
      recipe.augmentation = try! Augmentation(text: "stretch,noise,adversarial,masks,mixup,specmix")
      (recipe.labelSmoothing, recipe.classWeights, recipe.averaging) = (0.1, .balanced, 0.9)
      recipe.schedule = .cosine(warmup: 1)
    }
    let (whole, cut) = (try FreshFolder(), try FreshFolder())
    #expect(try trainer(whole.path, all).run().isFinished)
    var done = 0
    let first = try trainer(cut.path, all).run({ if case .batch = $0 { done += 1 } }, shouldStop: { done == batches })
    #expect(!first.isFinished)
    #expect(throws: TrainingError.self) {
      // The cosine is that of three epochs.
      try Trainer(resuming: cut.path, epochs: 4, training: clips(12), validation: clips(5))
    }
    #expect(try Trainer(resuming: cut.path, training: clips(12), validation: clips(5)).run().isFinished)
    for file in ["model.safetensors", "resume-3.safetensors"] { #expect(try bytes(whole, file) == bytes(cut, file)) }
  }

  @Test("Averaged weights are the means that are validated and kept, without a change of what is trained")
  func averaged() throws {
    let (plain, mean) = (try FreshFolder(), try FreshFolder())
    _ = try trainer(plain.path) { _ in }.run()
    _ = try trainer(mean.path) { $0.averaging = 0.5 }.run()
    let stored = try [plain, mean].map { try Safetensors.read("\($0.path)/resume-3.safetensors") }
    let name = "weights.blocks.0.conv.weight"
    #expect(stored[0][name]!.tensor.floats == stored[1][name]!.tensor.floats)
    let average = stored[1]["averaged.blocks.0.conv.weight"]!.tensor
    #expect(average.floats != stored[1][name]!.tensor.floats)
    #expect(relativeDistance(average.floats, stored[1][name]!.tensor.floats) < 0.5)

    // A twin by hand: three steps of known values.
    let parameter = Parameter("w", Tensor([1, 2], shape: [2]))
    var weights = AveragedWeights(0.9, of: [parameter])
    var expected: [Float] = [1, 2]
    for step in 1...3 {
      parameter.value = parameter.value * 3
      weights.follow(after: step)
      let keep = min(0.9, (1 + Float(step)) / (10 + Float(step)))
      expected = zip(expected, parameter.value.floats).map { keep * $0 + (1 - keep) * $1 }
    }
    let own = parameter.value.floats
    weights.exchange()
    #expect(relativeDistance(parameter.value.floats, expected) < 1e-6)
    weights.exchange()
    #expect(parameter.value.floats == own)
  }

  @Test("Without a better loss for so many epochs a training ends, and is then finished")
  func patience() throws {
    let folder = try FreshFolder()
    // Clips whose labels are all wrong: what is learned makes their loss worse.
    let wrong = FeatureSet(
      clips(6).clips.map { clip in
        ClipFeatures(
          path: clip.path, origin: clip.origin, label: (clip.label! + 1) % 7, inputs: clip.inputs, samples: clip.samples
        )
      })
    var recipe = FCMFCC.recipes[.published]!
    (recipe.epochs, recipe.batch, recipe.patience) = (30, 4, 1)
    let model = TrainedModel(untrained: configuration, seed: 2)
    let result = try Trainer(
      model, recipe: recipe, seed: 1, training: clips(6), validation: wrong, folder: folder.path
    ).run()
    #expect(result.isFinished)
    #expect(result.history.count == result.kept!.epoch + 1 && result.history.count < 30)
    #expect(throws: TrainingError.alreadyFinished(folder: folder.path, epochs: result.history.count)) {
      try Trainer(resuming: folder.path, training: clips(6), validation: wrong)
    }
  }

  @Test("Recipes that cannot be are refused by the number")
  func refused() {
    func reason(_ change: (inout Recipe) -> Void) -> String {
      var recipe = FCMFCC.recipes[.published]!
      change(&recipe)
      return #expect(throws: TrainingError.self) { try recipe.check() }.map { "\($0)" } ?? ""
    }
    #expect(reason { $0.labelSmoothing = 1 }.contains("label_smoothing must be at least 0 and below 1, not be 1.0"))
    #expect(reason { $0.averaging = 1 }.contains("average must lie between 0 and 1"))
    #expect(reason { $0.patience = 0 }.contains("patience must be 1 or more, not be 0"))
    #expect(
      reason { $0.schedule = .cosine(warmup: $0.epochs) }.contains(
        "schedule.warmup must lie between 0 and 149, not be 150"))
  }
}
