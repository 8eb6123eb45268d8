import Figures
import Foundation
import TestSupport
import Testing

@Suite("train, evaluate, figures, corpus on a synthetic corpus")
struct TrainTests {
  let folder: Folder
  let manifest: String

  init() throws {
    folder = try Folder()
    manifest = "corpus/manifest.csv"
    let run = try folder.undertone("corpus", "synthesize", "--clips", "4", "--speakers", "2", "--output", "corpus")
    try #require(run.status == 0 && run.errors.isEmpty, "\(run)")
  }

  /// `history.csv` without the column of seconds.
  func history(_ model: String) throws -> [String] {
    try folder.lines("\(model)/history.csv").map { String($0[..<$0.lastIndex(of: ",")!]) }
  }

  func train(_ arguments: String...) throws -> Run {
    try folder.undertone(["train", "cnnatt", "--data", manifest, "--seed", "3"] + arguments)
  }

  #if MPI
    @Test("Two ranks of mpirun train what one does, write it once and print it once; what is wrong ends both in a line")
    func ranks() throws {
      func onRanks(_ arguments: String...) throws -> Run { try folder.undertoneOnRanks(["train"] + arguments) }
      #expect(try train("--epochs", "2", "--output", "alone").status == 0)
      let run = try onRanks("cnnatt", "--data", manifest, "--seed", "3", "--epochs", "1", "--output", "shared")
      #expect(run.status == 0 && run.output == ["shared"], "\(run)")
      #expect(run.errors.filter { $0.hasPrefix("epoch ") }.count == 1)
      #expect(try onRanks("--resume", "shared", "--epochs", "2").status == 0)
      #expect(folder.files(in: "shared") == folder.files(in: "alone"))
      func losses(_ model: String) throws -> [Double] {
        try history(model).dropFirst().flatMap { $0.split(separator: ",")[1...2].compactMap { Double($0) } }
      }
      #expect(try losses("shared").count == 4)
      for (own, expected) in zip(try losses("shared"), try losses("alone")) { #expect(abs(own - expected) < 0.01) }
      let wrong = try onRanks("cnnatt", "--data", "none.csv", "--output", "wrong")
      #expect(wrong.status == 66 && wrong.told.count == 1, "\(wrong)")
    }
  #else
    @Test("One of several ranks, started by mpirun, is refused by a program without MPI")
    func ranks() throws {
      let run = try folder.undertone(
        after: "export OMPI_COMM_WORLD_SIZE=2", "train", "cnnatt", "--data", manifest, "--output", "ranks")
      #expect(run.failed(64, naming: "built without MPI"), "\(run)")
      #expect(folder.files(in: "ranks").isEmpty)
    }
  #endif

  @Test("Two epochs and a third after --resume are the same as three at once")
  func resume() throws {
    let whole = try train("--epochs", "3", "--output", "whole")
    #expect(whole.status == 0 && whole.output == ["whole"], "\(whole)")
    #expect(whole.errors.filter { $0.hasPrefix("epoch ") }.count == 3)
    #expect(try train("--epochs", "2", "--output", "parts").status == 0)
    #expect(try history("parts").count == 3)
    let more = try folder.undertone("train", "--resume", "parts", "--epochs", "3")
    #expect(more.status == 0, "\(more)")
    #expect(try history("parts") == history("whole"))
    for file in ["model.safetensors", "misclassified.csv", "recipe.toml", "environment.json"] {
      #expect(try folder.contents("parts/\(file)") == folder.contents("whole/\(file)"), "\(file)")
    }
    #expect(
      folder.files(in: "whole") == [
        "config.json", "confusion.png", "curves.png", "domain.safetensors", "environment.json", "history.csv",
        "misclassified.csv", "model.safetensors", "recipe.toml", "resume-3.safetensors", "resume.json",
      ])
    #expect(try PNGImage(contentsOf: folder.path("whole/curves.png")).width > 500)

    // Killed after the last epoch and before the figures, it has the figures left to write, and then nothing.
    let misclassified = try folder.contents("whole/misclassified.csv")
    for file in ["curves.png", "confusion.png", "misclassified.csv"] {
      try FileManager.default.removeItem(atPath: folder.path("whole/\(file)"))
    }
    let figure = try folder.undertone("train", "--resume", "whole")
    #expect(figure.status == 0 && figure.output == ["whole"], "\(figure)")
    #expect(try PNGImage(contentsOf: folder.path("whole/curves.png")).width > 500)
    #expect(try folder.contents("whole/misclassified.csv") == misclassified)
    #expect(try PNGImage(contentsOf: folder.path("whole/confusion.png")).texts["Model"]?.hasPrefix("whole (") == true)
    #expect(try folder.undertone("train", "--resume", "whole").failed(64, naming: "this training is finished"))

    #expect(whole.errors.contains { $0.hasPrefix("split by speaker: training 14 clips of 1 speaker") }, "\(whole)")
    let mixed = try train("--epochs", "1", "--by", "clip", "--output", "mixed")
    #expect(mixed.errors.contains { $0.contains("the same speakers are in training and validation") }, "\(mixed)")

    let finished = try folder.undertone("train", "--resume", "parts")
    #expect(finished.failed(64, naming: "parts", "finished", "--epochs"), "\(finished)")
    let before = try folder.contents("whole/model.safetensors")
    #expect(try train("--output", "whole").failed(64, naming: "whole holds a model already", "--overwrite"))
    #expect(try folder.contents("whole/model.safetensors") == before)
    let others = try folder.undertone("train", "--resume", "parts", "--epochs", "5", "--validation", manifest)
    #expect(others.failed(65, naming: "parts", "other clips"), "\(others)")
  }

