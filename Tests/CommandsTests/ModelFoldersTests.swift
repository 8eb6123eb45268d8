import Foundation
import TestSupport
import Testing

@Suite("Folders of models, as they are downloaded")
struct ModelFoldersTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    for name in ["hubert-base-er", "distilhubert-bare", "wav2vec2-dimensions"] {
      try FileManager.default.copyItem(
        at: Checkout.fixture("encoders/\(name)"), to: folder.url.appendingPathComponent(name))
    }
  }

  @Test("models says what a folder is; one that is not whole is an error, and the others are described")
  func described() throws {
    let run = try folder.undertone("models", "hubert-base-er", "built-in", "distilhubert-bare")
    #expect(run.status == 0 && run.errors.isEmpty)
    #expect(run.output.first == "hubert-base-er: HuBERT (probe)")
    for line in [
      "  labels: neu, hap, ang, sad", "  encoder: HuBERT, 3 layers × 24 × 4 heads", "distilhubert-bare: HuBERT",
    ] {
      #expect(run.output.contains(line), "\(run.output)")
    }
    #expect(run.output.allSatisfy { $0.count <= 80 }, "\(run.output)")

    try FileManager.default.removeItem(atPath: folder.path("hubert-base-er/model.safetensors"))
    let failing = try folder.undertone("models", "hubert-base-er", "nowhere", "wav2vec2-dimensions")
    #expect(failing.status == 65 && failing.errors.count == 3)
    #expect(failing.output.contains("  dimensions: arousal, dominance, valence"))
    #expect(try folder.undertone("models", "nowhere").failed(66, naming: "nowhere", "no such model folder"))
  }

  @Test("models get prints commands, and says of a folder that is there whether it is whole")
  func get() throws {
    let list = try folder.undertone("models", "get")
    #expect(list.status == 0 && list.output.contains { $0.hasPrefix("facebook/hubert-base-ls960: ") })
    let run = try folder.undertone("models", "get", "superb/hubert-base-superb-er")
    #expect(run.status == 0 && run.output.count { $0.hasPrefix("curl ") } == 3)
    #expect(run.output.contains { $0.hasPrefix("or: hf download superb/hubert-base-superb-er config.json") })
    let there = try folder.undertone("models", "get", "hubert-base-superb-er", "--to", "hubert-base-er")
    #expect(there.status == 0 && there.output.last?.contains("whole") == true)
    try FileManager.default.removeItem(atPath: folder.path("hubert-base-er/config.json"))
    let broken = try folder.undertone("models", "get", "hubert-base-superb-er", "--to", "hubert-base-er")
    #expect(broken.status == 65 && broken.errors.first?.contains("config.json") == true)
    #expect(try folder.undertone("models", "get", "superb/none").failed(64, naming: "superb/none"))
  }

  @Test("A downloaded model predicts, and labels in other words are its classes")
  func evaluated() throws {
    #expect(
      try folder.undertone("corpus", "synthesize", "--clips", "1", "--speakers", "2", "--output", ".").status == 0)
    let rows = try folder.lines("manifest.csv")
    let kept = rows.dropFirst().filter { $0.contains(/angry|happy|neutral|sadness/) }
    try folder.write((rows.prefix(1) + kept).joined(separator: "\n") + "\n", to: "four.csv")
    let run = try folder.undertone("evaluate", "--model", "hubert-base-er", "--data", "four.csv")
    #expect(run.status == 0 && run.output.first?.hasPrefix("clips \(kept.count) of ") == true, "\(run.errors)")
    let all = try folder.undertone("evaluate", "--model", "hubert-base-er", "--data", "manifest.csv")
    #expect(all.status == 65 && all.errors.count == 1)
    let clip = String(try #require(kept.first?.split(separator: ",").first))
    let predicted = try folder.undertone("predict", clip, "--model", "hubert-base-er", "--json")
    #expect(predicted.status == 0 && predicted.output.first?.contains("\"hap\":") == true)
    #expect(
      try folder.undertone("predict", clip, "--model", "distilhubert-bare")
        .failed(65, naming: "without a head", "--encoder"))
  }
}
