import Basics
import Encoders
import Foundation
import Layers
import Models
import Ranks
import Tensors
import TestSupport
import Testing

@testable import Training

/// A training that several ranks can share, on made-up clips.
struct RankCase: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let configuration: @Sendable () throws -> ModelConfiguration
  /// Rows and columns of each input of a clip; a waveform is one row.
  let sizes: @Sendable (_ clip: Int) -> [InputSpace: (rows: Int, columns: Int)]
  /// The clips, of which two are for validation. With batches of 6, the last one has fewer than 4.
  var count = 16
  var change: @Sendable (inout Recipe) throws -> Void = { _ in }

  func model() throws -> TrainedModel { TrainedModel(untrained: try configuration(), seed: 3) }

  func recipe() throws -> Recipe {
    let recipes = try configuration().model.recipes
    var recipe = recipes[.published] ?? recipes[.report]!
    (recipe.epochs, recipe.batch, recipe.rate) = (2, 6, 1e-3)
    try change(&recipe)
    return recipe
  }

  func clips() throws -> (training: FeatureSet, validation: FeatureSet) {
    let (classes, dimensions) = (try configuration().classes.count, try configuration().dimensions.count)
    let clips = (0..<count).map { index in
      let inputs = sizes(index).map { space, size in
        let scale: Float = space == .waveform ? 0.1 : 1
        let values = sampled(size.rows * size.columns, seed: 100 + index).map { scale * $0 * Float(1 + index % 3) }
        return (space, ClipFeatures.Input(values: values, silence: [Float](repeating: 0, count: size.rows)))
      }
      let columns = sizes(index).values.map(\.columns).max()!
      return ClipFeatures(
        path: "clip \(index)", origin: "made", label: index % classes,
        dimensions: (0..<dimensions).map { Float((index + $0) % 5) / 4 },
        inputs: Dictionary(uniqueKeysWithValues: inputs), samples: sizes(index)[.waveform]?.columns ?? columns * 256)
    }
    return (FeatureSet(Array(clips.dropLast(2))), FeatureSet(clips.suffix(2)))
  }

  private static func mfcc(_ clip: Int) -> [InputSpace: (rows: Int, columns: Int)] { [.mfcc: (40, 40)] }

  /// A tiny HuBERT that drops all that it can.
  private static func encoder(_ change: (inout SpeechEncoderConfiguration) -> Void = { _ in }) -> ModelConfiguration {
    var sizes = SpeechEncoderConfiguration.tiny
    (sizes.hiddenDropout, sizes.attentionDropout, sizes.activationDropout, sizes.layerDrop) = (0.1, 0.2, 0.1, 0.2)
    sizes.projectionDropout = 0.1
    (sizes.masking.featureShare, sizes.masking.timeLength) = (0.2, 2)
    change(&sizes)
    return ModelConfiguration(
      HUBERTFT.self, network: HUBERTFT.Configuration(sizes), classes: ["a", "b"], trimming: .off)
  }

  private static func waveform(_ clip: Int) -> [InputSpace: (rows: Int, columns: Int)] {
    [.waveform: (1, 4000 + 700 * (clip % 3))]
  }

  static let all: [RankCase] = [
    RankCase(
      testDescription: "cnnlstm", configuration: { ModelConfiguration(CNNLSTM.self, classes: ["a", "b", "c"]) },
      sizes: { _ in [.mel: (128, 313)] }),
    RankCase(
      testDescription: "fcmfcc", configuration: { ModelConfiguration(FCMFCC.self, classes: ["a", "b", "c"]) },
      sizes: { _ in [.mfcc: (40, 60)] }),
    RankCase(
      testDescription: "cnnatt, clips of several lengths, weighted classes, steps of two batches, short gradients",
      configuration: { ModelConfiguration(CNNATT.self, classes: ["a", "b", "c"]) },
      sizes: { [.mfcc: (40, 12 + $0 % 4)] },
      change: {
        ($0.labelSmoothing, $0.classWeights, $0.averaging) = (0.1, .balanced, 0.9)
        ($0.accumulatedBatches, $0.gradientNorm) = (2, 0.5)
      }),
    RankCase(
      testDescription: "cnnatt with dimensions, whose loss is of the whole batch",
      configuration: { ModelConfiguration(CNNATT.self, classes: ["a", "b"], dimensions: ["arousal", "valence"]) },
      sizes: mfcc),
    RankCase(
      testDescription: "cnnasp, mixed clips", configuration: { ModelConfiguration(CNNASP.self, classes: ["a", "b"]) },
      sizes: { [.mel: (128, 32 + 8 * ($0 % 3))] },
      change: { $0.augmentation = try Augmentation(text: "mixup,mixstyle") }),
    RankCase(testDescription: "hubertft", configuration: { encoder() }, sizes: waveform),
    RankCase(
      testDescription: "hubertft around wav2vec 2.0, whose masks lie within the clips",
      configuration: { encoder { $0.family = .wav2vec2 } }, sizes: waveform),
    RankCase(
      testDescription: "hubertft, clip by clip", configuration: { encoder { $0.convolutionNorm = .group } },
      sizes: waveform),
    RankCase(
      testDescription: "hubertft with a batch norm", configuration: { encoder { $0.positionsHaveBatchNorm = true } },
      sizes: waveform),
    RankCase(
      testDescription: "mmfusion",
      configuration: {
        var sizes = MMFUSION.configuration(around: try Pretrained([.encoder: "tiny-random", .convnext: "tiny-random"]))
        (sizes.width, sizes.gate, sizes.hidden, sizes.recurrent) = (12, 4, 16, 8)
        sizes.positions = 36 + 313 + 249
        return ModelConfiguration(MMFUSION.self, network: sizes, classes: ["a", "b"])
      }, sizes: { _ in [.mel: (128, 313), .mfcc: (40, 313), .waveform: (1, 80_000)] }, count: 10),
  ]

  /// Clip by clip, each moves the statistics that the next is trained beside.
  static let refused = RankCase(
    testDescription: "refused",
    configuration: { encoder { ($0.positionsHaveBatchNorm, $0.convolutionNorm) = (true, .group) } }, sizes: waveform)
}