  @Test("--resume works from any folder; where a manifest has moved, it says so, and takes the new place")
  func resumeElsewhere() throws {
    try folder.write("", to: "elsewhere/keep")
    #expect(try folder.undertone("corpus", "split", manifest, "--by", "speaker", "--share", "0.5").status == 0)
    let training = try folder.undertone(
      "train", "cnnatt", "--data", "output/corpus/train.csv", "--validation", "output/corpus/validation.csv",
      "--epochs", "1", "--output", "model")
    #expect(training.status == 0, "\(training)")
    // As it was typed, for whoever reads it.
    let configuration = String(decoding: try folder.contents("model/config.json"), as: UTF8.self)
    #expect(configuration.contains("\"data\" : \"output/corpus/train.csv\""))
    func resumed(_ arguments: String...) throws -> Run {
      try folder.undertone(after: "cd elsewhere", ["train", "--resume", "../model"] + arguments)
    }
    #expect(try resumed("--epochs", "2").status == 0)

    try FileManager.default.moveItem(atPath: folder.path("output/corpus"), toPath: folder.path("output/moved"))
    let lost = try resumed("--epochs", "3")
    #expect(lost.failed(66, naming: "output/corpus/train.csv: no such manifest", "--data"), "\(lost)")
    let half = try resumed("--epochs", "3", "--data", "../output/moved/train.csv")
    #expect(half.failed(66, naming: "output/corpus/validation.csv: no such manifest", "--validation"), "\(half)")
    let found = try resumed(
      "--epochs", "3", "--data", "../output/moved/train.csv", "--validation", "../output/moved/validation.csv")
    #expect(found.status == 0, "\(found)")
    // The new places are kept.
    #expect(try resumed("--epochs", "4").status == 0)
    #expect(try history("model").count == 5)
  }

