import Figures
import Foundation
import Models
import TestSupport
import Testing

@Suite("Comparing models")
struct CompareTests {
  /// Two new models of other architectures, and clips.
  private func folder() throws -> Folder {
    let folder = try Folder()
    for (name, architecture) in [("a/model", Architecture.cnnatt), ("b/model", .fcmfcc)] {
      try TrainedModel(untrained: .init(architecture: architecture), seed: 1).write(to: folder.path(name))
    }
    let run = try folder.undertone("corpus", "synthesize", "--clips", "2", "--output", "corpus")
    #expect(run.status == 0)
    return folder
  }

  @Test("Files: a figure of all models each, attention where a model has it, agreement, tables")
  func files() throws {
    let folder = try folder()
    let clip = "corpus/speaker-01/angry-001.wav"
    let run = try folder.undertone(
      "compare", "--model", "built-in", "--model", "a/model", "--model", "b/model", clip, "--output", "out",
      "--format", "png,svg")
    #expect(run.status == 0, "\(run)")
    #expect(
      folder.files(in: "out") == [
        "agreement.csv", "agreement.saliency.png", "agreement.saliency.svg", "angry-001.attention-a-model.png",
        "angry-001.attention-a-model.svg", "angry-001.attention-built-in.png", "angry-001.attention-built-in.svg",
        "angry-001.saliency.png", "angry-001.saliency.svg", "clips.csv",
      ])
    // Two folders of one name are told apart; lines fit a terminal.
    #expect(run.output.contains("2 a/model") && run.output.allSatisfy { $0.count <= 80 })
    let rows = try folder.lines("out/agreement.csv")
    #expect(rows.count == 1 + 3 * 4 && rows[1].hasPrefix("saliency,built-in,a/model,spearman,"))
    let texts = try PNGImage(decoding: [UInt8](folder.contents("out/angry-001.saliency.png"))).texts
    #expect(texts["Model"]?.contains("b/model") == true && texts["Source"] == clip)
  }

  @Test("A manifest: those on which models disagree are drawn; JSON says the same")
  func manifest() throws {
    let folder = try folder()
    let run = try folder.undertone(
      "compare", "--model", "built-in", "--model", "b/model", "--data", "corpus/manifest.csv", "--clips", "2",
      "--target", "label", "--input", "waveform", "--output", "out", "--json", "--method", "input-x-gradient")
    #expect(run.status == 0 && run.output.count == 1, "\(run)")
    struct Line: Decodable {
      struct Pair: Decodable { let first, second: String }
      struct Disagreement: Decodable { let predictions: [String] }
      let clips: Int
      let target, input: String
      let agreement: [Pair]
      let disagreements: [Disagreement]
      let figures: [String]
    }
    let line: Line = try decoded(run.output[0])
    #expect(line.clips == 14 && line.target == "the true emotion" && line.input == "waveform")
    #expect(line.agreement.map(\.second) == ["model"])
    #expect(line.disagreements.allSatisfy { Set($0.predictions).count == 2 })
    let clips = try folder.lines("out/clips.csv")
    #expect(clips.count == 15 && clips.count { $0.contains(",no,") } == line.disagreements.count)
    #expect(line.figures.allSatisfy { FileManager.default.fileExists(atPath: folder.path($0)) })
  }

  @Test("A downloaded model, which takes the whole clip, lies on one grid with the built-in one, which trims it")
  func trimmings() throws {
    let folder = try Folder()
    let speech = (0..<16_000).map { Float(0.3 * sin(Double($0) * 0.1) * sin(Double($0) * 0.0007)) }
    let silence = [Float](repeating: 0, count: 12_000)
    try folder.write(WAV().file(silence + speech + silence), to: "clip.wav")
    let encoder = Checkout.fixture("encoders/hubert-base-er").path
    let arguments = ["compare", "--model", "built-in", "--model", encoder, "clip.wav", "--output", "out"]
    let run = try folder.undertone(arguments + ["--html"])
    #expect(run.status == 0 && run.output.contains { $0.hasPrefix("Of the clips all models use ") }, "\(run)")
    #expect(folder.files(in: "out").contains("clip.saliency.png"))
    let rows = try folder.lines("out/clips.csv").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let place = try #require(rows[0].firstIndex(of: "seconds"))
    #expect(rows[0][place + 1] == "shared_seconds" && rows[1][place] == "2.500")
    let shared = try #require(Double(rows[1][place + 1]))
    #expect(shared > 0.7 && shared < 1.3)
    #expect(try folder.lines("out/agreement.csv").count == 1 + 4)

    struct Line: Decodable { let seconds, sharedSeconds: Double }
    let line: Line = try decoded(try folder.undertone(arguments + ["--json"]).output[0])
    #expect(line.seconds == 2.5 && abs(line.sharedSeconds - shared) < 0.001)
    // Models that use the same have nothing to say of it.
    let alike = try folder.undertone(
      "compare", "--model", encoder, "--model", Checkout.fixture("encoders/data2vec-er").path, "clip.wav")
    #expect(alike.status == 0 && !alike.output.contains { $0.hasPrefix("Of the clips all models use ") }, "\(alike)")
  }

  @Test("Bad input is one clear error")
  func refusals() throws {
    let folder = try folder()
    let clip = "corpus/speaker-01/angry-001.wav"
    func compare(_ arguments: String...) throws -> Run { try folder.undertone(["compare"] + arguments) }
    #expect(try compare("--model", "a/model", clip).failed(64, naming: "two models"))
    #expect(try compare("--model", "a/model", "--model", "a/model", clip).failed(64, naming: "two models"))
    #expect(try compare("--model", "a/model", "--model", "b/model").failed(64, naming: "nothing to compare"))
    #expect(try compare("--model", "a/model", "--model", "none", clip).failed(66, naming: "none"))
    #expect(
      try compare("--model", "a/model", "--model", "b/model", clip, "--target", "joy").failed(64, naming: "joy"))
    #expect(
      try compare("--model", "a/model", "--model", "b/model", clip, "--target", "label").failed(64, naming: "--data"))
    // A method that one of the models cannot have.
    #expect(
      try compare("--model", "a/model", "--model", "b/model", clip, "--method", "attention").failed(
        64, naming: "attention", "FCMFCC"))
    // Other classes: each explains its own prediction, and what only one knows cannot be the target.
    var configuration = ModelConfiguration(architecture: .cnnatt)
    configuration.classes = ["calm", "angry"]
    try TrainedModel(untrained: configuration, seed: 2).write(to: folder.path("c"))
    #expect(try compare("--model", "a/model", "--model", "c", clip, "--target", "fear").failed(64, naming: "calm"))
    let run = try compare("--model", "a/model", "--model", "c", clip, "--output", "out")
    #expect(run.status == 0 && folder.files(in: "out").contains("angry-001.saliency.png"), "\(run)")
    // Another front-end.
    var other = ModelConfiguration(architecture: .cnnatt)
    other.frontEnd.hopSamples = 128
    try TrainedModel(untrained: other, seed: 2).write(to: folder.path("d"))
    #expect(try compare("--model", "a/model", "--model", "d", clip).failed(64, naming: "d", "front-end"))
    // One bad file does not stop the others.
    let mixed = try compare("--model", "a/model", "--model", "b/model", "missing.wav", clip, "--output", "mixed")
    #expect(mixed.status == 66 && folder.files(in: "mixed").contains("angry-001.saliency.png"), "\(mixed)")
  }
}
