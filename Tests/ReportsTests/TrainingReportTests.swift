import Figures
import Foundation
import Models
import Reports
import TestSupport
import Testing
import Training

@Suite struct TrainingReportTests {
  private func clips(_ count: Int, seed: Int) -> FeatureSet {
    FeatureSet(
      (0..<count).map { index in
        ClipFeatures(
          path: "\(seed)-\(index)", origin: "made", label: index % 3, frames: 12,
          values: (0..<480).map { Float(($0 * (index + 3) + seed) % 17) / 17 }, silence: .init(repeating: 0, count: 40))
      })
  }

  private func report(_ change: (inout Recipe) -> Void) throws -> TrainingReport? {
    let folder = FileManager.default.temporaryDirectory.appending(path: "undertone-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var recipe = Recipe(for: .cnnatt)
    change(&recipe)
    let trainer = try Trainer(
      TrainedModel(untrained: .init(architecture: .cnnatt), seed: 5), recipe: recipe, seed: 5,
      training: clips(9, seed: 1), validation: clips(6, seed: 2), folder: folder,
      provenance: ["data": "train.csv", "validation": "validation.csv"])
    #expect(TrainingReport(trainer) == nil)
    let last = 2
    var done = 0
    _ = try trainer.run({ if case .epoch = $0 { done += 1 } }, shouldStop: { done == last })
    return TrainingReport(trainer)
  }

  @Test("The title says where a recipe is not what its name stands for")
  func title() throws {
    let plain = try #require(try report { _ in })
    #expect(plain.figure.title == ["Training CNNATT", "recipe published, seed 5"])
    let changed = try #require(
      try report {
        $0.rate = 0.5e-3
        $0.batch = 4
        $0.epochs = 2
      })
    #expect(changed.figure.title[1] == "recipe published, rate 0.0005, batch 4, epochs 2, seed 5")
  }

  @Test("The curves are the history; their PNG holds data, recipe and the digests of both sets of clips")
  func provenance() throws {
    let report = try #require(try report { $0.batch = 4 })
    let run = report.figure.runs[0]
    #expect(run.trainingLoss == report.history.map(\.trainLoss) && run.trainingLoss.count == 2)
    #expect(run.bestEpoch == report.history.best!.epoch)
    let texts = try PNGImage(decoding: report.figure.encoded(provenance: report.provenance)).texts
    let expected = [
      "Source": "train.csv", "Validation": "validation.csv", "Recipe": "published", "Optimizer": "adamw",
      "Rate": "0.001", "Batch": "4", "Epochs": "200", "Seed": "5", "Training clips": "9", "Validation clips": "6",
      "Best epoch": "\(report.history.best!.epoch)",
    ]
    #expect(texts.filter { expected[$0.key] != nil } == expected)
    let digests = ["Training data", "Validation data"].compactMap { texts[$0] }
    #expect(digests.count == 2 && digests[0] != digests[1] && digests.allSatisfy { $0.count > 8 })
  }
}
