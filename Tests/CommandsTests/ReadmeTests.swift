import Foundation
import Models
import TestSupport
import Testing

@Suite("The README's commands, and make install")
struct ReadmeTests {
  static let repository = Checkout.folder

  /// The lines of the README's ```sh blocks that run the program, in their order, without their comments.
  static func commands() throws -> [String] {
    let text = try String(contentsOf: repository.appendingPathComponent("README.md"), encoding: .utf8)
    return text.components(separatedBy: "```sh\n").dropFirst()
      .flatMap { $0.components(separatedBy: "```")[0].split(separator: "\n") }
      .filter { $0.hasPrefix("undertone ") }
      .map { $0.split(separator: "#")[0].trimmingCharacters(in: .whitespaces) }
  }

  /// As they stand, one after the other, but for `train`, which gets `--epochs 1`: its 200 are for a night.
  @Test("Every command of the README works where the files that it names are")
  func commands() throws {
    let folder = try Folder()
    let speech = WAV().file(voice(seconds: 0.4))
    // Speech of several syllables.
    #expect(
      try folder.undertone("corpus", "synthesize", "--clips", "1", "--speakers", "1", "--output", "made").status == 0)
    let made = String(try #require(folder.lines("made/manifest.csv")[1].split(separator: ",").first))
    try folder.write(folder.contents("made/\(made)"), to: "clip.wav")
    for name in ["recording.wav", "talk.wav", "clips/one.wav", "clips/two.wav"] {
      try folder.write(speech, to: name)
    }
    try folder.write("clip.wav\n", to: "more.txt")
    // Two actors; emotions 01 and 03 to 08, as RAVDESS names its files.
    for (actor, emotion) in [1, 2].flatMap({ actor in [1, 3, 4, 5, 6, 7, 8].map { (actor, $0) } }) {
      let clip = WAV().file(voice(seconds: 0.3 + 0.02 * Double(emotion + 10 * actor)))
      try folder.write(clip, to: "RAVDESS/Actor_0\(actor)/03-01-0\(emotion)-01-01-01-0\(actor).wav")
    }
    try folder.write("path,emotion\nclip.wav,happy\ntalk.wav,fear\n", to: "clips.csv")
    for (part, actor) in [("train", 1), ("test", 2)] {
      try folder.write(
        "{\"wav\": \"downloads/03-01-05-01-01-01-0\(actor).wav\"}\n",
        to: "EmoBox/data/ravdess/fold_1/ravdess_\(part)_fold_1.jsonl")
    }
    // Tiny models in place of those that are downloaded.
    for (name, fixture) in [
      ("hubert-large-superb-er", "hubert-base-er"), ("hubert-base-ls960", "hubert-bare"),
      ("hubert-large-ll60k", "distilhubert-bare"), ("convnext-base-224", "convnext"),
    ] {
      try FileManager.default.copyItem(
        at: Checkout.fixture("encoders/\(fixture)"), to: URL(fileURLWithPath: folder.path(name)))
    }
    let commands = try Self.commands()
    #expect(
      Set(commands.map { $0.split(separator: " ")[1] }).isSuperset(of: ["explain", "predict", "train", "figures"]))
    let path = "PATH='\(program.deletingLastPathComponent().path)':$PATH"
    for command in commands {
      let line = command.hasPrefix("undertone train") ? "\(command) --epochs 1" : command
      let run = try folder.start(["-c", "\(path); \(line)"], executable: URL(fileURLWithPath: "/bin/sh")).finish()
      #expect(run.status == 0 && !run.output.isEmpty, "\(line): \(run)")
    }
    #expect(
      folder.files(in: "output").sorted() == [
        "attack", "certify", "compare", "corpus", "counterfactual", "cues", "curves", "decompose", "edit", "emobox",
        "evaluate", "explain", "features", "figures", "flips", "folds", "layers", "modalities", "predict", "response",
        "stability", "states", "train", "trust",
      ])
  }

  @Test("make install: the link in bin finds the model that was installed beside the program")
  func install() throws {
    let folder = try Folder()
    let prefix = folder.path("my programs")
    for _ in 1...2 {
      // What is built already is not built again.
      let run = try folder.start(
        [
          "--no-print-directory", "-C", Self.repository.path, "install", "-o", "build", "PREFIX=\(prefix)",
          "UNDERTONE=\(program.path)",
        ], executable: URL(fileURLWithPath: "/usr/bin/make")
      ).finish()
      #expect(run.status == 0 && run.output.first == "installed \(prefix)/bin/undertone", "\(run)")
      #expect(run.output.last?.contains("export PATH=\"\(prefix)/bin:$PATH\"") == true)
    }
    #expect(folder.files(in: "my programs/lib/undertone") == ["undertone", "undertone_Models.resources"])
    // Another model in its place, because the one of the sources is found from anywhere on this machine.
    try TrainedModel(untrained: .init(architecture: .cnnlstm), seed: 1)
      .write(to: "\(prefix)/lib/undertone/undertone_Models.resources/BuiltIn")
    let doctor = try folder.start(["doctor"], executable: URL(fileURLWithPath: "\(prefix)/bin/undertone")).finish()
    #expect(doctor.output.last?.hasPrefix("built-in model: CNNLSTM, works") == true, "\(doctor)")
  }
}
