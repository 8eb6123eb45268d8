import Foundation
import Models
import TestSupport
import Testing

@Suite("Files and limits that attack")
struct HostileFilesTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 0.5)), to: "clip.wav")
  }

  /// A file of 5 GB that takes no room.
  private func sparse(_ name: String) throws {
    try folder.write("", to: name)
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path(name)))
    try file.truncate(atOffset: 5 << 30)
    try file.close()
  }

  @Test("Control characters and marks of direction in a manifest reach no terminal")
  func escapes() throws {
    for name in ["one.wav", "two.wav"] { try folder.write(folder.contents("clip.wav"), to: name) }
    let (label, rest) = ("ang\u{1B}[31mry", "o\u{202E}rigin,spea\u{07}ker")
    try folder.write(
      "path,emotion,origin,speaker\nclip.wav,\(label),\(rest)\none.wav,\(label),\(rest)2\ntwo.wav,fear,\(rest)3\n",
      to: "clips.csv")
    for command in [
      "evaluate --data clips.csv", "corpus describe clips.csv", "corpus split clips.csv --by clip",
      "train cnnatt --data clips.csv --by clip --epochs 1 --batch 2",
    ] {
      let run = try folder.undertone(command.split(separator: " ").map(String.init))
      let said = run.output + run.errors
      #expect(!said.isEmpty)
      for line in said {
        #expect(!line.unicodeScalars.contains { $0.value < 0x20 || (0x202A...0x202E).contains($0.value) }, "\(command)")
      }
    }
    let described = try folder.undertone("corpus", "describe", "clips.csv")
    #expect(described.output.contains { $0.contains("\\u001b[31m") }, "\(described)")
  }

  @Test("A file without an end is refused at once, as a manifest, a list, a configuration, and as a pipe")
  func endless() throws {
    try TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1).write(to: folder.path("model"))
    try sparse("big.csv")
    #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
    for name in ["big.csv", "pipe"] {
      for command in [["evaluate", "--data", name], ["predict", "@\(name)"]] {
        let run = try folder.undertone(command)
        #expect((65...66).contains(run.status) && run.errors.count == 1 && run.errors[0].contains(name), "\(run)")
      }
    }
    try sparse("model/config.json")
    let run = try folder.undertone("predict", "clip.wav", "--model", "model")
    #expect((65...66).contains(run.status) && run.errors.count == 1 && run.errors[0].contains("config.json"), "\(run)")
  }

  #if os(Linux)
    @Test("Without memory for the libraries the program says so, and does not hang", arguments: [200_000, 400_000])
    func memory(kilobytes: Int) throws {
      let run = try folder.undertone(after: "ulimit -v \(kilobytes)", "predict", "clip.wav")
      #expect(run.failed(70, naming: "out of memory"), "\(run)")
    }
  #endif

  @Test("What a killed run left beside its files is gone after the next one; a file of one's own stays")
  func leftovers() throws {
    try folder.write("half", to: "output/explain/.undertone-999999-0")
    try folder.write("mine", to: "output/explain/.mine")
    #expect(try folder.undertone("explain", "clip.wav", "--input", "mfcc").status == 0)
    #expect(folder.files(in: "output/explain") == [".mine", "clip.saliency.png"])
  }

  @Test("A training that is repeated has the same picture of its curves, to the byte")
  func samePicture() throws {
    #expect(try folder.undertone("corpus", "synthesize", "--clips", "2", "--output", "c").status == 0)
    func curves() throws -> Data {
      let run = try folder.undertone(
        "train", "cnnatt", "--data", "c/manifest.csv", "--epochs", "2", "--batch", "4", "--overwrite", "--output", "m")
      #expect(run.status == 0, "\(run)")
      return try folder.contents("m/curves.png")
    }
    #expect(try curves() == curves())
  }
}
