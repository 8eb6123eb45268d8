import AudioFiles
import Corpora
import Foundation
import TestSupport
import Testing

@Suite("corpus prepare and corpus split")
struct CorpusTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  /// Clips of two corpora, all of different speech: 14 of RAVDESS (two actors), 7 of EmoDB.
  private func writeCorpora() throws {
    let corpus = SyntheticCorpus(clipsPerEmotion: 3, speakers: 3, seed: 4)
    try corpus.write(to: folder.path("speech"))
    let speech = try Manifest.read(folder.path("speech/manifest.csv"))
    let codes = [
      "angry": (5, "W"), "disgust": (7, "E"), "fear": (6, "A"), "happy": (3, "F"), "neutral": (1, "N"),
      "sadness": (4, "T"),
    ]
    for entry in speech.entries {
      let (number, letter) = codes[entry.emotion.rawValue] ?? (8, "L")
      let actor = entry.speaker!.suffix(1)
      let name =
        actor == "3"
        ? "EmoDB/wav/03a01\(letter)a.wav" : "RAVDESS/Actor_0\(actor)/03-01-0\(number)-01-01-01-0\(actor).wav"
      try folder.write(folder.contents("speech/\(entry.path)"), to: name)
    }
  }

  private func prepare(_ arguments: String...) throws -> Run {
    try folder.undertone(["corpus", "prepare"] + arguments)
  }
  private func split(_ arguments: String...) throws -> Run { try folder.undertone(["corpus", "split"] + arguments) }

  @Test("Folders and a manifest become one manifest, whose prepared clips resume and are found from it")
  func prepared() throws {
    try writeCorpora()
    try folder.write(
      ",file_id,emotion,origin\n0,speaker-01/angry-001.wav,angry,ours\n1,gone.wav,fear,ours\n",
      to: "speech/challenge.csv")
    let arguments = ["RAVDESS", "EmoDB", "speech/challenge.csv", "--audio", "audio", "--to", "lists/all.csv"]
    let run = try folder.undertone(["corpus", "prepare"] + arguments)
    #expect(run.status == 66 && run.errors.count == 2, "\(run)")
    #expect(run.errors.first?.contains("gone.wav: no such file") == true)
    #expect(run.errors.last == "undertone: 1 of 23 files failed")
    #expect(
      run.output == [
        "lists/all.csv: 22 clips", "audio: 22 clips written, 0 were there",
        "copies of clips: 1 exact, 0 near, in 1 group, such as ravdess/01/03-01-05-01-01-01-01.flac and "
          + "ours/angry-001.flac",
        "groups across corpora: 1, across speakers: 0, with several emotions: 0",
      ], "\(run)")
    let manifest = try Manifest.read(folder.path("lists/all.csv"))
    #expect(
      try folder.lines("lists/all.csv")[0] == "path,emotion,origin,speaker,sex,age,sentence,intensity,duplicate_group")
    #expect(manifest.entries[0].path == "../audio/ravdess/01/03-01-01-01-01-01-01.flac")
    #expect(manifest.entries.allSatisfy { FileManager.default.fileExists(atPath: manifest.fullPath(of: $0)) })
    #expect(manifest.entries.last?.path == "../audio/ours/angry-001.flac")
    #expect(manifest.entries.filter { $0.duplicateGroup != nil }.count == 2)
    // What a killed run leaves: files that it wrote beside their place, and clips that are not there.
    try folder.write("part", to: "audio/emodb/03/.undertone-999999-0")
    try FileManager.default.removeItem(atPath: folder.path("audio/emodb/03/03a01Wa.flac"))
    let again = try folder.undertone(["corpus", "prepare"] + arguments)
    #expect(again.output[1] == "audio: 1 clips written, 21 were there", "\(again)")
    #expect(try Manifest.read(folder.path("lists/all.csv")).entries == manifest.entries)
    #expect(!folder.files(in: "audio/emodb/03").contains { $0.hasPrefix(".") })
  }

  @Test("Without --audio clips are not opened, unless for --duplicates")
  func manifestOnly() throws {
    try writeCorpora()
    try folder.write("no sound", to: "EmoDB/wav/08a01Wa.wav")
    let plain = try prepare("RAVDESS", "EmoDB", "EmoDB/wav", "--to", "all.csv")
    #expect(plain.status == 0 && plain.errors.isEmpty, "\(plain)")
    #expect(plain.output == ["all.csv: 22 clips", "skipped 8 clips that are listed twice"])
    #expect(try Manifest.read(folder.path("all.csv")).extraColumns == ["sex", "age", "sentence", "intensity"])
    let compared = try prepare("RAVDESS", "EmoDB", "--to", "all.csv", "--duplicates")
    #expect(compared.status == 65 && compared.output == ["all.csv: 21 clips", "no copies of a clip"], "\(compared)")
    #expect(compared.errors.last == "undertone: 1 of 22 files failed")
    #expect(folder.files(in: "").filter { $0 == "audio" }.isEmpty)
  }

  @Test("A folder for clips among the sources is no source; one that cannot be written is named before the work")
  func folders() throws {
    try writeCorpora()
    for _ in 1...2 {
      let run = try prepare(".", "--corpora", "ravdess", "--audio", "prepared")
      #expect(run.status == 0 && run.output.first == "output/corpus/manifest.csv: 14 clips", "\(run)")
    }
    #expect(
      try prepare("prepared", "--audio", "prepared").failed(64, naming: "--audio prepared: all clips are in this"))
    try folder.write("", to: "file")
    #expect(try prepare("RAVDESS", "--audio", "file").failed(73, naming: "file: cannot be written"))
    #expect(try prepare("RAVDESS", "--audio", "").failed(73, naming: "never empty"))
    try folder.write("", to: "taken/ravdess")
    #expect(try prepare("RAVDESS", "--audio", "taken").failed(73, naming: "taken/ravdess"))
    // No room for the first clip: 8 blocks of 512 bytes or of 1 KiB, as shells count.
    let full = try folder.undertone(after: "ulimit -f 8", "corpus", "prepare", "RAVDESS", "--audio", "full")
    #expect(full.failed(73, naming: "full/ravdess/"), "\(full)")
    #expect(folder.files(in: "full/ravdess/01").isEmpty && folder.files(in: "full/ravdess/02").isEmpty)
    #expect(try prepare("gone", "RAVDESS").failed(66, naming: "gone: no such folder"))
    try folder.write("ActorID,Age,Sex\n1001,51,Male\n", to: "table.csv")
    #expect(try prepare("RAVDESS", "table.csv").failed(65, naming: "table.csv: no column \"path\""))
  }

  @Test("A split says what is on both sides and the shares of the emotions, and leaves one out")
  func splits() throws {
    try writeCorpora()
    _ = try prepare("RAVDESS", "EmoDB", "--to", "all.csv")
    let run = try split("all.csv", "--output", "two")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(run.output[2].hasPrefix("on both sides: no speakers, ") && run.output[2].hasSuffix(", no copied clips"))
    #expect(run.output.last?.hasPrefix("validation.csv") == true && run.output.last?.contains("%") == true)
    let left = try split("all.csv", "--leave-one-out", "speaker", "--output", "left")
    #expect(
      left.output.filter { $0.contains("validation.csv:") } == [
        "left/fold-1-validation.csv: 7 clips of 1 speaker: ravdess-01",
        "left/fold-2-validation.csv: 7 clips of 1 speaker: ravdess-02",
        "left/fold-3-validation.csv: 7 clips of 1 speaker: emodb-03",
      ], "\(left)")
    let corpora = try split("all.csv", "--leave-one-out", "corpus", "--output", "corpora")
    #expect(
      folder.files(in: "corpora").count == 4 && corpora.output[1].hasSuffix("14 clips of 2 speakers: ravdess"),
      "\(corpora)")
    #expect(
      try split("all.csv", "--by", "speaker", "--apart", "sentence", "--folds", "3").failed(
        65, naming: "all.csv: 3 speakers form 2 groups when those that share a sentence stay together"))
    let apart = try split("all.csv", "--by", "clip", "--apart", "sentence", "--output", "apart")
    #expect(apart.output.contains { $0.contains("no sentences") } && apart.status == 0, "\(apart)")
  }

  @Test("Published folds are written as they are, with what is missing and whose speakers are on both sides")
  func folds() throws {
    try writeCorpora()
    _ = try prepare("RAVDESS", "--to", "ravdess.csv")
    func jsonLines(_ names: [String]) -> String {
      names.map { "{\"wav\": \"downloads/ravdess/\($0).wav\", \"emo\": \"Angry\"}\n" }.joined()
    }
    let clean = [jsonLines(["03-01-05-01-01-01-01", "03-01-06-01-01-01-01"]), jsonLines(["03-01-05-01-01-01-02"])]
    try folder.write(clean[0], to: "folds/fold_1/ravdess_train_fold_1.jsonl")
    try folder.write(clean[1], to: "folds/fold_1/ravdess_test_fold_1.jsonl")
    try folder.write(clean[0] + jsonLines(["03-01-02-01-01-01-01"]), to: "folds/fold_2/ravdess_train_fold_2.jsonl")
    try folder.write(jsonLines(["03-01-03-01-01-01-01"]), to: "folds/fold_2/ravdess_test_fold_2.jsonl")
    let run = try split("ravdess.csv", "--folds-from", "folds", "--output", "out")
    #expect(run.status == 0, "\(run)")
    #expect(
      run.output.prefix(4) == [
        "out/fold-1-train.csv: 2 clips of 1 speaker", "out/fold-1-test.csv: 1 clip of 1 speaker",
        "out/fold-2-train.csv: 2 clips of 1 speaker", "out/fold-2-test.csv: 1 clip of 1 speaker",
      ])
    #expect(run.output.contains("on both sides: 1 speaker (ravdess-01), 1 sentence (ravdess-01), no copied clips"))
    #expect(run.errors.count == 4, "\(run)")
    #expect(
      run.errors.contains {
        $0.contains("fold 2: 1 of its clips are not in the manifest, such as downloads/ravdess/03-01-02")
      })
    #expect(run.errors.contains { $0.contains("fold 1: 11 clips of the manifest are in none of its parts") })
    #expect(run.errors.contains { $0.hasPrefix("undertone: fold 2: 1 speaker on both sides: results are better") })
    try folder.write(jsonLines(["other"]), to: "none/x_train_fold_1.jsonl")
    try folder.write(jsonLines(["more"]), to: "none/x_test_fold_1.jsonl")
    #expect(try split("ravdess.csv", "--folds-from", "none").failed(65, naming: "none: has no clip of ravdess.csv"))
    #expect(try split("ravdess.csv", "--folds-from", "gone").failed(66, naming: "gone: no such"))
  }
}
