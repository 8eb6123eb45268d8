import Basics
import Encoders
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite("Trainings without validation, steps of several batches, layers that are computed again")
struct FinalTrainingTests {
  /// Clips of noise, the second class louder and slower.
  private func clips(_ count: Int, samples: Int = 4000) -> FeatureSet {
    FeatureSet(
      (0..<count).map { index in
        let noise = sampled(samples, seed: 50 + index)
        let values = index % 2 == 0 ? noise : noise.indices.map { 2 * noise[$0 / 8] }
        return ClipFeatures(
          path: "clip \(index)", origin: "made", label: index % 2,
          inputs: [.waveform: .init(values: values, silence: [0])], samples: samples)
      })
  }

  /// A tiny HuBERT, which has no batch norm.
  private func model(drops: Bool) -> TrainedModel {
    var sizes = SpeechEncoderConfiguration.tiny
    if !drops {
      (sizes.hiddenDropout, sizes.attentionDropout, sizes.activationDropout, sizes.layerDrop) = (0, 0, 0, 0)
      sizes.masking.isApplied = false
    }
    return TrainedModel(
      untrained: ModelConfiguration(HUBERTFT.self, network: HUBERTFT.Configuration(sizes), classes: ["a", "b"]), seed: 2
    )
  }

  private func recipe(_ change: (inout Recipe) -> Void = { _ in }) -> Recipe {
    var recipe = HUBERTFT.recipes[.report]!
    (recipe.epochs, recipe.batch, recipe.schedule) = (3, 4, .milestones(factor: 0.1, epochs: [1, 2]))
    change(&recipe)
    return recipe
  }

  private func trainer(
    _ folder: FreshFolder, drops: Bool = true, _ clips: FeatureSet, validation: FeatureSet? = nil,
    _ change: (inout Recipe) -> Void = { _ in }
  ) throws -> Trainer {
    try Trainer(
      model(drops: drops), recipe: recipe(change), seed: 6, training: clips, validation: validation, folder: folder.path
    )
  }

