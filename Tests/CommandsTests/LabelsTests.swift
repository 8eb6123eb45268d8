import Foundation
import Models
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
    for arguments in [
      ["trust", "--data", "clips.csv"], ["figures", "--data", "clips.csv"],
      ["compare", "0.wav", "--model", "built-in"],
      ["predict", "0.wav", "--window", "0.2", "--format", "png"],
    ] {
      let refused = try folder.undertone(arguments + ["--model", "model"])
      #expect(refused.failed(64, naming: "needs a model with classes", "arousal"), "\(refused)")
    }
    let resumed = try folder.undertone("train", "--resume", "model", "--epochs", "3")
    #expect(resumed.status == 0, "\(resumed)")

    try folder.write("path,arousal\n0.wav,much\n1.wav,2\n", to: "words.csv")
    #expect(
      try folder.undertone("train", "cnnatt", "--data", "words.csv", "--dimensions", "arousal", "--output", "x")
        .failed(65, naming: "0.wav", "much", "arousal"))
  }
}