  @Test("--final trains on all clips and keeps the last epoch, and everything says that there was no validation")
  func final() throws {
    let run = try train(
      "--final", "--epochs", "3", "--batch", "8", "--accumulate", "2", "--clip-norm", "1", "--output", "model")
    #expect(run.status == 0 && run.output == ["model"], "\(run)")
    #expect(run.errors.contains("training 28 clips of 2 speakers, no validation"), "\(run)")
    #expect(run.errors.last?.wholeMatch(of: /last epoch 3: training loss [0-9.]+; there was no validation/) != nil)
    #expect(!run.errors.contains { $0.contains("best") || $0.contains("accuracy") }, "\(run)")
    let rows = try history("model").dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    // The rate falls after a half and five sixths of three epochs.
    #expect(zip(rows, [1e-3, 1e-4, 1e-5]).allSatisfy { abs(Double($0[5])! / $1 - 1) < 1e-9 }, "\(rows)")
    #expect(rows.allSatisfy { $0[2...4].allSatisfy(\.isEmpty) && Double($0[1]) != nil })
    let texts = try PNGImage(contentsOf: folder.path("model/curves.png")).texts
    let expected = [
      "Validation": "none", "Last epoch": "3", "Accumulate": "2", "Clip norm": "1",
      "Schedule": "× 0.1 after epoch 1 and 2",
    ]
    #expect(texts.filter { expected[$0.key] != nil } == expected && texts["Best epoch"] == nil, "\(texts)")

    // Two epochs and one more are three at once; what the rate falls at stays.
    let parts = try train(
      "--final", "--epochs", "2", "--milestones", "1", "--batch", "8", "--json", "--output", "parts")
    #expect(parts.status == 0 && parts.output.count == 2, "\(parts)")
    #expect(parts.output.allSatisfy { $0.contains(#""validation_loss":null"#) }, "\(parts)")
    #expect(try folder.undertone("train", "--resume", "parts", "--epochs", "3").status == 0)
    let whole = try train("--final", "--epochs", "3", "--milestones", "1", "--batch", "8", "--output", "whole")
    #expect(whole.status == 0)
    #expect(try folder.contents("parts/model.safetensors") == folder.contents("whole/model.safetensors"))
    let validated = try folder.undertone("train", "--resume", "parts", "--epochs", "4", "--validation", manifest)
    #expect(validated.failed(64, naming: "parts was trained without validation"), "\(validated)")

    let curves = try folder.undertone("curves", "model")
    #expect(
      curves.status == 0 && curves.output[1].split(separator: " ") == ["model", "3", "–", "–", "–", "–"], "\(curves)")
    let evaluated = try folder.undertone("evaluate", "--model", "model", "--data", manifest)
    #expect(evaluated.status == 0)
    #expect(evaluated.errors.contains { $0.contains("model was trained without validation") }, "\(evaluated)")
    #expect(evaluated.warnings.contains { $0.contains("was trained on 28 of 28 clips") }, "\(evaluated)")
  }

  @Test("Options that contradict each other or cannot be are refused in a line")
  func contradictions() throws {
    for (option, value) in [("--validation", manifest), ("--split", "0.5"), ("--by", "clip")] {
      #expect(try train("--final", option, value).failed(64, naming: "--final", "does not go with \(option)"))
    }
    for wrong in ["0", "3,2", "2,2", "1,,2", "one", ""] {
      #expect(try train("--milestones", wrong).failed(64, naming: "--milestones \(wrong)"))
    }
    #expect(try train("--milestones", "5", "--epochs", "5").failed(64, naming: "the training has 5 epochs"))
    #expect(try train("--accumulate", "0").failed(64, naming: "--accumulate"))
    #expect(try train("--clip-norm", "0").failed(64, naming: "--clip-norm"))
    #expect(try train("--recompute").failed(64, naming: "--recompute has no effect on cnnatt"))
    for option in [["--final"], ["--milestones", "2"], ["--accumulate", "2"], ["--clip-norm", "1"]] {
      let run = try folder.undertone(["train", "--resume", "model"] + option)
      #expect(run.failed(64, naming: "it does not take \(option[0])"), "\(run)")
    }
  }

  @Test("--json: an object an epoch, whose numbers are those of history.csv")
  func json() throws {
    struct Epoch: Decodable {
      let epoch: Int
      let trainLoss, validationLoss, validationAccuracy, validationMacroF1, rate, seconds: Double
    }
    let run = try train("--epochs", "2", "--batch", "7", "--rate", "0.002", "--json", "--output", "model")
    let epochs: [Epoch] = try run.output.map(decoded)
    #expect(epochs.map(\.epoch) == [1, 2] && epochs.allSatisfy { $0.rate == 0.002 })
    let rows = epochs.map {
      "\($0.epoch),\($0.trainLoss),\($0.validationLoss),\($0.validationAccuracy),\($0.validationMacroF1),\($0.rate)"
    }
    #expect(try history("model").dropFirst() == rows[...])
  }

  @Test("An interruption keeps the last whole epoch, says how to go on, and exits 130")
  func interruption() throws {
    let (process, finish) = try folder.start(
      ["train", "cnnatt", "--data", manifest, "--epochs", "100000", "--output", "model"])
    let deadline = Date(timeIntervalSinceNow: 60)
    while Date() < deadline, ((try? folder.lines("model/history.csv"))?.count ?? 0) < 2 { usleep(20_000) }
    process.interrupt()
    // A program that does not hear it must not hold the tests up for ever.
    DispatchQueue.global().asyncAfter(deadline: .now() + 60) {
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
    let run = try finish()
    #expect(run.status == 130, "\(run)")
    #expect(run.errors.last?.hasSuffix("resume with: \(program.path) train --resume model") == true)
    let epochs = try history("model").count - 1
    #expect(epochs >= 1 && FileManager.default.fileExists(atPath: folder.path("model/curves.png")))
    let more = try folder.undertone("train", "--resume", "model", "--epochs", "\(epochs + 1)")
    #expect(more.status == 0, "\(more)")
    #expect(try history("model").count - 1 == epochs + 1)
  }

  @Test("evaluate: table, figure, JSON and CSV agree with each other")
  func evaluate() throws {
    let run = try folder.undertone(
      "evaluate", "--data", manifest, "--json", "--predictions", "tables/predictions.csv", "--format", "png,pdf")
    #expect(run.status == 0 && run.errors.isEmpty && run.output.count == 1, "\(run)")
    let result: EvaluationLine = try decoded(run.output[0])
    #expect(result.clips == 28 && result.classes.count == 7)
    #expect(result.confusion.allSatisfy { $0.reduce(0, +) == 4 })
    let hits = (0..<7).reduce(0) { $0 + result.confusion[$1][$1] }
    #expect(abs(result.accuracy - Double(hits) / 28) < 1e-12)
    #expect(abs(result.top[0].hits.value - result.accuracy) < 1e-12 && result.top[6].hits.value == 1)
    #expect(zip(result.top, result.top.dropFirst()).allSatisfy { $0.hits.value <= $1.hits.value })
    for (index, name) in result.classes.enumerated() {
      #expect(abs((result.byClass[name]?.recall ?? -1) - Double(result.confusion[index][index]) / 4) < 1e-12)
    }
    let f1 = result.byClass.values.reduce(0) { $0 + ($1.f1 ?? 0) } / 7
    #expect(abs(result.macroF1 - f1) < 1e-12)
    // One corpus is no group; of two speakers each has half of the clips.
    #expect(result.groups.keys.elementsEqual(["speaker"]))
    let speakers = try #require(result.groups["speaker"]?.values)
    #expect(speakers.map(\.clips) == [14, 14])
    #expect(abs(speakers.reduce(0) { $0 + $1.accuracy / 2 } - result.accuracy) < 1e-12)
    #expect(
      result.figures
        == ["confusion", "calibration", "coverage"].flatMap { name in
          ["png", "pdf"].map { "output/evaluate/\(name).\($0)" }
        })
    #expect(result.tables == ["output/evaluate/coverage.csv", "output/evaluate/groups.csv"])

    let rows = try folder.lines("tables/predictions.csv").map { $0.split(separator: ",").map(String.init) }
    #expect(
      rows.count == 29
        && rows[0] == ["path", "emotion", "predicted"] + result.classes + ["distance", "outside", "trained_on"])
    for row in rows.dropFirst() {
      let probabilities = row.dropFirst(3).prefix(result.classes.count).compactMap { Double($0) }
      #expect(abs(probabilities.reduce(0, +) - 1) < 1e-5)
      #expect(result.classes[probabilities.indices.max { probabilities[$0] < probabilities[$1] }!] == row[2])
    }
    // −mean log p of the true class.
    let loss = rows.dropFirst().reduce(0.0) { sum, row in
      sum - log(Double(row[3 + result.classes.firstIndex(of: row[1])!])!) / 28
    }
    #expect(abs(loss - result.loss) < 1e-4)
    #expect(
      folder.files(in: "output/evaluate") == [
        "calibration.pdf", "calibration.png", "confusion.pdf", "confusion.png", "coverage.csv", "coverage.pdf",
        "coverage.png", "groups.csv",
      ])
    let groups = try folder.lines("output/evaluate/groups.csv")
    #expect(groups[0] == "column,group,clips,uar,low,high,accuracy,macro_f1,weighted_f1" && groups.count == 3)
    let last = try #require(folder.lines("output/evaluate/coverage.csv").last?.split(separator: ","))
    #expect(try last[0] == "1.0" && abs(#require(Double(last[2])) - (1 - result.accuracy)) < 1e-9)
    // Σ (p − y)² of the same probabilities.
    let brier = rows.dropFirst().reduce(0.0) { sum, row in
      sum + zip(row.dropFirst(3), result.classes).reduce(0) { $0 + pow(Double($1.0)! - ($1.1 == row[1] ? 1 : 0), 2) }
        / 28
    }
    #expect(abs(brier - result.calibration.brierScore) < 1e-5)
    #expect(result.calibration.bins.reduce(0) { $0 + $1.clips } == 28)
    let texts = try PNGImage(contentsOf: folder.path("output/evaluate/calibration.png")).texts
    #expect(texts["Source"] == manifest && texts["Source digest"] != nil)

    let text = try folder.undertone("evaluate", "--data", manifest).output
    #expect(text.first?.hasPrefix("clips 28 of 2 speakers ") == true && text[0].hasSuffix("95 % intervals by speaker"))
    func value(_ name: String) -> String? {
      text.first { $0.hasPrefix("\(name)  ") }?.dropFirst(name.count).split(separator: " ").first.map(String.init)
    }
    #expect(value("accuracy") == String(format: "%.3f", result.accuracy))
    #expect(value("macro F1") == String(format: "%.3f", result.macroF1))
    #expect(value("Brier score") == String(format: "%.3f", result.calibration.brierScore))
    #expect(
      text.suffix(5)
        == ["confusion.png", "calibration.png", "coverage.png", "coverage.csv", "groups.csv"].map {
          "output/evaluate/\($0)"
        })
    #expect(text.allSatisfy { $0.count <= 80 })
  }

  @Test("The curves' PNG holds what makes them again, and an overridden recipe is called so")
  func curvesProvenance() throws {
    let run = try train("--epochs", "1", "--batch", "4", "--rate", "0.005", "--by", "speaker", "--output", "model")
    #expect(run.status == 0, "\(run)")
    let texts = try PNGImage(contentsOf: folder.path("model/curves.png")).texts
    let expected = [
      "Source": manifest, "Architecture": "cnnatt", "Recipe": "published", "Rate": "0.005", "Batch": "4",
      "Epochs": "1", "Seed": "3", "Share": "0.8", "By": "speaker", "Training clips": "14", "Validation clips": "14",
    ]
    #expect(texts.filter { expected[$0.key] != nil } == expected)
    for digest in ["Training data", "Validation data"] {
      #expect(texts[digest]?.wholeMatch(of: /[0-9a-f]+/) != nil, "\(digest)")
    }
    #expect(texts["Model"]?.wholeMatch(of: /model \([0-9a-f]+\)/) != nil)
  }

  @Test("Figures of a manifest tell which one, as it was: another manifest in its place has another digest")
  func manifestDigest() throws {
    func digests() throws -> [String?] {
      #expect(try folder.undertone("evaluate", "--data", manifest).status == 0)
      #expect(try folder.undertone("figures", "--data", manifest, "--clips", "1").status == 0)
      return try ["evaluate/confusion", "figures/angry"].map { name in
        let texts = try PNGImage(contentsOf: folder.path("output/\(name).png")).texts
        #expect(texts["Source"] == manifest)
        return texts["Source digest"]
      }
    }
    let first = try digests()
    #expect(first[0] != nil && first[0] == first[1])
    var rows = try folder.lines(manifest)
    rows.removeLast()
    try folder.write(rows.joined(separator: "\n"), to: manifest)
    let second = try digests()
    #expect(second[0] == second[1] && second[0] != first[0])
  }

  @Test("figures: a sheet an emotion; the seed chooses the clips")
  func figures() throws {
    func clips(_ arguments: String...) throws -> [String?] {
      let run = try folder.undertone(["figures", "--data", manifest, "--output", "sheets"] + arguments)
      #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
      // Seven sheets, what they say together in two figures, and the report's three claims, each in as many lines as it needs.
      #expect(run.output.count { $0.hasPrefix("sheets/") } == 7 + 2, "\(run)")
      #expect(run.output.count { $0.contains("→") } == 3, "\(run)")
      #expect(run.output.first == "sheets/angry.png: 2 clips")
      return try folder.files(in: "sheets").filter { $0.hasSuffix(".png") }.map {
        try PNGImage(contentsOf: folder.path("sheets/\($0)")).texts["Clips"]
      }
    }
    let first = try clips("--clips", "2", "--seed", "1")
    #expect(
      folder.files(in: "sheets")
        == [
          "angry.png", "claims.csv", "clips.csv", "disgust.png", "emotions.csv", "fear.png", "happy.png",
          "measures.png",
          "neutral.png", "profiles.csv", "profiles.png", "sadness.png", "surprise.png",
        ])
    func lines(_ name: String) throws -> [Substring] {
      String(decoding: try folder.contents("sheets/\(name).csv"), as: UTF8.self).split(whereSeparator: \.isNewline)
    }
    let claims = try lines("claims")
    #expect(claims.count == 4)
    #expect(
      claims.dropFirst().allSatisfy {
        ["holds", "does not hold", "undecided", "too few clips"].contains($0.split(separator: ",").last)
      })
    // 128 bands and 50 parts of the speech of seven emotions.
    #expect(try lines("profiles").count == 1 + 7 * 178)
    #expect(first[0]?.split(separator: "; ").allSatisfy { $0.contains(/^speaker-0[12]\/angry-[0-9]+\.wav$/) } == true)
    let sheet = try folder.contents("sheets/angry.png")
    #expect(try clips("--clips", "2", "--seed", "1") == first)
    #expect(try folder.contents("sheets/angry.png") == sheet)
    #expect(try clips("--clips", "2", "--seed", "3") != first)
  }

  @Test("figures --which: a model that is right about all clips has no errors to show, which is said")
  func figuresOfErrors() throws {
    // Labels that are the model's own predictions, so that it is always right.
    let names = folder.files(in: "corpus/speaker-01").prefix(6)
    let paths = names.map { "corpus/speaker-01/\($0)" }
    let predictions: [Prediction] = try folder.undertone(["predict", "--json"] + paths).output.map(decoded)
    let rows = predictions.map { "\($0.file),\($0.predicted)\n" }.joined()
    try folder.write("path,emotion\n" + rows, to: "right.csv")
    let emotions = Set(predictions.map(\.predicted))

    let errors = try folder.undertone("figures", "--data", "right.csv", "--which", "errors")
    #expect(errors.status == 0 && errors.output.isEmpty)
    #expect(Set(errors.errors) == Set(emotions.map { "undertone: no clip of \($0) is among the errors" }))
    let correct = try folder.undertone("figures", "--data", "right.csv", "--which", "correct")
    #expect(correct.status == 0 && correct.errors.isEmpty)
    #expect(correct.output.count { $0.contains(/png: \d+ clip/) } == emotions.count)
    for emotion in emotions {
      #expect(try PNGImage(contentsOf: folder.path("output/figures/\(emotion).png")).texts["Which"] == "correct")
    }
  }

  @Test("corpus: described and split, its seed makes the same clips")
  func corpusCommands() throws {
    #expect(
      try folder.undertone("corpus", "synthesize", "--clips", "1", "--speakers", "1", "--output", "a").output
        == ["a/manifest.csv: 7 clips"])
    #expect(
      try folder.undertone("corpus", "synthesize", "--clips", "1", "--speakers", "1", "--output", "b").status == 0)
    #expect(folder.files(in: "a/speaker-01").count == 7)
    for name in folder.files(in: "a/speaker-01") {
      #expect(try folder.contents("a/speaker-01/\(name)") == folder.contents("b/speaker-01/\(name)"))
    }
    let description = try folder.undertone("corpus", "describe", manifest)
    #expect(description.status == 0)
    #expect(description.output.contains { $0.split(separator: " ") == ["angry", "4", "4", "14.29"] })
    #expect(description.output.contains { $0.split(separator: " ") == ["all", "28", "28", "100"] })
    #expect(description.output.last == "sample rates: 16000 Hz (28)")

    let split = try folder.undertone("corpus", "split", manifest, "--share", "0.5")
    #expect(split.errors.isEmpty)
    #expect(
      split.output.prefix(3) == [
        "output/corpus/train.csv: 14 clips of 1 speaker", "output/corpus/validation.csv: 14 clips of 1 speaker",
        "on both sides: no speakers, no copied clips",
      ])
    let parts = try ["train", "validation"].map { try folder.lines("output/corpus/\($0).csv").dropFirst() }
    let speakers = parts.map { rows in Set(rows.map { $0.split(separator: ",")[3] }) }
    #expect(speakers.allSatisfy { $0.count == 1 } && speakers[0] != speakers[1])
    // The paths lead to the clips from the new place.
    #expect(try folder.undertone("evaluate", "--data", "output/corpus/train.csv").status == 0)
    let folds = try folder.undertone("corpus", "split", manifest, "--folds", "4", "--output", "folds")
    #expect(folds.output.count { $0.hasPrefix("folds/fold-") } == 8)
    #expect(folds.errors.count == 1 && folds.errors[0].contains("2 speakers cannot fill 4 parts"), "\(folds)")
    #expect(folder.files(in: "corpus") == ["manifest.csv", "speaker-01", "speaker-02"])
  }
}
