import Figures
import Foundation
import TestSupport
import Testing

@Suite("What a training leaves beside its model")
struct RunFolderTests {
  let folder: Folder
  let manifest = "corpus/manifest.csv"

  init() throws {
    folder = try Folder()
    let run = try folder.undertone("corpus", "synthesize", "--clips", "3", "--speakers", "2", "--output", "corpus")
    try #require(run.status == 0, "\(run)")
  }

  private func train(_ arguments: String...) throws -> Run {
    let run = try folder.undertone(
      ["train", "cnnatt", "--data", manifest, "--batch", "8", "--output", "m"] + arguments)
    #expect(run.status == 0, "\(run)")
    return run
  }

  @Test("misclassified.csv has the errors that evaluate predicts of the same clips, the most confident first")
  func misclassified() throws {
    #expect(try folder.undertone("corpus", "split", manifest, "--share", "0.5", "--output", "parts").status == 0)
    _ = try train("--validation", "parts/validation.csv", "--epochs", "2")
    let evaluated = try folder.undertone(
      "evaluate", "--model", "m", "--data", "parts/validation.csv", "--predictions", "p.csv")
    #expect(evaluated.status == 0, "\(evaluated)")
    let predictions = try folder.lines("p.csv").map { $0.split(separator: ",").map(String.init) }
    let classes = Array(predictions[0][3..<10])
    let wrong = predictions.dropFirst().filter { $0[1] != $0[2] }
    let rows = try folder.lines("m/misclassified.csv").map { $0.split(separator: ",").map(String.init) }
    #expect(rows[0] == ["path", "speaker", "emotion", "predicted", "emotion_probability", "predicted_probability"])
    #expect(rows.count == wrong.count + 1 && !wrong.isEmpty)
    for row in rows.dropFirst() {
      let prediction = try #require(wrong.first { $0[0] == row[0] })
      #expect(Array(row[2...3]) == Array(prediction[1...2]) && row[0].hasPrefix("../corpus/\(row[1])"), "\(row)")
      for (name, value) in zip(row[2...3], row[4...5]) {
        let expected = try #require(Double(prediction[3 + classes.firstIndex(of: name)!]))
        #expect(try abs(#require(Double(value)) - expected) < 1e-5)
      }
    }
    let confidences = rows.dropFirst().compactMap { Double($0[5]) }
    #expect(confidences == confidences.sorted(by: >))
    let texts = try PNGImage(contentsOf: folder.path("m/confusion.png")).texts
    #expect(texts["Source"] == manifest && texts["Seed"] == "0")
  }

  @Test("environment.json has what doctor prints; a new training in the folder has no results of the former")
  func environment() throws {
    _ = try train("--epochs", "1", "--tensorboard")
    let facts = try #require(
      JSONSerialization.jsonObject(with: folder.contents("m/environment.json")) as? [String: Any])
    let doctor = try folder.undertone("doctor").output
    for (name, value) in facts where name != "undertone" {
      #expect(
        doctor.contains { $0.lowercased() == "\(name.replacing("_", with: " ")): \("\(value)".lowercased())" },
        "\(name): \(value)")
    }
    #expect(facts.count >= 8 && doctor[0] == "undertone \(facts["undertone"] ?? "")")
    #expect(folder.files(in: "m").contains { $0.hasPrefix("events.out.tfevents.") })

    _ = try train("--final", "--epochs", "1", "--overwrite")
    let files = folder.files(in: "m")
    #expect(
      !files.contains { $0.hasPrefix("confusion") || $0.hasPrefix("events") || $0 == "misclassified.csv" }, "\(files)")
    #expect(files.contains("curves.png"))
  }

  @Test("--tensorboard: a record an epoch, a second file from the epoch on at which a training resumes")
  func events() throws {
    _ = try train("--epochs", "2", "--tensorboard")
    let more = try folder.undertone("train", "--resume", "m", "--epochs", "3", "--tensorboard")
    #expect(more.status == 0, "\(more)")
    let files = folder.files(in: "m").filter { $0.hasPrefix("events.out.tfevents.") }.sorted()
    #expect(files.count == 2)
    // Steps are the byte after the tag 0x10, which follows the 9 of the time.
    let steps = try files.map { file in
      var (data, steps) = (Array(try folder.contents("m/\(file)")), [UInt8]())
      while !data.isEmpty {
        let length = Int(data[0]) + Int(data[1]) << 8
        let event = data[12..<(12 + length)]
        if event[21] == 0x10 { steps.append(event[22]) }
        data.removeFirst(16 + length)
      }
      return steps
    }
    #expect(steps == [[1, 2], [3]])
  }

  @Test("--soft-labels learns from columns of votes; a clip without is named, and what changed ends a resumption")
  func softLabels() throws {
    let rows = try folder.lines(manifest)
    func write(_ last: String) throws {
      let votes = rows.enumerated().map { index, row in
        row + (index == 0 ? ",votes:angry,votes:sad" : index == rows.count - 1 ? last : ",2,1")
      }
      try folder.write(votes.joined(separator: "\n") + "\n", to: "corpus/votes.csv")
    }
    func run(_ arguments: String...) throws -> Run {
      try folder.undertone(["train"] + arguments + ["--data", "corpus/votes.csv"])
    }
    try write(",,")
    let missing = try run("cnnatt", "--soft-labels", "--final", "--epochs", "1", "--output", "soft")
    #expect(missing.failed(65, naming: rows.last!.prefix { $0 != "," }.description, "no votes"), "\(missing)")
    try write(",2,1")
    #expect(try run("cnnatt", "--soft-labels", "--final", "--epochs", "1", "--output", "soft").status == 0)
    #expect(try run("cnnatt", "--final", "--epochs", "1", "--output", "hard").status == 0)
    #expect(try folder.contents("soft/model.safetensors") != folder.contents("hard/model.safetensors"))
    #expect(String(decoding: try folder.contents("soft/recipe.toml"), as: UTF8.self).contains("soft_labels = true"))
    #expect(try run("--recipe", "soft/recipe.toml", "--output", "again").status == 0)
    #expect(try folder.contents("soft/model.safetensors") == folder.contents("again/model.safetensors"))
    try write(",1,2")
    let other = try run("--resume", "soft", "--epochs", "2")
    #expect(other.failed(65, naming: "soft", "other clips"), "\(other)")
  }

  @Test("Where no more can be written, what was there stays as it was")
  func fullDisk() throws {
    _ = try train("--epochs", "1")
    // How long it is to be, and the line of an epoch, come before its weights.
    let early = ["recipe.toml", "history.csv"]
    let names = folder.files(in: "m").filter { !early.contains($0) }
    let before = try names.map { try folder.contents("m/\($0)") }
    let run = try folder.undertone(after: "ulimit -f 16", "train", "--resume", "m", "--epochs", "2")
    #expect(run.status == 73 && run.errors.last?.contains("the disk is full") == true, "\(run)")
    #expect(folder.files(in: "m").filter { !early.contains($0) } == names)
    for (name, bytes) in zip(names, before) { #expect(try folder.contents("m/\(name)") == bytes, "\(name)") }
    let more = try folder.undertone("train", "--resume", "m", "--epochs", "2")
    #expect(more.status == 0, "\(more)")
    #expect(try folder.lines("m/history.csv").count == 3)
  }
}
