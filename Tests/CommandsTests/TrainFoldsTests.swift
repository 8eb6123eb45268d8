import Foundation
import TestSupport
import Testing

@Suite("train --folds, --augment and the recipe's other options")
struct TrainFoldsTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    let run = try folder.undertone("corpus", "synthesize", "--clips", "4", "--speakers", "4", "--output", "corpus")
    try #require(run.status == 0, "\(run)")
  }

  private func train(_ arguments: String...) throws -> Run {
    try folder.undertone(
      ["train", "fcmfcc", "--data", "corpus/manifest.csv", "--epochs", "1", "--batch", "8", "--output", "out"]
        + arguments)
  }

  @Test("Every clip is tested once a seed, by a model whose training had none of its speaker; the same command goes on")
  func folds() throws {
    let arguments = ["--folds", "2", "--repeat-seeds", "2", "--seed", "5"]
    func run() throws -> Run {
      try train(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5])
    }
    let first = try run()
    #expect(first.status == 0 && first.output.last == "out/predictions.csv", "\(first)")
    #expect(first.output[0] == "4 tests, mean ± standard deviation:", "\(first)")
    #expect(first.output.contains { $0.hasPrefix("seed 6, all 28 clips of 4 speakers: UAR ") }, "\(first)")
    let rows = try folder.lines("out/predictions.csv").dropFirst().map { $0.split(separator: ",").map(String.init) }
    #expect(rows.count == 56)
    for seed in ["5", "6"] {
      let own = rows.filter { $0[2] == seed }
      #expect(Set(own.map { $0[0] }).count == 28)
      // The speakers of one fold are none of the other's.
      let speakers = Dictionary(grouping: own) { $0[3] }.mapValues { Set($0.map { $0[1] }) }
      #expect(speakers["1"]!.isDisjoint(with: speakers["2"]!) && speakers["1"]!.count == 2)
      for fold in ["1", "2"] {
        // What a training saw, validation with it, is the other fold.
        let config = String(decoding: try folder.contents("out/seed-\(seed)/fold-\(fold)/config.json"), as: UTF8.self)
        #expect(
          config.contains(#""training_clips" : 7,"#) && config.contains(#""validation_clips" : 7,"#), "\(config)")
      }
    }
    // UAR from the rows by hand.
    let table = try folder.lines("out/folds.csv")
    #expect(table.count == 5 && table[0] == "seed,fold,clips,uar,accuracy,macro_f1,calibration_error")
    let test = rows.filter { $0[2] == "5" && $0[3] == "1" }
    let recalls = Dictionary(grouping: test) { $0[4] }.values.map { clips in
      Double(clips.count { $0[4] == $0[5] }) / Double(clips.count)
    }
    let mean = recalls.reduce(0, +) / Double(recalls.count)
    let printed = try #require(Double(table[1].split(separator: ",")[3]))
    #expect(abs(printed - mean) < 1e-12)

    // Again: nothing is trained anew, and where a fold is missing, only that one.
    let before = try folder.contents("out/seed-5/fold-2/model.safetensors")
    try FileManager.default.removeItem(atPath: folder.path("out/seed-6/fold-2"))
    let again = try run()
    #expect(again.status == 0 && again.output == first.output, "\(again)")
    #expect(again.errors.filter { $0.hasPrefix("epoch 1") }.count == 1, "\(again)")
    #expect(try folder.contents("out/seed-5/fold-2/model.safetensors") == before)
    let other = try train("--folds", "2", "--repeat-seeds", "2", "--seed", "5", "--rate", "0.01")
    #expect(other.errors.last?.contains("out/seed-5/fold-1 holds a training with other settings") == true, "\(other)")
    #expect(other.status == 64)
  }

  @Test(
    "Augmentation, cosine, averaged weights and the rest are in the model's folder, and a training resumes with them")
  func options() throws {
    let run = try train(
      "--augment", "stretch,noise:20,adversarial,masks,mixup", "--cosine", "--average", "0.9", "--class-weights",
      "balanced",
      "--label-smoothing", "0.1", "--patience", "4")
    #expect(run.status == 0 && run.output == ["out"], "\(run)")
    let config = String(decoding: try folder.contents("out/config.json"), as: UTF8.self)
    for entry in [
      #""augment" : "stretch:0.1,noise:20,adversarial:30,masks:2,mixup:0.2""#, #""schedule" : "cosine""#,
      #""average" : 0.9,"#,
      #""class_weights" : "balanced""#, #""label_smoothing" : 0.1,"#, #""patience" : 4,"#,
    ] { #expect(config.contains(entry), "\(config)") }
    let longer = try folder.undertone("train", "--resume", "out", "--epochs", "3")
    #expect(longer.failed(64, naming: "cosine to epoch 1"), "\(longer)")
  }

  @Test("What contradicts itself or has no effect is refused in a line")
  func refused() throws {
    func fails(_ words: String, _ arguments: String...) throws {
      let run = try folder.undertone(["train", "fcmfcc", "--data", "corpus/manifest.csv"] + arguments)
      #expect(run.status == 64 && run.errors.contains { $0.contains(words) }, "\(run)")
    }
    try fails("no augmentation \"louder\"", "--augment", "louder")
    try fails("stretch:9 lies outside", "--augment", "stretch:9")
    try fails("--warmup needs --cosine", "--warmup", "2")
    try fails("two ways", "--cosine", "--milestones", "2")
    try fails("--patience", "--patience", "0")
    try fails("needs validation", "--patience", "2", "--final")
    try fails("--label-smoothing", "--label-smoothing", "1")
    try fails("--average", "--average", "1")
    try fails("--folds must", "--folds", "1")
    try fails("--repeat-seeds needs --folds", "--repeat-seeds", "2")
    try fails("does not go with --validation", "--folds", "2", "--validation", "corpus/manifest.csv")
    try fails(
      "--warmup must lie between 0 and 1, not be 2", "--cosine", "--warmup", "2", "--epochs", "2", "--output", "warm")
    let probe = try folder.undertone(
      "train", "probe", "--encoder", "tiny-random", "--data", "corpus/manifest.csv", "--augment", "gain")
    #expect(probe.status == 64 && probe.errors.contains { $0.contains("--augment has no effect on probe") }, "\(probe)")
  }
}
