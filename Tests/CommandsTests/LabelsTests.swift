import Foundation
import Models
import TestSupport
import Testing

@Suite("Labels of any kind")
struct LabelsTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    for index in 0..<8 {
      try folder.write(WAV().file(voice(seconds: 0.3 + 0.02 * Double(index))), to: "\(index).wav")
    }
  }

  @Test("Three labels outside the seven are trained on, predicted, evaluated and explained by their names")
  func labels() throws {
    let names = ["calm", "bored", "angry"]
    let rows = (0..<8).map { "\($0).wav,\(names[$0 % 3])" }
    try folder.write((["path,emotion"] + rows).joined(separator: "\n"), to: "clips.csv")
    let run = try folder.undertone(
      "train", "cnnatt", "--data", "clips.csv", "--epochs", "1", "--batch", "3", "--output", "model")
    #expect(run.status == 0, "\(run)")
    #expect(run.errors.contains { $0.contains("3 classes: angry, bored, calm") })
    #expect(try TrainedModel.configuration(of: folder.path("model")).classes == ["angry", "bored", "calm"])

    let evaluated = try folder.undertone("evaluate", "--model", "model", "--data", "clips.csv")
    #expect(evaluated.status == 0 && evaluated.output.contains { $0.hasPrefix("bored") }, "\(evaluated)")
    let explained = try folder.undertone("explain", "0.wav", "--model", "model", "--target", "bored", "--json")
    #expect(explained.status == 0 && explained.output.joined().contains("\"target\":\"bored\""), "\(explained)")
    let sheets = try folder.undertone("figures", "--model", "model", "--data", "clips.csv", "--clips", "2")
    #expect(sheets.status == 0 && FileManager.default.fileExists(atPath: folder.path("output/figures/bored.png")))
    // The built-in model has no such class, which is said of the clip.
    #expect(try folder.undertone("evaluate", "--data", "clips.csv").failed(65, naming: "0.wav", "calm", "surprise"))
  }

  @Test("Arousal and valence are trained on by their concordance, predicted as numbers and explained")
  func dimensions() throws {
    let rows = (0..<8).map { "\($0).wav,\(Double($0) / 8),\(1 - Double($0) / 4)" }
    try folder.write((["path,arousal,valence"] + rows).joined(separator: "\n"), to: "clips.csv")
    let run = try folder.undertone(
      "train", "cnnatt", "--data", "clips.csv", "--dimensions", "arousal,valence", "--epochs", "2", "--batch", "4",
      "--output", "model")
    #expect(run.status == 0, "\(run)")
    let configuration = try TrainedModel.configuration(of: folder.path("model"))
    #expect(configuration.classes.isEmpty && configuration.dimensions == ["arousal", "valence"])
    #expect(configuration.training["validation_ccc"] != nil)

    let predicted = try folder.undertone("predict", "0.wav", "--model", "model")
    #expect(
      predicted.status == 0 && predicted.output[0].contains("arousal ") && predicted.output[0].contains("valence "))
    let evaluated = try folder.undertone("evaluate", "--model", "model", "--data", "clips.csv", "--json")
    #expect(evaluated.status == 0 && evaluated.output.joined().contains("concordance"), "\(evaluated)")
    let explained = try folder.undertone(
      "explain", "0.wav", "--model", "model", "--target", "valence", "--versus", "arousal")
    #expect(explained.status == 0, "\(explained)")
    #expect(try folder.undertone("explain", "0.wav", "--model", "model").status == 0)
    #expect(
      try folder.undertone("explain", "0.wav", "--model", "model", "--target", "joy").failed(
        64, naming: "joy", "arousal, valence"))
    let page = try folder.undertone("explain", "0.wav", "--model", "model", "--html", "--listen", "--window", "0.2")
    #expect(page.status == 0, "\(page)")
    #expect(try folder.undertone("predict", "0.wav", "--model", "model", "--window", "0.2").status == 0)
    let resumed = try folder.undertone("train", "--resume", "model", "--epochs", "3")
    #expect(resumed.status == 0, "\(resumed)")

    try folder.write("path,arousal\n0.wav,much\n1.wav,2\n", to: "words.csv")
    #expect(
      try folder.undertone("train", "cnnatt", "--data", "words.csv", "--dimensions", "arousal", "--output", "x")
        .failed(65, naming: "0.wav", "much", "arousal"))
  }

  /// Untrained models of dimensions only, of both kinds of outputs, and of classes only; and manifests with and without labels.
  private func writeModels() throws {
    for (name, classes, dimensions) in [
      ("numbers", [], ["arousal", "valence"]), ("others", [], ["valence", "tension"]),
      ("both", ["angry", "calm"], ["arousal"]),
    ] {
      try TrainedModel(
        untrained: .init(architecture: .cnnatt, classes: classes, dimensions: dimensions), seed: UInt64(name.count)
      ).write(to: folder.path(name))
    }
    let rows = (0..<8).map { "\($0).wav,\(["angry", "calm"][$0 % 2]),\(Double($0) / 8),\(1 - Double($0) / 4)" }
    try folder.write((["path,emotion,arousal,valence"] + rows).joined(separator: "\n"), to: "labelled.csv")
    try folder.write(
      (["path,arousal,valence"] + rows.map { $0.replacing(/angry,|calm,/, with: "") }).joined(separator: "\n"),
      to: "numbers.csv")
  }

  @Test("A timeline of values is drawn and tabled for a model of dimensions, and beside probabilities for one of both")
  func timelines() throws {
    try writeModels()
    for model in ["numbers", "both"] {
      let run = try folder.undertone(
        "predict", "0.wav", "--model", model, "--window", "0.1", "--hop", "0.1", "--format", "png", "--html",
        "--output", "out-\(model)")
      #expect(run.status == 0 && folder.files(in: "out-\(model)") == ["0.png", "predict.html"], "\(run)")
      let page = String(decoding: try folder.contents("out-\(model)/predict.html"), as: UTF8.self)
      #expect(page.contains("<th scope=\"col\">arousal</th>"))
      #expect(page.contains("<th scope=\"col\">angry</th>") == (model == "both"))
    }
  }

  @Test("Sheets explain a dimension: by label where there are labels, else as one group; tables have what is true")
  func sheets() throws {
    try writeModels()
    let grouped = try folder.undertone(
      "figures", "--model", "numbers", "--data", "labelled.csv", "--clips", "2", "--html", "--output", "grouped")
    #expect(grouped.status == 0, "\(grouped)")
    #expect(grouped.errors.count == 1 && grouped.errors[0].contains("claims"), "\(grouped)")
    let files = folder.files(in: "grouped")
    #expect(files.contains("angry.png") && files.contains("calm.png") && !files.contains("claims.csv"))
    let rows = try folder.lines("grouped/clips.csv")
    #expect(
      rows[0] == "clip,emotion,target,arousal,true arousal,valence,true valence,distance,outside,trained_on"
        && rows.count == 5)
    #expect(rows.dropFirst().allSatisfy { $0.contains(",arousal,") })

    let one = try folder.undertone(
      "figures", "--model", "numbers", "--data", "numbers.csv", "--target", "valence", "--clips", "3", "--output", "one"
    )
    #expect(one.status == 0 && one.errors.count == 2, "\(one)")
    #expect(folder.files(in: "one").contains("clips.png") && folder.files(in: "one").contains("profiles.png"))
    // A model of both explains either.
    let both = try folder.undertone(
      "figures", "--model", "both", "--data", "labelled.csv", "--target", "arousal", "--which", "errors", "--clips",
      "1", "--output", "either")
    #expect(both.status == 0, "\(both)")
    for arguments in [["--which", "errors"], ["--target", "label"]] {
      let refused = try folder.undertone(["figures", "--model", "numbers", "--data", "labelled.csv"] + arguments)
      #expect(refused.failed(64, naming: "needs a model with classes", "arousal", arguments[1]), "\(refused)")
    }
    #expect(
      try folder.undertone("figures", "--model", "numbers", "--data", "labelled.csv", "--target", "joy")
        .failed(64, naming: "joy", "arousal"))
  }

  @Test("Trust follows the change of a dimension's value, and says so")
  func trust() throws {
    try writeModels()
    for (model, arguments, target) in [
      ("numbers", [], "arousal"), ("both", ["--target", "arousal"], "arousal"),
      ("numbers", ["--target", "valence"], "valence"),
    ] {
      let run = try folder.undertone(
        ["trust", "--model", model, "--data", "numbers.csv", "--method", "saliency", "--clips", "2"] + arguments)
      #expect(run.status == 0 && run.output.allSatisfy { $0.count <= 80 }, "\(run)")
      #expect(run.output.contains { $0.contains("change of \(target)") })
      #expect(try folder.lines("output/trust/trust.json")[0].contains("\"target\":\"\(target)\""))
      #expect(try folder.lines("output/trust/clips.csv")[1].contains(",\(target),"))
    }
  }

  @Test("Models are compared on a dimension that all have; the clips of the largest differences are drawn")
  func comparison() throws {
    try writeModels()
    let run = try folder.undertone(
      "compare", "--model", "numbers", "--model", "others", "--data", "numbers.csv", "--clips", "8", "--json", "--html",
      "--output", "out")
    #expect(run.status == 0, "\(run)")
    struct Line: Decodable {
      struct Clip: Decodable { let difference: Double }
      let target: String
      let disagreements: [Clip]
      let figures: [String]
    }
    let line: Line = try decoded(run.output[0])
    let differences = line.disagreements.map(\.difference)
    #expect(line.target == "valence" && differences.count == 8 && differences == differences.sorted(by: >))
    #expect(folder.files(in: "out").contains("7.saliency.png") && line.figures.count >= 9)
    let rows = try folder.lines("out/clips.csv")
    #expect(
      rows[0].hasPrefix(
        "clip,emotion,method,seconds,shared_seconds,difference,true valence,numbers_valence,others_valence,"))
    // With a model of both, on what they share; with one that shares nothing, not at all.
    let both = try folder.undertone("compare", "--model", "both", "--model", "numbers", "0.wav", "--output", "both-out")
    #expect(both.status == 0 && both.output.contains { $0.contains("arousal") }, "\(both)")
    #expect(
      try folder.undertone("compare", "--model", "others", "--model", "both", "0.wav")
        .failed(64, naming: "a dimension that all models have", "tension", "arousal"))
    #expect(
      try folder.undertone("compare", "--model", "numbers", "--model", "built-in", "0.wav", "--target", "angry")
        .failed(64, naming: "angry", "valence"))
  }
}