  private func bytes(_ folder: FreshFolder, _ file: String = "model.safetensors") throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(file)"))
  }

  @Test("Without validation the last epoch is kept, and history, configuration and state say that there was none")
  func unvalidated() throws {
    let folder = try FreshFolder()
    let trainer = try trainer(folder, clips(8))
    #expect(trainer.warnings.isEmpty)
    let result = try trainer.run()
    #expect(result.isFinished && result.kept?.epoch == 3 && result.history.best == nil)
    #expect(result.history.map(\.rate) == [1e-4, 1e-5, 1e-4 * 0.1 * 0.1])
    #expect(result.history.allSatisfy { $0.validationLoss == nil && $0.validationAccuracy == nil })

    let stored = try Safetensors.read("\(folder.path)/resume-3.safetensors")
    #expect(!stored.keys.contains { $0.hasPrefix("best.") })
    let model = try TrainedModel(folder: folder.path)
    for parameter in model.network.parameters {
      guard let last = stored["weights.\(parameter.name)"] else { continue }
      #expect(last.tensor.floats == parameter.value.floats, "\(parameter.name)")
    }
    let facts = model.configuration.training
    #expect(facts["validation"] == "none" && facts["last_epoch"] == "3" && facts["validation_clips"] == "0")
    #expect(facts["schedule"] == "× 0.1 after epoch 1 and 2")
    #expect(!facts.keys.contains { ["best_epoch", "validation_loss", "validation_data"].contains($0) })

    let rows = String(decoding: try bytes(folder, "history.csv"), as: UTF8.self).split(separator: "\n")
    #expect(rows.count == 4 && rows.dropFirst().allSatisfy { $0.contains(",,,,") })
    #expect(try History.read(folder.path, of: model.configuration).map(\.trainLoss) == result.history.map(\.trainLoss))
    let line = String(decoding: try JSONEncoder().encode(result.history[0]), as: UTF8.self)
    #expect(line.contains(#""validationLoss":null"#) && line.contains(#""validationMacroF1":null"#))
  }

  @Test(
    "Resumed anywhere it ends in the same bits, with milestones, several batches a step and shortened gradients",
    arguments: [1, 3, 7])
  func resumed(batches: Int) throws {
    func change(_ recipe: inout Recipe) { (recipe.accumulatedBatches, recipe.gradientNorm) = (2, 0.5) }
    let (whole, parts, set) = (try FreshFolder(), try FreshFolder(), clips(11))
    _ = try trainer(whole, set, change).run()
    var done = 0
    // Of three batches an epoch.
    let stopped = try trainer(parts, set, change).run(
      { if case .batch = $0 { done += 1 } }, shouldStop: { done == batches })
    #expect(!stopped.isFinished && stopped.history.count == batches / 3)
    if batches > 3 {
      // What is kept until then is the last whole epoch, not what came after it.
      let stored = try Safetensors.read("\(parts.path)/resume-\(batches / 3).safetensors")
      let model = try TrainedModel(folder: parts.path)
      #expect(model.configuration.training["last_epoch"] == "\(batches / 3)")
      let head = model.network.parameters.first { $0.name == "head.weight" }
      #expect(head?.value.floats == stored["weights.head.weight"]?.tensor.floats)
    }
    let saved = try SavedTraining.read(parts.path)
    #expect(saved.recipe.accumulatedBatches == 2 && saved.recipe.gradientNorm == 0.5 && !saved.isValidated)
    #expect(
      try Trainer(resuming: parts.path, initial: model(drops: true), training: set, validation: nil).run().isFinished)
    #expect(try bytes(parts) == bytes(whole))
    #expect(try bytes(parts, "resume-3.safetensors") == bytes(whole, "resume-3.safetensors"))
    let facts = try TrainedModel.configuration(of: parts.path).training
    #expect(facts["accumulate"] == "2" && facts["clip_norm"] == "0.5")
    #expect(throws: TrainingError.otherData(folder: parts.path)) {
      try Trainer(resuming: parts.path, epochs: 4, training: set, validation: set)
    }
  }

  @Test("Resumed and stopped before an epoch is done, it keeps the last whole epoch")
  func resumedAndStopped() throws {
    let (folder, set) = (try FreshFolder(), clips(11))
    var done = 0
    // Of three batches an epoch.
    func stop(after batches: Int, _ trainer: Trainer) throws {
      done = 0
      let result = try trainer.run({ if case .batch = $0 { done += 1 } }, shouldStop: { done == batches })
      #expect(!result.isFinished && result.history.count == 1)
    }
    try stop(after: 4, try trainer(folder, set))
    let kept = try bytes(folder)
    try stop(after: 2, try Trainer(resuming: folder.path, initial: model(drops: true), training: set, validation: nil))
    #expect(try bytes(folder) == kept)
  }

  @Test("N batches a step are one batch of N times the clips, where the model has no batch norm")
  func accumulated() throws {
    let set = clips(20)
    func change(batch: Int, times: Int) throws -> [String: [Float]] {
      let folder = try FreshFolder()
      _ = try trainer(folder, drops: false, set) {
        ($0.epochs, $0.batch, $0.accumulatedBatches, $0.rate) = (2, batch, times, 1e-3)
        ($0.parts, $0.gradientNorm) = ([], 0.1)
      }.run()
      let start = model(drops: false).network.storedTensors
      return try Safetensors.read("\(folder.path)/model.safetensors").reduce(into: [:]) { changes, entry in
        changes[entry.key] = zip(entry.value.tensor.floats, start[entry.key]!.tensor.floats).map { $0 - $1 }
      }
    }
    // The last step of an epoch has four clips, of 8 and of 2 × 4.
    let (large, small) = (try change(batch: 8, times: 1), try change(batch: 4, times: 2))
    let single = try change(batch: 4, times: 1)
    // A key's bias changes no attention: its gradient is rounding, which Adam's steps make as large as any.
    for (name, change) in large where !name.hasSuffix("k_proj.bias") && name != "hubert.masked_spec_embed" {
      #expect(relativeDistance(small[name]!, change) < 0.01, "\(name)")
    }
    #expect(relativeDistance(single["head.weight"]!, large["head.weight"]!) > 0.1)
  }

  @Test("A training whose layers are computed again ends with the same bits")
  func recomputed() throws {
    let (kept, again, set) = (try FreshFolder(), try FreshFolder(), clips(8))
    _ = try trainer(kept, set, validation: clips(4)).run()
    _ = try trainer(again, set, validation: clips(4)).run(recomputes: true)
    #expect(try bytes(again) == bytes(kept))
    #expect(try bytes(again, "resume-3.safetensors") == bytes(kept, "resume-3.safetensors"))
  }

  @Test(
    "While weights are frozen the configuration stays that of the first epoch, and the history is read all the same")
  func frozenHistory() throws {
    let folder = try FreshFolder()
    var rows = ["epoch,train_loss,validation_loss,validation_accuracy,validation_macro_f1,rate,seconds"]
    rows += [0.9, 0.5, 0.7].enumerated().map { "\($0 + 1),1.5,\($1),0.5,0.5,0.001,1.00" }
    try folder.write(rows.joined(separator: "\n") + "\n", to: "history.csv")
    func read(best: String, loss: String) throws -> [EpochRecord] {
      let facts = ["best_epoch": best, "validation_loss": loss]
      return try History.read(folder.path, of: ModelConfiguration(HUBERTFT.self, training: facts))
    }
    for (best, loss) in [("1", "0.9"), ("2", "0.5")] { #expect(try read(best: best, loss: loss).best?.epoch == 2) }
    for (best, loss) in [("1", "0.8"), ("3", "0.7")] {
      #expect(throws: TrainingError.self) { try read(best: best, loss: loss) }
    }
  }

  @Test("A plateau without validation, and milestones, steps and norms that cannot be, are refused")
  func refused() throws {
    let folder = try FreshFolder()
    func refusal(_ change: @escaping (inout Recipe) -> Void) -> String {
      let error = #expect(throws: TrainingError.self) { _ = try trainer(folder, clips(4), change) }
      return error?.description ?? ""
    }
    #expect(refusal { $0.schedule = .plateau(factor: 0.1, patience: 1) }.contains("it needs milestones"))
    for epochs in [[0], [2, 2], [3, 1]] {
      #expect(refusal { $0.schedule = .milestones(factor: 0.1, epochs: epochs) }.contains("\(epochs)"))
    }
    #expect(refusal { $0.schedule = .milestones(factor: 1, epochs: []) }.contains("factor"))
    #expect(refusal { $0.accumulatedBatches = 0 }.contains("not be 0"))
    #expect(refusal { $0.gradientNorm = -1 }.contains("not be -1.0"))
  }
}
