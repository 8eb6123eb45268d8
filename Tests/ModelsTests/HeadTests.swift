import Basics
import Foundation
import TestSupport
import Testing

@testable import Encoders
@testable import Layers
@testable import Models
@testable import Tensors

/// Heads of SpeechBrain and Vox-Profile against what Tests/Fixtures/heads.py computes from their formulas.
@Suite("Heads in other layouts than transformers'")
struct HeadTests {
  private static func folder(_ name: String) -> String { Checkout.fixture("heads/\(name)").path }

  @Test(
    "Outputs and gradients at the waveform",
    arguments: ["speechbrain-er", "vox-profile-er", "vox-profile-dimensions"])
  func values(name: String) throws {
    let expected = ReferenceNumbers("heads/\(name)/expected.safetensors")
    let network = try TrainedModel(folder: Self.folder(name)).network
    let waveform = try expected.array("waveform").variable()
    let lengths = try expected.array("lengths").floats.map { Int($0) }
    let logits = network(NetworkInput([.waveform: waveform], lengths: lengths), .inference)
    #expect(try relativeDistance(logits, expected.array("logits")) < 2e-5)
    let found = Tensors.gradients(of: logits.slice(axis: 1, 0..<1).sum(), at: [waveform])[0]
    #expect(try relativeDistance(found, expected.array("gradient")) < 1e-4)
  }

  @Test("What SpeechBrain's folder is")
  func speechBrain() throws {
    let found = try ModelDescription(folder: Self.folder("speechbrain-er"))
    #expect(found.classes == ["neu", "ang", "hap", "sad"] && found.title == "wav2vec 2.0")
    #expect(found.encoder?.normalizes == true && found.encoder?.heads == 1)
    #expect(found.files == ["hyperparams.yaml", "wav2vec2.ckpt", "model.ckpt", "label_encoder.txt"])
    #expect(found.notes.contains { $0.contains("noise") })
    #expect(try DownloadedModel(folder: Self.folder("speechbrain-er")).preprocessing.epsilon == 1e-5)
  }

  @Test("What Vox-Profile's folders are")
  func voxProfile() throws {
    let found = try ModelDescription(folder: Self.folder("vox-profile-er"))
    #expect(found.classes.count == 9 && found.classes.first == "Anger" && found.dimensions.isEmpty)
    #expect(found.leftOut.count == 16 && found.leftOut.contains("detailed_out_layer.2.weight"))
    #expect(found.notes.contains { $0.contains("LoRA") } && found.encoder?.normalizes == true)
    let numbers = try ModelDescription(folder: Self.folder("vox-profile-dimensions"))
    #expect(numbers.dimensions == ["arousal", "valence", "dominance"] && numbers.classes.isEmpty)
    #expect(numbers.head?.hasSuffix("sigmoid") == true && numbers.encoder?.padding == "alone")
  }

  @Test("A model of these layouts is written as Undertone's own, and read again")
  func written() throws {
    for name in ["speechbrain-er", "vox-profile-er", "vox-profile-dimensions"] {
      let model = try TrainedModel(folder: Self.folder(name))
      let folder = try FreshFolder()
      try model.write(to: folder.path)
      let again = try TrainedModel(folder: folder.path)
      let input = NetworkInput([.waveform: sampled([1, 2000], 4)])
      #expect(again.configuration == model.configuration)
      #expect(again.network(input, .inference).floats == model.network(input, .inference).floats)
    }
  }

  private func copy(of name: String) throws -> FreshFolder {
    let folder = try FreshFolder()
    for file in try FileManager.default.contentsOfDirectory(atPath: Self.folder(name)) where !file.hasPrefix("exp") {
      try folder.write(Data(contentsOf: URL(fileURLWithPath: "\(Self.folder(name))/\(file)")), to: file)
    }
    return folder
  }

  /// What a folder of these fixtures with something wrong is refused with.
  private func refusal(of name: String, _ change: (FreshFolder) throws -> Void) throws -> String {
    let folder = try copy(of: name)
    try change(folder)
    let line = "\(try #require(throws: (any Error).self) { try TrainedModel(folder: folder.path) })"
    #expect(line.hasPrefix(folder.path) && !line.contains(where: \.isNewline), "\(line)")
    return line
  }

  @Test("Folders that are something else are refused in one line")
  func refused() throws {
    func replace(_ old: String, _ new: String, in file: String) -> (FreshFolder) throws -> Void {
      return { folder in
        let text = String(decoding: try folder.contents(file), as: UTF8.self)
        #expect(text.contains(old))
        try folder.write(text.replacing(old, with: new), to: file)
      }
    }
    let brain = "speechbrain-er"
    #expect(
      try refusal(of: brain, replace("norm: True", "norm: False", in: "hyperparams.yaml")).contains("output_norm"))
    #expect(try refusal(of: brain, replace("std: False", "std: True", in: "hyperparams.yaml")).contains("return_std"))
    #expect(try refusal(of: brain, replace("=> 3", "=> 4", in: "label_encoder.txt")).contains("no label for each"))
    #expect(try refusal(of: brain, replace("=> 3", "=> 2", in: "label_encoder.txt")).contains("two labels of output 2"))
    #expect(try refusal(of: brain, replace("'sad' => 3\n", "", in: "label_encoder.txt")).contains("3 labels"))
    #expect(try refusal(of: brain) { try $0.remove("model.ckpt") }.contains("model.ckpt"))
    #expect(try refusal(of: brain) { try $0.remove("label_encoder.txt") }.contains("no such file"))
    let vox = "vox-profile-er"
    #expect(try refusal(of: vox, replace("wavlm_large", "whisper_large", in: "config.json")).contains("whisper_large"))
    #expect(
      try refusal(of: vox, replace("output\": true", "output\": false", in: "config.json")).contains("use_conv_output"))
    #expect(try refusal(of: vox) { try $0.remove("model.safetensors") }.contains("no weights"))
    #expect(
      try refusal(of: vox) { folder in
        try folder.editWeights { $0[$0.keys.filter { $0.hasSuffix("lora_B") }.min()!] = nil }
      }.contains("lora_A does not fit"))
    #expect(
      try refusal(of: vox) { folder in try folder.editWeights { $0["weights"] = nil } }.contains("weights is missing"))
  }

  @Test("Damaged settings: an error or a model that predicts", arguments: ["speechbrain-er", "vox-profile-er"])
  func damaged(name: String) throws {
    var generator = SeededGenerator(seed: 11)
    let folder = try copy(of: name)
    let files = ["config.json", "hyperparams.yaml", "label_encoder.txt"].filter {
      FileManager.default.fileExists(atPath: folder.path($0))
    }
    for number in 0..<60 {
      let file = files[number % files.count]
      let text = try folder.contents(file)
      try folder.write(BadFolderTests.mutated(Array(text), using: &generator), to: file)
      do {
        let model = try TrainedModel(folder: folder.path)
        let logits = model.network(NetworkInput([.waveform: sampled([1, 800], 3)]), .inference)
        #expect(logits.shape == [1, model.outputs.count])
      } catch {
        #expect(!"\(error)".contains(where: \.isNewline) && "\(error)".count < 2000, "\(error)")
      }
      try folder.write(text, to: file)
    }
  }
}
