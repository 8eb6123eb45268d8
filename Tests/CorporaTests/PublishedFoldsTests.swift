import Foundation
import TestSupport
import Testing

@testable import Corpora

/// Miniature files in the formats of EmoBox's data/CORPUS/fold_N and of EMO-SUPERB's labels_consensus_N.csv.
@Suite("Published folds")
struct PublishedFoldsTests {
  let folder: FreshFolder

  init() throws { folder = try FreshFolder() }

  private func line(_ path: String, key: String = "wav") -> String {
    "{\"key\": \"savee-x\", \"dataset\": \"savee\", \"\(key)\": \"\(path)\", \"sample_rate\": 44100, \"num_frame\": 35.0, "
      + "\"task\": \"category\", \"length\": 2.5, \"emo\": \"sa\", \"channel\": 1}\n"
  }

  private func manifest(_ paths: [String]) -> Manifest {
    Manifest(folder: "/", entries: paths.map { .init(path: $0, emotion: .sadness) })
  }

  private func failure(_ path: String) -> String? {
    #expect(throws: ManifestError.self) { try PublishedFolds(folder.path(path)) }?.description
      .replacingOccurrences(of: folder.path + "/", with: "")
  }

  @Test("EmoBox: files of all folds below a folder, clips found whatever their folder and kind")
  func emoBox() throws {
    try folder.write(
      line("downloads/savee/DC_a01.wav") + line("downloads/savee/JE_a01.wav") + "\n",
      to: "savee/fold_1/savee_train_fold_1.jsonl")
    try folder.write(
      line("downloads/savee/KL_sa02.wav") + line("downloads/savee/KL_sa03.wav"),
      to: "savee/fold_1/savee_test_fold_1.jsonl")
    try folder.write(line("a/b/KL_sa02.wav", key: "audio"), to: "savee/fold_2/savee_train_fold2.jsonl")
    try folder.write(line("DC_a01.wav"), to: "savee/fold_2/savee_valid_fold2.jsonl")
    try folder.write(line("JE_a01.wav"), to: "savee/fold_2/savee_test_fold2.jsonl")
    // All clips, and another table: no folds.
    try folder.write(line("DC_a01.wav"), to: "savee/savee.jsonl")
    try folder.write("a,b\n1,2\n", to: "savee/table_1.csv")
    let folds = try PublishedFolds(folder.path("savee"))
    #expect(folds.folds.map(\.number) == [1, 2])
    #expect(
      folds.folds[0].parts == [
        .training: ["downloads/savee/DC_a01.wav", "downloads/savee/JE_a01.wav"],
        .test: ["downloads/savee/KL_sa02.wav", "downloads/savee/KL_sa03.wav"],
      ])
    let own = manifest(["SAVEE/DC/a01.flac", "SAVEE/JE/a01.flac", "SAVEE/KL/sa02.flac", "SAVEE/KL/n01.flac"])
    let matched = try folds.matched(with: own)
    #expect(
      matched[0].parts.map(\.part) == [.training, .test]
        && matched[1].parts.map(\.part) == [.training, .validation, .test])
    #expect(
      matched.map { $0.parts.map { $0.manifest.entries.map(\.path) } } == [
        [["SAVEE/DC/a01.flac", "SAVEE/JE/a01.flac"], ["SAVEE/KL/sa02.flac"]],
        [["SAVEE/KL/sa02.flac"], ["SAVEE/DC/a01.flac"], ["SAVEE/JE/a01.flac"]],
      ])
    #expect(matched[0].absent == ["downloads/savee/KL_sa03.wav"] && matched[1].absent.isEmpty)
    #expect(matched.map(\.unlisted) == [["SAVEE/KL/n01.flac"], ["SAVEE/KL/n01.flac"]])
    // A name that two clips have belongs to neither.
    let twice = try folds.matched(with: manifest(["one/DC_a01.wav", "two/DC_a01.flac", "JE_A01.wav"]))
    #expect(twice[0].absent.count == 3 && twice[0].parts[0].manifest.entries.map(\.path) == ["JE_A01.wav"])
  }

  @Test("EMO-SUPERB: a file is a fold, its first column the clip, with or without a name")
  func emoSUPERB() throws {
    let rows =
      "1001_DFA_ANG_XX.wav,0.9,0.1,1001,Male,Train\n1002_DFA_SAD_XX.wav,0.1,0.9,1002,Female,Development\n"
      + "1003_DFA_SAD_XX.wav,0.1,0.9,1003,Female,Test\n"
    try folder.write("FileName,angry,sad,SpkrID,Gender,Split_Set\n" + rows, to: "crema/labels_consensus_1.csv")
    try folder.write(",angry,sad,SpkrID,Gender,Split_Set\n" + rows, to: "crema/labels_consensus_12.csv")
    try folder.write("{}", to: "crema/config.json")
    let folds = try PublishedFolds(folder.path("crema"))
    #expect(folds.folds.map(\.number) == [1, 12] && folds.folds[0].parts == folds.folds[1].parts)
    #expect(
      folds.folds[0].parts == [
        .training: ["1001_DFA_ANG_XX.wav"], .validation: ["1002_DFA_SAD_XX.wav"], .test: ["1003_DFA_SAD_XX.wav"],
      ])
    #expect(try PublishedFolds(folder.path("crema/labels_consensus_12.csv")).folds.map(\.number) == [12])
    let matched = try folds.matched(with: manifest(["crema/1001/1001_DFA_ANG_XX.flac"]))
    #expect(matched[0].absent.count == 2 && matched[0].parts[0].manifest.entries.count == 1)
  }

  @Test("Files that are no folds are named with what is wrong and where")
  func errors() throws {
    #expect(failure("absent") == "absent: no such manifest")
    try folder.write("", to: "empty/notes.txt")
    #expect(failure("empty")?.hasPrefix("empty: no folds, neither EmoBox's") == true)
    #expect(failure("empty/notes.txt")?.hasPrefix("empty/notes.txt: no folds") == true)
    try folder.write(line("a.wav"), to: "one/x_train_fold_1.jsonl")
    #expect(failure("one") == "one: fold 1 has a training part only; name the folder with the others")
    for bad in ["{\"wav\": 3}", "not JSON", "{}", "{\"wav\": \"a.wav\"", "[\"a.wav\"]", "\u{FEFF}nul"] {
      try folder.write(line("a.wav") + bad + "\n", to: "bad/x_train_fold_1.jsonl")
      #expect(
        failure("bad") == "bad/x_train_fold_1.jsonl, line 2: no JSON object with the path \"wav\" of a clip", "\(bad)")
    }
    try folder.write("FileName,Set\na.wav,Train\n", to: "table_1.csv")
    #expect(failure("table_1.csv") == "table_1.csv: no column \"Split_Set\" in its first line, which has FileName, Set")
    try folder.write("FileName,Split_Set\na.wav,Train\nb.wav,Dev\n", to: "table_1.csv")
    #expect(failure("table_1.csv") == "table_1.csv, line 3: the set \"Dev\" is not Train, Development or Test")
    try folder.write("FileName,Split_Set\na.wav\n", to: "table_1.csv")
    #expect(failure("table_1.csv") == "table_1.csv, line 2: 1 fields, not 2")
    // A clip in two parts of a fold.
    try folder.write("FileName,Split_Set\na.wav,Train\nb/a.wav,Test\n", to: "table_1.csv")
    let folds = try PublishedFolds(folder.path("table_1.csv"))
    let error = #expect(throws: ManifestError.self) { try folds.matched(with: manifest(["a.flac"])) }
    #expect(error?.description == "b/a.wav: is in the training and in the test part of fold 1")
  }
}