@Suite("Training over several ranks", .serialized)
struct TrainingOverRanksTests {
  /// What one step from the same weights begins with.
  private struct Step: Sendable {
    let loss: Float
    let gradients: [Float]

    init(_ item: RankCase, _ ranks: any RankGroup) throws {
      let (model, set) = (try item.model(), try item.clips().training)
      let share = BatchShare(of: 6, among: ranks)
      let weights = model.network.weights
      let pass = ForwardPass(.training, learning: weights, seed: 9, share: share)
      let (input, truth) = set.batch(0..<6)
      let logits = model.network(share.map { input.clips($0.rows) } ?? input, pass)
      let loss = model.loss(share.map { logits.gathered($0) } ?? logits, truth)
      var step = StepGradients()
      step.add(pass.gradients(of: loss, at: weights), clips: 6)
      self.loss = loss.scalar
      gradients = step.taken(over: ranks, norm: nil).flatMap(\.floats)
    }
  }

  @Test(
    "A step's loss and gradients are those of one rank, the same bits on every rank", arguments: RankCase.all, [2, 4])
  func step(_ item: RankCase, ranks: Int) throws {
    let alone = try Step(item, SingleRank())
    let found = try onRanks(ranks) { try Step(item, $0) }
    for one in found { #expect(one.loss == found[0].loss && one.gradients == found[0].gradients) }
    #expect(abs(found[0].loss - alone.loss) < 1e-4 * abs(alone.loss))
    #expect(relativeDistance(found[0].gradients, alone.gradients) < 2e-3)
  }

  /// What a training ends with.
  private struct Trained: Sendable {
    let weights: [Float]
    let losses: [Double]

    init(_ trainer: Trainer, shouldStop: () -> Bool = { false }) throws {
      let result = try trainer.run(shouldStop: shouldStop)
      weights = trainer.model.network.parameters.filter { $0.role != .counter }.flatMap(\.value.floats)
      losses = result.history.flatMap { [$0.trainLoss, $0.validationLoss!] }
    }
  }

  private static func trainer(_ item: RankCase, _ folder: String, _ ranks: any RankGroup) throws -> Trainer {
    let clips = try item.clips()
    return try Trainer(
      item.model(), recipe: item.recipe(), seed: 4, training: clips.training, validation: clips.validation,
      folder: folder, ranks: ranks)
  }

  @Test(
    "After two epochs the weights are those of one rank, the same bits on every rank", arguments: RankCase.all, [2, 4])
  func epochs(_ item: RankCase, ranks: Int) throws {
    let (folder, other) = (try FreshFolder(), try FreshFolder())
    let start = try item.model().network.parameters.filter { $0.role != .counter }.flatMap(\.value.floats)
    let alone = try Trained(Self.trainer(item, folder.path, SingleRank()))
    let found = try onRanks(ranks) { try Trained(Self.trainer(item, other.path, $0)) }
    for one in found { #expect(one.weights == found[0].weights && one.losses == found[0].losses) }
    for (own, expected) in zip(found[0].losses, alone.losses) {
      #expect(abs(own - expected) < 2e-2 * max(1, abs(expected)), "\(found[0].losses) beside \(alone.losses)")
    }
    // Adam's first steps are as large for a gradient of rounding noise as for a large one; see StepTests.
    func moved(_ end: [Float]) -> [Float] { zip(end, start).map { $0 - $1 } }
    #expect(relativeDistance(moved(found[0].weights), moved(alone.weights)) < 0.05)
    #expect(folder.files(in: "") == other.files(in: ""))
  }

  @Test("A stop that one rank is asked for ends all, and any number of ranks resumes to the same", arguments: [1, 2])
  func resume(ranks: Int) throws {
    let item = RankCase.all[1]
    let (whole, folder) = (try FreshFolder(), try FreshFolder())
    let expected = try onRanks(2) { try Trained(Self.trainer(item, whole.path, $0)) }[0]
    let stopped = try onRanks(2) { ranks in
      // Of 14 clips an epoch has 3 batches; the second rank alone is asked, in the second epoch.
      var asked = 0
      return try Trained(Self.trainer(item, folder.path, ranks)) {
        asked += 1
        return !ranks.isFirst && asked == 5
      }.losses
    }
    #expect(stopped.allSatisfy { $0 == Array(expected.losses.prefix(2)) })
    let resumed = try onRanks(ranks) { ranks in
      let clips = try item.clips()
      return try Trained(
        Trainer(resuming: folder.path, training: clips.training, validation: clips.validation, ranks: ranks))
    }[0]
    if ranks == 2 { #expect(resumed.weights == expected.weights && resumed.losses == expected.losses) }
    #expect(relativeDistance(resumed.losses, expected.losses) < 5e-3)
  }

  @Test("More ranks than a batch has clips, a model that needs whole batches, and ranks that differ are refused")
  func refusals() throws {
    func errors(_ count: Int, _ body: @escaping @Sendable (any RankGroup) throws -> Void) throws -> [TrainingError?] {
      try onRanks(count) { ranks in
        do {
          try body(ranks)
          return nil
        } catch let error as TrainingError {
          return error
        }
      }
    }
    let (folder, item) = (try FreshFolder(), RankCase.all[1])
    let many = try errors(7) { _ = try Self.trainer(item, folder.path, $0) }
    #expect(many.allSatisfy { $0 == .tooManyRanks(count: 7, batch: 6) })
    for error in try errors(2, { _ = try Self.trainer(.refused, folder.path, $0) }) {
      guard case .wholeBatches("hubertft", _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
    // By itself a rank trains it.
    _ = try Self.trainer(.refused, folder.path, SingleRank())
    let other = try FreshFolder()
    let differing = try errors(2) { ranks in
      let clips = try item.clips()
      _ = try Trainer(
        item.model(), recipe: item.recipe(), seed: UInt64(ranks.rank), training: clips.training,
        validation: clips.validation, folder: other.path, ranks: ranks
      ).run()
    }
    #expect(differing.allSatisfy { $0 == .ranksDiffer })
  }

  @Test("An evaluation that ranks divide is that of one rank", arguments: [2, 3])
  func evaluation(ranks: Int) throws {
    let item = RankCase.all[3]
    let alone = try item.model().evaluate(item.clips().training)
    let found = try onRanks(ranks) { try item.model().evaluate(item.clips().training, over: $0) }
    for one in found {
      #expect(one.predictions == found[0].predictions && one.loss == found[0].loss)
      #expect(abs(one.loss - alone.loss) < 1e-5)
      for (own, expected) in zip(one.predictions, alone.predictions) {
        #expect(own.path == expected.path && own.label == expected.label && own.truths == expected.truths)
        #expect(largestDifference(own.probabilities + own.values, expected.probabilities + expected.values) < 1e-5)
      }
    }
  }

  @Test("Tensors are summed whole, whether a bucket holds many or a part of one")
  func buckets() throws {
    let sizes = [700_000, 3, 0, 1_500_001, 1, 948_576]
    let found = try onRanks(2) { ranks in
      var tensors = sizes.enumerated().map { sampled([$0.element], UInt64($0.offset + 10 * ranks.rank)) }
      ranks.sum(&tensors)
      return tensors.map(\.floats)
    }
    for index in sizes.indices {
      let expected = sampled([sizes[index]], UInt64(index)) + sampled([sizes[index]], UInt64(index + 10))
      #expect(found[0][index] == expected.floats && found[1][index] == expected.floats)
    }
  }
}
