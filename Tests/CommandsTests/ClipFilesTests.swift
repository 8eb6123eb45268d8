import Foundation
import TestSupport
import Testing

@Suite("Files, folders, lists and standard input")
struct ClipFilesTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    let clip = WAV().file(voice(seconds: 0.5))
    for name in ["a/one.wav", "a/b/two.wav", "a/b/.hidden.wav", "three.wav", "-x.wav"] {
      try folder.write(clip, to: name)
    }
    try folder.write("no sound", to: "a/notes.txt")
  }

  private func names(_ run: Run) -> [String] { run.output.compactMap { $0.components(separatedBy: ": ").first } }

  @Test("A folder is all audio files below it; a list has a path a line; both go together with files")
  func all() throws {
    try folder.write("# my clips\n\n  three.wav  \na/b\n", to: "list.txt")
    let run = try folder.undertone("predict", "a", "@list.txt", "three.wav", "--", "-x.wav")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(names(run) == ["a/b/two.wav", "a/one.wav", "three.wav", "a/b/two.wav", "three.wav", "-x.wav"])
  }

  @Test("- is standard input, once")
  func standardInput() throws {
    let whole = try folder.undertone("predict", "three.wav")
    for arguments in ["predict - < three.wav", "predict - < <(cat three.wav)"] {
      let run = try folder.start(
        ["-c", "exec \"$0\" \(arguments)", program.path], executable: URL(fileURLWithPath: "/bin/bash")
      ).finish()
      #expect(run.output == whole.output.map { $0.replacingOccurrences(of: "three.wav", with: "-") }, "\(run)")
    }
    let explained = try folder.start(
      ["-c", "exec \"$0\" explain - --output o < three.wav", program.path],
      executable: URL(fileURLWithPath: "/bin/bash")
    ).finish()
    #expect(explained.status == 0 && !folder.files(in: "o").isEmpty, "\(explained)")
    #expect(folder.files(in: "o").allSatisfy { $0.hasPrefix("stdin.") })
    #expect(try folder.undertone("predict", "-", "-").failed(64, naming: "standard input", "twice"))
  }

  @Test("What holds no clips is refused in one line")
  func refused() throws {
    try folder.write("", to: "empty.txt")
    try folder.write("x", to: "none/x.txt")
    #expect(try folder.undertone("predict").failed(64, naming: "no clips"))
    #expect(try folder.undertone("predict", "none").failed(65, naming: "none", "no audio files"))
    #expect(try folder.undertone("predict", "@empty.txt").failed(64, naming: "empty.txt", "no files"))
    #expect(try folder.undertone("predict", "@missing.txt").failed(66, naming: "missing.txt", "No such file"))
  }

  @Test("A pipe that nobody writes to is refused, and does not wait")
  func pipe() throws {
    #expect(mkfifo(folder.path("pipe.wav"), 0o600) == 0)
    #expect(try folder.undertone("predict", "pipe.wav").failed(65, naming: "pipe.wav", "not a regular file"))
  }
}
