import Foundation
import Models
import TestSupport
import Testing

@Suite("Trainings around pretrained parts")
struct PretrainedTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    let run = try folder.undertone("corpus", "synthesize", "--clips", "3", "--speakers", "2", "--output", "corpus")
    try #require(run.status == 0, "\(run)")
  }

  private func train(_ arguments: String...) throws -> Run { try train(arguments) }

  private func train(_ arguments: [String]) throws -> Run {
    try folder.undertone(["train"] + arguments + ["--data", "corpus/manifest.csv", "--seed", "3"])
  }

  private func history(_ model: String) throws -> [String] {
    try folder.lines("\(model)/history.csv").map { String($0[..<$0.lastIndex(of: ",")!]) }
  }

  @Test(
    "Two epochs and a third after --resume are the same as three at once, and the model explains",
    arguments: [
      ["probe", "--encoder", "tiny-random"], ["probe", "--encoder", "tiny-random", "--head", "dense"],
      ["hubertft", "--encoder", "tiny-random"],
      ["hubertft", "--encoder", "tiny-random", "--train-layers", "1", "--precision", "bfloat16"],
    ])
  func resume(arguments: [String]) throws {
    let data = ["--data", "corpus/manifest.csv", "--seed", "3", "--batch", "8"]
    let whole = try folder.undertone(["train"] + arguments + data + ["--epochs", "3", "--output", "whole"])
    #expect(whole.status == 0, "\(whole)")
    #expect(
      try folder.undertone(["train"] + arguments + data + ["--epochs", "2", "--output", "parts"]).status == 0)
    let more = try folder.undertone("train", "--resume", "parts", "--epochs", "3")
    #expect(more.status == 0, "\(more)")
    #expect(try history("parts") == history("whole"))
    #expect(try folder.contents("parts/model.safetensors") == folder.contents("whole/model.safetensors"))
    #expect(!folder.files(in: "output/states").isEmpty)
    let clip = try #require(folder.files(in: "corpus").first { $0.hasSuffix(".wav") } ?? folder.anyClip())
    let explained = try folder.undertone("explain", "corpus/\(clip)", "--model", "whole", "--output", "figures")
    #expect(explained.status == 0 && explained.errors.isEmpty, "\(explained)")
  }

  @Test("bfloat16 changes a training's numbers a little, and its weights stay float32")
  func precision() throws {
    func loss(_ name: String, _ options: String...) throws -> Double {
      let run = try train(
        ["hubertft", "--encoder", "tiny-random", "--epochs", "1", "--batch", "8", "--output", name] + options)
      #expect(run.status == 0, "\(run)")
      return try #require(Double(folder.lines("\(name)/history.csv")[1].split(separator: ",")[1]))
    }
    let (exact, rounded) = (try loss("exact"), try loss("rounded", "--precision", "bfloat16"))
    #expect(exact != rounded && abs(rounded / exact - 1) < 0.02)
    let model = try TrainedModel(folder: folder.path("rounded"))
    #expect(model.configuration.training["precision"] == "bfloat16")
    let head = try #require(model.network.namedParameters.first { $0.name == "head.weight" }?.parameter)
    #expect(head.value.floats.contains { $0.bitPattern & 0xffff != 0 })
    let refused = try folder.undertone("train", "cnnatt", "--data", "corpus/manifest.csv", "--precision", "bfloat16")
    #expect(refused.status == 64 && refused.errors[0].contains("--precision has no effect on cnnatt"), "\(refused)")
  }

  @Test("A model that answers in bfloat16 says nearly the same, under another digest")
  func answers() throws {
    #expect(try train("hubertft", "--encoder", "tiny-random", "--epochs", "1", "--output", "model").status == 0)
    let clip = "corpus/\(try #require(folder.anyClip()))"
    struct Prediction: Decodable { let probabilities: [String: Double] }
    func probabilities(_ options: String...) throws -> [Double] {
      let run = try folder.undertone(["predict", clip, "--model", "model", "--json"] + options)
      #expect(run.status == 0, "\(run)")
      let prediction: Prediction = try decoded(#require(run.output.first))
      return prediction.probabilities.sorted { $0.key < $1.key }.map(\.value)
    }
    let (exact, rounded) = (try probabilities(), try probabilities("--precision", "bfloat16"))
    #expect(exact != rounded && zip(exact, rounded).allSatisfy { abs($0 - $1) < 0.01 })
    let plain = try TrainedModel(folder: folder.path("model"))
    let read = plain.reading(in: .bfloat16)
    #expect(read.digest == "\(plain.digest) bfloat16" && read.pass().precision == .bfloat16)
    // What rules share out adds up exactly.
    #expect(read.pass(.rescale).precision == .float32)
    let explained = try folder.undertone(
      "explain", clip, "--model", "model", "--precision", "bfloat16", "--method", "integrated-gradients", "--output",
      "e")
    #expect(explained.status == 0, "\(explained)")
    for command in [["predict", clip], ["serve", "--port", "0"]] {
      let small = try folder.undertone(command + ["--precision", "bfloat16"])
      #expect(small.status == 64 && small.errors[0].contains("--precision has no effect on built-in"), "\(small)")
    }
    let wrong = try folder.undertone("predict", clip, "--model", "model", "--precision", "float16")
    #expect(wrong.status == 64 && wrong.errors.contains { $0.contains("float16") }, "\(wrong)")
  }

  @Test("MMFUSION trains around a tiny encoder and a tiny ConvNeXt")
  func fusion() throws {
    let run = try train(
      "mmfusion", "--encoder", "tiny-random", "--convnext", "tiny-random", "--epochs", "1", "--batch", "8")
    #expect(run.status == 0, "\(run)")
    let model = try TrainedModel(folder: folder.path("output/train/mmfusion"))
    #expect(model.network is MMFUSION)
  }

  @Test("MMFUSION's final training: the report's milestones, layers computed again, only the last ones learning")
  func finalFusion() throws {
    func train(_ name: String, _ options: String...) throws -> Run {
      try self.train(
        [
          "mmfusion", "--encoder", "tiny-random", "--convnext", "tiny-random", "--final", "--epochs", "2", "--batch",
          "8",
        ]
          + options + ["--output", name])
    }
    let kept = try train("kept", "--train-layers", "1")
    #expect(kept.status == 0, "\(kept)")
    #expect(try train("again", "--train-layers", "1", "--recompute").status == 0)
    #expect(try folder.contents("kept/model.safetensors") == folder.contents("again/model.safetensors"))
    #expect(try train("none", "--train-layers", "0").status == 0)
    // The same seed draws the same weights before training.
    func weights(_ name: String) throws -> [String: [Float]] {
      let network = try TrainedModel(folder: folder.path(name)).network
      return Dictionary(uniqueKeysWithValues: network.weights.map { ($0.name, $0.value.floats) })
    }
    let (one, none) = (try weights("kept"), try weights("none"))
    let changed = Set(one.keys.filter { one[$0] != none[$0] })
    #expect(changed.contains { $0.hasPrefix("hubert.encoder.layers.1.") })
    #expect(changed.contains { $0.hasPrefix("convnext.encoder.stages.3.layers.0.") })
    for frozen in ["hubert.encoder.layers.0.", "hubert.feature", "convnext.embeddings", "convnext.encoder.stages.2."] {
      #expect(!changed.contains { $0.hasPrefix(frozen) }, "\(frozen)")
    }
  }

  @Test("A downloaded encoder is taken as it is, and named when it is another at --resume")
  func downloaded() throws {
    let encoders = Checkout.fixture("encoders")
    let bare = encoders.appendingPathComponent("hubert-bare").path
    let run = try train("hubertft", "--encoder", bare, "--epochs", "1", "--batch", "8", "--output", "model")
    #expect(run.status == 0, "\(run)")
    let trained = try TrainedModel(folder: folder.path("model")).network
    let name = "hubert.feature_projection.projection.weight"
    let own = try DownloadedModel(folder: bare).tensors[name]?.tensor.floats
    #expect(own != nil && trained.parameters.first { $0.name == name }?.value.floats == own)

    let other = encoders.appendingPathComponent("distilhubert-bare").path
    let resumed = try folder.undertone("train", "--resume", "model", "--epochs", "2", "--encoder", other)
    #expect(resumed.status == 65, "\(resumed)")
  }

  @Test("Probes of an encoder that was trained on the clips warn of it, as evaluate does")
  func probes() throws {
    struct Line: Decodable {
      struct Census: Decodable { let clips, trainedOn: Int }
      let trainingData: Census
      let warnings: [String]
    }
    let trained = try train(
      "hubertft", "--encoder", "tiny-random", "--train-layers", "1", "--epochs", "1", "--batch", "8", "--output",
      "model")
    #expect(trained.status == 0, "\(trained)")
    func probe(_ encoder: String) throws -> (run: Run, line: Line) {
      let run = try folder.undertone("layers", encoder, "--data", "corpus/manifest.csv", "--folds", "2", "--json")
      return (run, try decoded(#require(run.output.first)))
    }
    let own = try probe("model")
    #expect(own.line.trainingData.clips == 21 && own.line.trainingData.trainedOn > 10, "\(own)")
    #expect(own.line.warnings.first?.hasPrefix("model was trained on ") == true)
    #expect(own.run.warnings.contains("undertone: warning: \(own.line.warnings[0])"))
    let other = try probe("tiny-random")
    #expect(other.line.trainingData.clips == 0 && other.line.warnings.isEmpty && other.run.warnings.isEmpty)
  }

  @Test("What is missing or has no effect is said")
  func wrong() throws {
    #expect(try train("hubertft").failed(64, naming: "hubertft needs --encoder", "tiny-random"))
    #expect(try train("mmfusion", "--encoder", "tiny-random").failed(64, naming: "--convnext"))
    #expect(try train("cnnatt", "--encoder", "tiny-random").failed(64, naming: "--encoder has no effect"))
    #expect(try train("hubertft", "--encoder", "tiny-random", "--head", "dense").failed(64, naming: "--head"))
    #expect(
      try train("hubertft", "--encoder", "tiny-random", "--train-layers", "3").failed(64, naming: "has 2 layers"))
    #expect(try train("probe", "--encoder", "nowhere").failed(66, naming: "nowhere"))
    #expect(
      try train("probe", "--encoder", "tiny-random", "--cache-limit", "0.0000001").failed(
        65, naming: "the limit", "--cache-limit"))
  }
}

extension Folder {
  /// A clip of the synthetic corpus, below its folder.
  fileprivate func anyClip() -> String? {
    guard let names = FileManager.default.enumerator(atPath: path("corpus")) else { return nil }
    return names.compactMap { $0 as? String }.filter { $0.hasSuffix(".wav") || $0.hasSuffix(".flac") }.min()
  }
}
