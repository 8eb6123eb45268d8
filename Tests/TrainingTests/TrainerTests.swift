import Basics
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Training

/// Trains on made-up clips, each class louder in rows of its own: mostly CNNATT, the smallest network.
@Suite(.serialized)
struct TrainerTests {
  private func clips(_ count: Int, classes: Int = 3, for architecture: Architecture = .cnnatt, seed: Int) -> FeatureSet
  {
    let rows = architecture == .cnnlstm ? 128 : 40
    return FeatureSet(
      (0..<count).map { index in
        let (label, frames) = (index % classes, architecture == .cnnatt ? 12 + index % 3 : 313)
        var values = sampled(rows * frames, seed: 1000 * seed + index)
        for row in (10 * label)..<(10 * label + 10) {
          for frame in 0..<frames { values[row * frames + frame] += 1.5 }
        }
        return ClipFeatures(
          path: "\(seed)-\(index)", origin: "made", label: label, frames: frames, values: values,
          silence: [Float](repeating: 0, count: rows), at: architecture.inputSpace)
      })
  }

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "undertone-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  private func trainer(
    _ folder: String, _ architecture: Architecture = .cnnatt, seed: UInt64 = 5, training: FeatureSet? = nil,
    validation: FeatureSet? = nil, _ change: (inout Recipe) -> Void = { _ in }
  ) throws -> Trainer {
    var recipe = Recipe(for: architecture)
    (recipe.epochs, recipe.batch) = (4, 8)
    change(&recipe)
    let model = TrainedModel(untrained: ModelConfiguration(architecture: architecture), seed: seed)
    return try Trainer(
      model, recipe: recipe, seed: seed, training: training ?? clips(30, seed: 1),
      validation: validation ?? clips(12, seed: 2), folder: folder, provenance: ["data": "made up"])
  }

  private func bytes(_ folder: String, _ file: String = "model.safetensors") throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: folder).appending(path: file))
  }

  @Test("It learns what tells the classes apart")
  func learns() throws {
    try withFolder { folder in
      let trainer = try trainer(folder) { $0.epochs = 15 }
      let result = try trainer.run()
      #expect(result.isFinished && result.history.count == 15)
      #expect(result.kept!.validationAccuracy! > 0.95)
      #expect(result.history.last!.trainLoss < 0.3)

      // The model, in memory and in the folder, is the best epoch's.
      for model in [trainer.model, try TrainedModel(folder: folder)] {
        let evaluation = model.evaluate(clips(12, seed: 2))
        #expect(abs(evaluation.loss - result.kept!.validationLoss!) < 1e-9)
        #expect(model.configuration.training["best_epoch"] == "\(result.kept!.epoch)")
        #expect(model.configuration.training["data"] == "made up")
        #expect(model.configuration.training["recipe"] == "published")
        #expect(model.configuration.training["seed"] == "5")
      }
      let lines = String(decoding: try bytes(folder, "history.csv"), as: UTF8.self).split(separator: "\n")
      #expect(
        lines[0] == "epoch,train_loss,validation_loss,validation_accuracy,validation_macro_f1,rate,seconds")
      #expect(lines.count == 16)
      let last = lines[15].split(separator: ",").compactMap { Double($0) }
      #expect(last.count == 7 && last[0] == 15 && last[1] == result.history.last!.trainLoss)
    }
  }

  @Test("The same seed gives the same weights to the bit, another seed gives others")
  func seeds() throws {
    var weights: [Data] = []
    for seed in [5, 5, 6] as [UInt64] {
      try withFolder { folder in
        _ = try trainer(folder, seed: seed).run()
        weights.append(try bytes(folder))
      }
    }
    #expect(weights[0] == weights[1])
    #expect(weights[0] != weights[2])
  }

  @Test(
    "With dropout, or an LSTM too, the seed alone decides, and an interruption changes nothing",
    arguments: [Architecture.fcmfcc, .cnnlstm])
  func chance(_ architecture: Architecture) throws {
    let (training, validation) = (
      clips(10, for: architecture, seed: 1), clips(4, for: architecture, seed: 2)
    )
    /// Both files of weights after 2 epochs of 3 batches.
    func weights(seed: UInt64, stopAfter batches: Int = .max) throws -> [Data] {
      var files: [Data] = []
      try withFolder { folder in
        var done = 0
        let first = try trainer(folder, architecture, seed: seed, training: training, validation: validation) {
          ($0.epochs, $0.batch) = (2, 4)
        }.run({ if case .batch = $0 { done += 1 } }, shouldStop: { done == batches })
        #expect(first.isFinished == (batches == .max))
        if !first.isFinished {
          #expect(first.history.count == batches / 3)
          #expect(try Trainer(resuming: folder, training: training, validation: validation).run().isFinished)
        }
        files = try [bytes(folder), bytes(folder, "resume-2.safetensors")]
      }
      return files
    }
    let whole = try weights(seed: 5)
    #expect(try weights(seed: 5) == whole)
    #expect(try weights(seed: 5, stopAfter: 2) == whole)
    #expect(try weights(seed: 5, stopAfter: 4) == whole)
    #expect(try weights(seed: 6) != whole)
  }

  @Test(
    "Interrupted anywhere and resumed, a training ends with the same weights, moments and history to the bit",
    arguments: [0, 1, 6, 8])
  func resume(batchesBefore: Int) throws {
    func unchanging(_ record: EpochRecord) -> [Double] {
      [
        Double(record.epoch), record.trainLoss, record.validationLoss!, record.validationAccuracy!,
        record.validationMacroF1!, record.rate,
      ]
    }
    // A patience of 0, so that the schedule's state matters too.
    try withFolder { whole in
      let expected = try trainer(whole) { $0.schedule = .plateau(factor: 0.1, patience: 0) }.run()
      try withFolder { folder in
        var batches = 0
        let stopped = try trainer(folder) { $0.schedule = .plateau(factor: 0.1, patience: 0) }.run(
          { if case .batch = $0 { batches += 1 } }, shouldStop: { batches == batchesBefore })
        #expect(!stopped.isFinished)
        #expect(stopped.history.count == batchesBefore / 4)
        #expect(stopped.kept == nil ? batchesBefore < 4 : batchesBefore >= 4)

        let resumed = try Trainer(
          resuming: folder, training: clips(30, seed: 1), validation: clips(12, seed: 2)
        ).run()
        #expect(resumed.isFinished)
        #expect(resumed.history.map(unchanging) == expected.history.map(unchanging))
        #expect(try bytes(folder) == bytes(whole))
        #expect(try bytes(folder, "resume-4.safetensors") == bytes(whole, "resume-4.safetensors"))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(
          files == ["config.json", "history.csv", "model.safetensors", "resume-4.safetensors", "resume.json"])
      }
    }
  }

  @Test("A finished training goes on when more epochs are asked for, and only then")
  func moreEpochs() throws {
    try withFolder { folder in
      _ = try trainer(folder).run()
      let (training, validation) = (clips(30, seed: 1), clips(12, seed: 2))
      #expect(throws: TrainingError.alreadyFinished(folder: folder, epochs: 4)) {
        try Trainer(resuming: folder, training: training, validation: validation)
      }
      let more = try Trainer(resuming: folder, epochs: 5, training: training, validation: validation).run()
      #expect(more.history.map(\.epoch) == [1, 2, 3, 4, 5])
    }
  }

  @Test("Other data, a damaged state and an empty folder are refused with their reason")
  func refused() throws {
    try withFolder { folder in
      let (training, validation) = (clips(30, seed: 1), clips(12, seed: 2))
      _ = try trainer(folder) { $0.epochs = 2 }.run(shouldStop: { true })
      #expect(throws: TrainingError.otherData(folder: folder)) {
        try Trainer(resuming: folder, training: clips(30, seed: 3), validation: validation)
      }
      let arrays = URL(fileURLWithPath: folder).appending(path: "resume-0.safetensors")
      try Data(contentsOf: arrays).prefix(1000).write(to: arrays)
      let error = #expect(throws: TrainingError.self) {
        try Trainer(resuming: folder, training: training, validation: validation)
      }
      #expect(error?.description.contains("resume-0.safetensors") == true)
      try Data("{}".utf8).write(to: URL(fileURLWithPath: folder).appending(path: "resume.json"))
      #expect(throws: TrainingError.self) {
        try Trainer(resuming: folder, training: training, validation: validation)
      }
      #expect(throws: TrainingError.nothingToResume(folder: folder + "/none")) {
        try Trainer(resuming: folder + "/none", training: training, validation: validation)
      }
    }
  }

  /// Changes the content of `resume.json`, text for text, under a right digest.
  private func change(_ folder: String, _ old: String, to new: String) throws {
    let path = "\(folder)/resume.json"
    let text = String(decoding: try #require(try SealedJSON.read(path)), as: UTF8.self)
    try #require(text.contains(old), "\(text)")
    try SealedJSON.write(content: Data(text.replacing(old, with: new).utf8), to: path)
  }

  @Test(
    "A state with impossible numbers is refused, whichever they are",
    arguments: [
      (#""mels":128"#, #""mels":-5"#, "front-end"), (#""hop_samples":256"#, #""hop_samples":0"#, "front-end"),
      (#""angry","#, "", "shape"), (#""angry""#, #""fear""#, "twice"),
      (#""steps":4"#, #""steps":9223372036854775807"#, "counts"), (#""steps":4"#, #""steps":-1"#, "counts"),
      (#""validationData":""#, #""otherData":""#, "its epoch 1"),
      (#""batch":8"#, #""batch":0"#, "batch"), (#""epoch":1"#, #""epoch":7"#, "its epoch 1"),
      (#""validationAccuracy":"#, #""validationAccuracy":1"#, "its epoch 1"),
      (#""resume-1.safetensors""#, #""../resume-1.safetensors""#, "another epoch"),
    ])
  func impossibleState(old: String, new: String, reason: String) throws {
    try withFolder { folder in
      _ = try trainer(folder) { $0.epochs = 1 }.run()
      try change(folder, old, to: new)
      let error = #expect(throws: (any Error).self) {
        try Trainer(resuming: folder, epochs: 2, training: clips(30, seed: 1), validation: clips(12, seed: 2))
      }
      #expect(error.map { "\($0)".contains(reason) } == true, "\(String(describing: error))")
    }
  }

  @Test("A state that cannot be read or written is named once, with the system's reason, and not called damaged")
  func unreadableState() throws {
    try withFolder { folder in
      let (training, validation) = (clips(30, seed: 1), clips(12, seed: 2))
      _ = try trainer(folder) { $0.epochs = 1 }.run()
      func inPlaceOf(_ name: String, _ body: (String) throws -> Void) throws {
        let path = "\(folder)/\(name)"
        try? FileManager.default.moveItem(atPath: path, toPath: "\(path).kept")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try body(path)
        try FileManager.default.removeItem(atPath: path)
        try? FileManager.default.moveItem(atPath: "\(path).kept", toPath: path)
      }
      for name in ["resume.json", "resume-1.safetensors"] {
        try inPlaceOf(name) { path in
          #expect(throws: TrainingError.file(.unreadable(path: path, reason: "Is a directory"))) {
            try Trainer(resuming: folder, epochs: 2, training: training, validation: validation)
          }
        }
      }
      for name in ["resume-0.safetensors", "resume.json"] {
        try inPlaceOf(name) { path in
          #expect(throws: TrainingError.file(.unwritable(path: path, reason: "Is a directory"))) { try trainer(folder) }
        }
      }
    }
  }

  @Test("Weights of the best epoch that are missing, or not the network's, are refused before the first epoch")
  func impossibleBest() throws {
    try withFolder { folder in
      _ = try trainer(folder) { $0.epochs = 1 }.run()
      let state = try SavedTraining.read(folder)
      let whole = try state.readArrays(folder)
      let path = state.arraysPath(folder)
      func refusal(_ change: (inout [String: StoredTensor]) -> Void) throws -> ParameterError? {
        var arrays = whole
        change(&arrays)
        try state.write(arrays, to: folder)
        return #expect(throws: ParameterError.self) {
          try Trainer(resuming: folder, epochs: 2, training: clips(30, seed: 1), validation: clips(12, seed: 2))
        }
      }
      #expect(
        try refusal { $0["best.head.bias"] = StoredTensor(Tensor.zeros([6])) }
          == .shape(path: path, name: "head.bias", expected: [7], found: [6]))
      #expect(try refusal { $0["best.stranger"] = StoredTensor(1) } == .unexpected(path: path, name: "stranger"))
      guard case .several(_, let problems) = try refusal({ $0 = $0.filter { !$0.key.hasPrefix("best.") } }) else {
        Issue.record("an empty best epoch was taken")
        return
      }
      #expect(problems.allSatisfy { if case .missing = $0 { true } else { false } })
    }
  }

  @Test("A training that diverges says in which epoch and at which rate, and keeps the best weights")
  func diverges() throws {
    try withFolder { folder in
      _ = try trainer(folder) { $0.epochs = 1 }.run()
      let kept = try bytes(folder)
      // The weights of epoch 1 made so large that epoch 2 overflows.
      let state = try SavedTraining.read(folder)
      var arrays = try state.readArrays(folder)
      for (name, stored) in arrays where name.hasPrefix("weights.head") {
        arrays[name] = StoredTensor(stored.tensor * 1e38 * 30)
      }
      try state.write(arrays, to: folder)
      let error = #expect(throws: TrainingError.self) {
        try Trainer(resuming: folder, epochs: 3, training: clips(30, seed: 1), validation: clips(12, seed: 2))
          .run()
      }
      #expect(error == .diverged(epoch: 2, rate: 1e-3, keptEpoch: 1, folder: folder))
      #expect(error?.description.contains("epoch 2") == true)
      #expect(try bytes(folder) == kept)
    }
  }

  @Test("Data that cannot be trained on is refused, data that makes the numbers doubtful is warned of")
  func data() throws {
    try withFolder { folder in
      #expect(throws: TrainingError.tooFewClips(found: 1)) {
        try trainer(folder, training: clips(1, seed: 1))
      }
      #expect(throws: TrainingError.tooFewClips(found: 0)) {
        try trainer(folder, training: clips(0, seed: 1))
      }
      #expect(throws: TrainingError.oneClass(name: "angry")) {
        try trainer(folder, training: clips(9, classes: 1, seed: 1))
      }
      #expect(throws: TrainingError.noValidationClips) { try trainer(folder, validation: clips(0, seed: 1)) }
      for batch in [1, 1_000_001, 2_000_000_000_000_000_000] {
        let error = #expect(throws: TrainingError.self) { try trainer(folder) { $0.batch = batch } }
        #expect(error?.description.contains("\(batch)") == true)
      }
      for epochs in [0, 1_000_001, .max] {
        let error = #expect(throws: TrainingError.self) { try trainer(folder) { $0.epochs = epochs } }
        #expect(error?.description.contains("\(epochs)") == true)
      }
      _ = try trainer(folder) { ($0.epochs, $0.batch) = (1, 1_000_000) }.run()
      let same = try trainer(folder, validation: clips(2, seed: 1))
      #expect(
        same.warnings == [
          "no training clip is happy or neutral or sadness or surprise",
          "no validation clip is fear or happy or neutral or sadness or surprise",
          "2 clips are both in training and in validation, which flatters the results",
        ])
    }
  }

  @Test("A last batch of one clip is left out, and progress counts to the end")
  func progress() throws {
    try withFolder { folder in
      var events: [TrainingProgress] = []
      let result = try trainer(folder, training: clips(17, seed: 1)) { $0.epochs = 2 }.run {
        if case .batch(let progress) = $0 { events.append(progress) }
      }
      #expect(events.map(\.batch) == [1, 2, 1, 2] && events.allSatisfy { $0.batches == 2 && $0.epochs == 2 })
      #expect(events.map(\.epoch) == [1, 1, 2, 2])
      #expect(abs(events[1].loss - result.history[0].trainLoss) < 1e-12)
      #expect(events.dropLast().allSatisfy { $0.remaining > 0 } && events[3].remaining < 1e-9)
    }
  }

  /// Table 3 of the report but for the rates: the plateau's divisor ρ and patience k, epochs, batch.
  private static let tableThree: [(Architecture, Recipe.Optimizer, [Recipe.Part], Double, Int, Int, Int)] = [
    (.cnnlstm, .adam, [], 2, 5, 100, 64),
    (.fcmfcc, .adamw, [.init("blocks.", weightDecay: 1e-6)], 10, 10, 150, 64),
    (.cnnatt, .adamw, [.init("", weightDecay: 1e-7)], 10, 20, 200, 32),
  ]

  @Test("The named recipes are Table 3 and, by default, ten times its rates", arguments: tableThree.indices)
  func recipes(row: Int) {
    let (architecture, optimizer, parts, divisor, patience, epochs, batch) = Self.tableThree[row]
    for (name, rate) in [(Recipe.Name.report, 1e-4), (.published, 1e-3)] {
      var expected = Recipe(name, for: architecture)
      (expected.name, expected.optimizer, expected.rate) = (name.rawValue, optimizer, rate)
      (expected.parts, expected.schedule) = (parts, .plateau(factor: 1 / divisor, patience: patience))
      (expected.epochs, expected.batch) = (epochs, batch)
      #expect(Recipe(name, for: architecture) == expected)
    }
    #expect(Recipe(for: architecture) == Recipe(.published, for: architecture))
    #expect(Self.tableThree.map(\.0) == Architecture.allCases)
  }
}
