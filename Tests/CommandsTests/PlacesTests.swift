import Foundation
import Testing

@Suite("Places that cannot be written to")
struct PlacesTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 0.3)), to: "clip.wav")
    try folder.write("path,emotion\nclip.wav,happy\nclip.wav,fear\n", to: "clips.csv")
  }

  @Test("A file in the output folder's place: exit 73 before the work, and the file stays")
  func fileInPlace() throws {
    try folder.write("mine", to: "taken")
    let commands = [
      ["explain", "clip.wav"], ["evaluate", "--data", "clips.csv"], ["figures", "--data", "clips.csv"],
      ["train", "cnnatt", "--data", "clips.csv"], ["corpus", "split", "clips.csv"], ["corpus", "synthesize"],
    ]
    for command in commands {
      let run = try folder.undertone(command + ["--output", "taken"])
      #expect(run.failed(73, naming: "taken", "cannot be written"), "\(command): \(run)")
    }
    #expect(try folder.undertone("explain", "clip.wav", "--output", "taken/in").failed(73, naming: "taken/in"))
    #expect(try folder.undertone("explain", "clip.wav", "--output", "").failed(73, naming: "cannot be written"))
    #expect(try folder.lines("taken").isEmpty && folder.contents("taken") == Data("mine".utf8))
  }

  @Test("A folder in a result's place")
  func folderInPlace() throws {
    try folder.write("", to: "results/clip.saliency.png/keep")
    let run = try folder.undertone("explain", "clip.wav", "--output", "results")
    #expect(run.failed(73, naming: "results/clip.saliency.png", "cannot be written"), "\(run)")
    #expect(folder.files(in: "results") == ["clip.saliency.png"])
  }

  @Test("A disk that fills up while a result is written: exit 73, no part of a file, and what was there stays")
  func fullDisk() throws {
    #expect(try folder.undertone("explain", "clip.wav", "--output", "results").status == 0)
    let before = try folder.contents("results/clip.saliency.png")
    // A limit on the size of files is met in the middle of writing, as the end of a disk is. 16 blocks of 512 bytes.
    let limit = "trap '' XFSZ; ulimit -f 16"
    for arguments in [["--format", "png"], ["--format", "svg"], ["--format", "pdf"]] {
      let run = try folder.undertone(
        after: limit, "explain", "clip.wav", "--output", "results", arguments[0], arguments[1])
      #expect(run.failed(73, naming: "results/clip.saliency.\(arguments[1])", "cannot be written"), "\(run)")
    }
    #expect(folder.files(in: "results") == ["clip.saliency.png"])
    #expect(try folder.contents("results/clip.saliency.png") == before)
    let training = try folder.undertone(
      after: limit, "train", "cnnatt", "--data", "clips.csv", "--validation", "clips.csv", "--output", "model")
    #expect(training.status == 73 && training.output.isEmpty, "\(training)")
    #expect(training.errors.last?.contains("model") == true)
    #expect(!folder.files(in: "model").contains { $0.hasSuffix(".safetensors") || $0 == "config.json" })
  }

  @Test(
    "Standard output that takes nothing: exit 73, not silence",
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "there is no /dev/full here"))
  func fullOutput() throws {
    for arguments in [["predict", "clip.wav"], ["predict", "--csv", "clip.wav"], ["models"], ["methods"]] {
      let run = try folder.undertone(after: "exec >/dev/full", arguments)
      #expect(run.status == 73, "\(run)")
      #expect(run.errors.first?.contains("standard output: cannot be written: No space left") == true)
    }
  }

  @Test("A reader that leaves: a training goes on to its end, the others end without a word, as by the signal")
  func closedPipe() throws {
    try folder.write(WAV().file(voice(seconds: 0.4)), to: "other.wav")
    try folder.write("path,emotion\nclip.wav,happy\nother.wav,fear\n", to: "two.csv")
    func piped(_ command: String, to reader: String, after setting: String = ":") throws -> (String, [String]) {
      let run = try folder.start(
        ["-c", "\(setting); { \"$0\" \(command); echo $? >status; } | \(reader)", program.path],
        executable: URL(fileURLWithPath: "/bin/sh")
      ).finish()
      return (try folder.lines("status").joined(), run.errors)
    }
    let training = try piped(
      "train cnnatt --data two.csv --validation two.csv --epochs 4 --json --output model", to: "head -n 1")
    #expect(training.0 == "0", "\(training)")
    #expect(try folder.lines("model/history.csv").count == 5)
    #expect(folder.files(in: "model").contains("curves.png"))
    for command in ["predict clip.wav other.wav", "methods", "evaluate --data two.csv", "explain clip.wav other.wav"] {
      // A parent may have had the signal ignored.
      for setting in [":", "trap '' PIPE"] {
        let (status, errors) = try piped(command, to: "true", after: setting)
        #expect(status == "\(128 + SIGPIPE)" && errors.isEmpty, "\(command): \(status) \(errors)")
      }
    }
  }

  @Test("What an earlier run wrote stays when a later one fails")
  func staying() throws {
    #expect(try folder.undertone("explain", "clip.wav", "--arrays").status == 0)
    let names = folder.files(in: "output/explain")
    #expect(names == explainedFiles("clip.saliency"))
    let before = try names.map { try folder.contents("output/explain/\($0)") }
    try folder.write("no sound", to: "clip.wav")
    #expect(try folder.undertone("explain", "clip.wav", "--arrays").failed(65, naming: "clip.wav"))
    #expect(folder.files(in: "output/explain") == names)
    #expect(try names.map { try folder.contents("output/explain/\($0)") } == before)
  }
}
