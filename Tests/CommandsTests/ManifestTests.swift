import Foundation
import Models
import TestSupport
import Testing

@Suite("Manifests as users write them")
struct ManifestTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    for name in ["one.wav", "clips/two.wav", "clips/Grüße, 世界 😀.wav"] {
      try folder.write(WAV().file(voice(seconds: 0.3)), to: name)
    }
  }

  @Test(
    "A manifest that cannot be used: exit 65 with one line that names it, and its line where there is one",
    arguments: [
      ("", "lists no clips"), ("\u{FEFF}", "lists no clips"), ("path,emotion\n", "lists no clips"),
      ("\n\r\n\n", "lists no clips"), ("path,emotion\n,angry\none.wav,\n", "2 rows"),
      ("emotion,origin\nangry,x\n", "\"path\""), ("path,origin\none.wav,x\n", "\"emotion\""),
      ("path;emotion\none.wav;angry\n", "\"path\""),
      ("path,emotion\none.wav,\"angry\n", "line 2: a quote is opened"),
      ("path,emotion\n\"one.wav\"x,angry\n", "line 2: text follows"),
      ("path,emotion\none.wav,angry,more\n", "line 2: 3 fields"),
      ("RIFF 1234 WAVEfmt ", "\"path\""),
    ])
  func unusable(text: String, reason: String) throws {
    try folder.write(text, to: "clips.csv")
    for command in [
      ["evaluate", "--data"], ["figures", "--data"], ["train", "cnnatt", "--data"], ["corpus", "split"],
    ] {
      let run = try folder.undertone(command + ["clips.csv"])
      #expect(run.failed(65, naming: "clips.csv", reason), "\(command): \(run)")
    }
  }

  @Test("Not UTF-8, not there, a folder")
  func unreadable() throws {
    try folder.write([0x70, 0xFF, 0xFE, 0x00], to: "binary.csv")
    #expect(try folder.undertone("corpus", "describe", "binary.csv").failed(65, naming: "binary.csv", "UTF-8"))
    #expect(try folder.undertone("evaluate", "--data", "no.csv").failed(66, naming: "no.csv: no such manifest"))
    #expect(
      try folder.undertone("figures", "--data", "clips").failed(
        65, naming: "clips: none", "manifest.csv", "path and emotion"))
    let pipe = try folder.start(
      ["-c", "printf 'path,emotion\\none.wav,fear\\n' | \"$0\" evaluate --data /dev/stdin", program.path],
      executable: URL(fileURLWithPath: "/bin/sh")
    ).finish()
    #expect(pipe.failed(66, naming: "/dev/stdin", "not a regular file"), "\(pipe)")
    // A link to one is one.
    try folder.write("path,emotion\none.wav,fear\n", to: "real.csv")
    try FileManager.default.createSymbolicLink(atPath: folder.path("link.csv"), withDestinationPath: "real.csv")
    #expect(try folder.undertone("evaluate", "--data", "link.csv").status == 0)
    let training = try folder.undertone("train", "cnnatt", "--data", "no.csv")
    #expect(training.failed(66, naming: "no.csv"))
    #expect(folder.files(in: "output/train").isEmpty)
  }

  @Test(
    "CRLF, byte-order mark, quotes, Unicode names, spaces, capitals, other columns: all are read",
    arguments: [
      "path,emotion\none.wav,angry\nclips/two.wav,fear\n\"clips/Grüße, 世界 😀.wav\",happy\n",
      "path,emotion\r\none.wav,angry\r\nclips/two.wav,fear\r\n\"clips/Grüße, 世界 😀.wav\",happy",
      "\u{FEFF}path,emotion\r\none.wav,Angry\r\nclips/two.wav, FEAR \r\n\"clips/Grüße, 世界 😀.wav\",\"happy\"\r\n",
      ",file_id,Emotion,origin,\"a \"\"note\"\"\"\n0,one.wav,angry,a,\n1,clips/two.wav,fear,a,\"x, y\n\"\n"
        + "2,\"clips/Grüße, 世界 😀.wav\",happy,b,z\n",
    ])
  func usable(text: String) throws {
    try folder.write(text, to: "clips.csv")
    let run = try folder.undertone("evaluate", "--data", "clips.csv", "--json", "--predictions", "predictions.csv")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    let evaluation: EvaluationLine = try decoded(#require(run.output.first))
    #expect(evaluation.clips == 3)
    // Angry, fear and happy have one clip each: in the order of the classes.
    #expect(evaluation.confusion.map { $0.reduce(0, +) } == [1, 0, 1, 1, 0, 0, 0])
    #expect(try folder.lines("predictions.csv").last?.hasPrefix("\"clips/Grüße, 世界 😀.wav\",happy,") == true)
  }

  @Test("- is a manifest from standard input, its paths relative to the current folder; not to train on, nor twice")
  func standardInput() throws {
    try folder.write("path,emotion\none.wav,angry\nclips/two.wav,fear\n", to: "lists/clips.csv")
    for command in ["evaluate --json --data -", "corpus describe - --json"] {
      let run = try folder.start(
        ["-c", "cat lists/clips.csv | \"$0\" \(command)", program.path], executable: URL(fileURLWithPath: "/bin/sh")
      ).finish()
      #expect(run.status == 0 && run.errors.isEmpty && run.output.count == 1, "\(run)")
    }
    // In titles and errors it has its name.
    let shell = URL(fileURLWithPath: "/bin/sh")
    let titled = try folder.start(
      ["-c", "\"$0\" evaluate --html --data - < lists/clips.csv", program.path], executable: shell
    ).finish()
    #expect(titled.status == 0, "\(titled)")
    #expect(try folder.lines("output/evaluate/evaluate.html").contains { $0.contains("built-in on standard input") })
    let bad = try folder.start(
      ["-c", "echo nonsense | \"$0\" evaluate --data -", program.path], executable: shell
    ).finish()
    #expect(bad.failed(65, naming: "undertone: standard input: no column \"path\""), "\(bad)")
    for option in ["--data", "--validation"] {
      let run = try folder.undertone(["train", "cnnatt", "--data", "lists/clips.csv", option, "-"])
      #expect(run.failed(64, naming: "\(option) -", "to resume"), "\(run)")
    }
    #expect(try folder.undertone("compare", "-", "--data", "-", "--model", "a", "--model", "b").status == 64)
    let background = ["explain", "one.wav", "--method", "expected-gradients", "--background", "-"]
    #expect(try folder.undertone(background).failed(64, naming: "--background cannot be standard input"))
  }

  @Test("A folder is the manifest.csv in it, or the clips of a corpus, labelled by their names, which is said")
  func folders() throws {
    for name in ["03-01-05-01-01-01-01.wav", "03-01-06-01-01-01-02.wav", "03-02-05-01-01-01-01.wav"] {
      try folder.write(WAV().file(voice(seconds: 0.3)), to: "corpus/\(name)")
    }
    let named = try folder.undertone("evaluate", "--data", "corpus", "--json")
    #expect(
      named.errors == [
        "undertone: corpus: no manifest.csv; 2 clips of RAVDESS, labelled by their names; left out: 1 song"
      ], "\(named)")
    let evaluation: EvaluationLine = try decoded(#require(named.output.first))
    #expect(evaluation.clips == 2)
    try folder.write("path,emotion\n03-01-05-01-01-01-01.wav,sadness\n", to: "corpus/manifest.csv")
    let listed = try folder.undertone("evaluate", "--data", "corpus/", "--json")
    #expect(listed.status == 0 && listed.errors.isEmpty, "\(listed)")
    #expect(try (decoded(#require(listed.output.first)) as EvaluationLine).clips == 1)
  }

  @Test("Rows with an empty value are left out, which is said")
  func emptyValues() throws {
    try folder.write("path,emotion\none.wav,angry\n,fear\nclips/two.wav,\nclips/two.wav,fear\n", to: "clips.csv")
    let run = try folder.undertone("evaluate", "--data", "clips.csv", "--json")
    #expect(run.status == 0)
    #expect(run.errors == ["undertone: clips.csv: left out rows with an empty value: 2"])
    #expect(try (decoded(#require(run.output.first)) as EvaluationLine).clips == 2)
  }

  @Test("Clips that are missing or damaged are reported, the rest is used, and the exit says so")
  func missingClips() throws {
    try folder.write("no sound", to: "bad.wav")
    try folder.write(
      "path,emotion,speaker\none.wav,angry,a\ngone.wav,angry,a\nbad.wav,fear,a\nclips/two.wav,fear,b\n", to: "clips.csv"
    )
    for command in [["evaluate"], ["figures"], ["train", "cnnatt", "--validation", "clips.csv", "--epochs", "1"]] {
      let run = try folder.undertone(command + ["--data", "clips.csv"])
      #expect(run.status == 66, "\(command): \(run)")
      #expect(run.errors.contains { $0.contains("gone.wav: no such file") })
      #expect(run.errors.contains { $0.contains("bad.wav: not audio") })
      #expect(run.errors.last?.hasSuffix("files failed") == true)
      #expect(!run.output.isEmpty)
    }
    #expect(folder.files(in: "output/train/cnnatt").contains("model.safetensors"))
    let description = try folder.undertone("corpus", "describe", "clips.csv", "--json")
    #expect(description.status == 66 && description.errors.last == "undertone: 2 of 4 files failed")
  }

  @Test(
    "A space after a comma belongs to no path, unless a file has that very name; what is missing is shown in quotes")
  func spaces() throws {
    let text = "path, emotion\n one.wav, angry\n clips/two.wav , fear\n two.wav, happy\n gone.wav, happy\n"
    try folder.write(text, to: "clips.csv")
    try folder.write(WAV().file(voice(seconds: 0.3)), to: " two.wav")
    let run = try folder.undertone("evaluate", "--data", "clips.csv", "--json")
    #expect(run.status == 66 && run.errors.count == 2, "\(run)")
    #expect(run.errors.first?.hasSuffix("/ gone.wav\": no such file") == true)
    #expect(run.errors.first?.hasPrefix("undertone: \"/") == true)
    #expect(try (decoded(#require(run.output.first)) as EvaluationLine).clips == 3)
  }

  @Test("A class without clips has no recall; files are counted that were tried")
  func nothingOf() throws {
    try folder.write(
      "path,emotion\ngone.wav,angry\n" + String(repeating: "one.wav,fear\n", count: 10), to: "clips.csv")
    let text = try folder.undertone("evaluate", "--data", "clips.csv").output
    #expect(text.first { $0.hasPrefix("angry ") }?.hasSuffix(" no clips") == true)
    #expect(text.first { $0.hasPrefix("fear ") }?.contains("no clips") == false)
    let sheets = try folder.undertone("figures", "--data", "clips.csv", "--clips", "1")
    #expect(sheets.errors.last == "undertone: 1 of 2 files failed", "\(sheets)")
  }

  @Test("An emotion that the model has no class for is refused where it would be explained")
  func unknownClass() throws {
    try TrainedModel(untrained: .init(architecture: .cnnatt, classes: ["angry", "fear"]), seed: 1)
      .write(to: folder.path("model"))
    try folder.write("path,emotion\none.wav,angry\nclips/two.wav,happy\n", to: "clips.csv")
    for command in [["evaluate"], ["figures", "--target", "label"]] {
      let run = try folder.undertone(command + ["--data", "clips.csv", "--model", "model"])
      #expect(run.failed(65, naming: "clips/two.wav: the model has no class happy"), "\(run)")
    }
    let run = try folder.undertone("figures", "--data", "clips.csv", "--model", "model")
    #expect(run.output.count { $0.hasPrefix("output/figures/") && $0.hasSuffix(" clip") } == 2)
  }

  @Test("Not one clip that can be used: the exit status says why, and nothing is written")
  func noClips() throws {
    try folder.write("path,emotion\ngone.wav,angry\naway.wav,fear\n", to: "clips.csv")
    for command in [["evaluate"], ["train", "cnnatt"]] {
      let run = try folder.undertone(command + ["--data", "clips.csv", "--output", "results"])
      #expect(run.status == 66 && run.output.isEmpty, "\(run)")
      #expect(folder.files(in: "results").isEmpty)
    }
    #expect(try folder.undertone("corpus", "describe", "clips.csv").status == 66)
  }

  @Test("What cannot be trained on or split is refused with the reason")
  func untrainable() throws {
    try folder.write("path,emotion\none.wav,angry\nclips/two.wav,angry\n", to: "same.csv")
    try folder.write("path,emotion\none.wav,angry\n", to: "single.csv")
    try folder.write("path,emotion,speaker\none.wav,angry,a\nclips/two.wav,fear,a\n", to: "speaker.csv")
    func train(_ arguments: String...) throws -> Run {
      try folder.undertone(["train", "cnnatt", "--output", "model"] + arguments)
    }
    #expect(try train("--data", "same.csv", "--validation", "same.csv").failed(65, naming: "all are angry"))
    #expect(try train("--data", "single.csv", "--validation", "single.csv").failed(65, naming: "at least 2 clips"))
    #expect(try train("--data", "single.csv").failed(65, naming: "single.csv: 1 clip cannot fill 2 parts"))
    #expect(
      try train("--data", "speaker.csv", "--by", "speaker").failed(65, naming: "speaker.csv: 1 speaker cannot fill"))
    #expect(try train("--data", "same.csv", "--by", "speaker").failed(65, naming: "same.csv: no speaker of one.wav"))
    #expect(folder.files(in: "model").isEmpty)
  }

  @Test("corpus: a folder that is not there, one without clips, one whose names say nothing")
  func scanning() throws {
    #expect(try folder.undertone("corpus", "prepare", "nowhere").failed(66, naming: "nowhere: no such folder"))
    #expect(try folder.undertone("corpus", "prepare", "clips").failed(65, naming: "clips: none of its 2 audio files"))
    try FileManager.default.createDirectory(atPath: folder.path("void"), withIntermediateDirectories: false)
    #expect(try folder.undertone("corpus", "prepare", "void").failed(65, naming: "void: no clips in it"))
    #expect(folder.files(in: "output").isEmpty)
    for name in ["03-02-05-01-01-01-01.wav", "03-01-02-01-01-01-01.wav"] { try folder.write("", to: "songs/\(name)") }
    let songs = try folder.undertone("corpus", "prepare", "songs")
    #expect(songs.failed(65, naming: "songs: no clips of speech", "2 files of calm, songs or videos"), "\(songs)")
    try folder.write("", to: "songs/03-01-05-01-01-01-01.wav")
    try FileManager.default.createSymbolicLink(atPath: folder.path("songs/more"), withDestinationPath: "unmounted")
    let run = try folder.undertone("corpus", "prepare", "songs")
    #expect(run.status == 66 && run.errors == ["undertone: songs/more: cannot be read: No such file or directory"])
    #expect(
      run.output == [
        "output/corpus/manifest.csv: 1 clips", "skipped 1 'calm' clip: not one of the seven emotions",
        "skipped 1 song",
      ])
  }
}

/// What `evaluate --json` prints.
struct EvaluationLine: Decodable {
  struct OfClass: Decodable, Equatable {
    let precision, recall, f1: Double?
    let support: Int
  }

  struct Scores: Decodable {
    let clips: Int
    let accuracy, macroF1: Double
    let confusion: [[Int]]
    let byClass: [String: OfClass]
  }

  struct Top: Decodable {
    struct Value: Decodable { let value: Double }
    let hits: Value
  }

  struct Calibration: Decodable {
    struct Bin: Decodable {
      let clips: Int
    }
    let brierScore: Double
    let bins: [Bin]
  }

  let model, data: String
  let clips: Int
  let loss, accuracy, macroF1: Double
  let top: [Top]
  let calibration: Calibration
  let classes: [String]
  let confusion: [[Int]]
  let byClass: [String: OfClass]
  let groups: [String: [String: Scores]]
  let figure: String
  let figures, tables: [String]
}
