import Foundation
import Testing

@testable import Corpora

@Suite("Corpora")
struct CorpusTests {
  @Test("The classes are seven, in the report's order")
  func classes() {
    #expect(
      Emotion.allCases.map(\.rawValue) == [
        "angry", "disgust", "fear", "happy", "neutral", "sadness", "surprise",
      ])
    #expect(Emotion.allCases.map(\.index) == Array(0..<7))
  }

  static let names: [(Corpus, String, Emotion, String)] = [
    (.crema, "AudioWAV/1001_DFA_ANG_XX.wav", .angry, "crema-1001"),
    (.crema, "1091_WSI_SAD_HI.wav", .sadness, "crema-1091"),
    (.crema, "1010_IEO_HAP_LO.wav", .happy, "crema-1010"),
    (.crema, "1002_ITH_NEU_XX.wav", .neutral, "crema-1002"),
    (.crema, "1002_ITH_DIS_XX.wav", .disgust, "crema-1002"),
    (.crema, "1002_ITH_FEA_XX.wav", .fear, "crema-1002"),
    (.ravdess, "Actor_01/03-01-05-01-02-01-01.wav", .angry, "ravdess-01"),
    (.ravdess, "03-01-01-01-01-01-24.flac", .neutral, "ravdess-24"),
    (.ravdess, "03-01-03-01-01-01-24.wav", .happy, "ravdess-24"),
    (.ravdess, "03-01-04-01-01-01-24.wav", .sadness, "ravdess-24"),
    (.ravdess, "03-01-06-01-01-01-24.wav", .fear, "ravdess-24"),
    (.ravdess, "03-01-07-01-01-01-24.wav", .disgust, "ravdess-24"),
    (.ravdess, "03-01-08-01-01-01-24.wav", .surprise, "ravdess-24"),
    (.savee, "DC_a01.wav", .angry, "savee-DC"), (.savee, "DC/a01.wav", .angry, "savee-DC"),
    (.savee, "JE_sa15.wav", .sadness, "savee-JE"), (.savee, "x/KL/sa15.wav", .sadness, "savee-KL"),
    (.savee, "JK_su03.wav", .surprise, "savee-JK"), (.savee, "JK/d03.wav", .disgust, "savee-JK"),
    (.savee, "JK/f03.wav", .fear, "savee-JK"), (.savee, "JK/h03.wav", .happy, "savee-JK"),
    (.savee, "JK/n30.wav", .neutral, "savee-JK"),
    (.tess, "OAF_angry/OAF_back_angry.wav", .angry, "tess-OAF"),
    (.tess, "YAF_young_ps.wav", .surprise, "tess-YAF"), (.tess, "YAF_young_sad.wav", .sadness, "tess-YAF"),
    (.tess, "YAF_young_disgust.wav", .disgust, "tess-YAF"), (.tess, "YAF_young_fear.wav", .fear, "tess-YAF"),
    (.tess, "YAF_young_happy.wav", .happy, "tess-YAF"), (.tess, "OA_bite_neutral.wav", .neutral, "tess-OAF"),
  ]

  @Test("Each corpus's names are read, by that corpus alone", arguments: names)
  func labels(corpus: Corpus, path: String, emotion: Emotion, speaker: String) {
    for other in Corpus.allCases {
      #expect(
        other.label(ofPath: path) == (other == corpus ? .clip(emotion: emotion, speaker: speaker) : nil))
    }
  }

  @Test("Calm is left out")
  func calm() {
    #expect(Corpus.ravdess.label(ofPath: "03-01-02-01-01-01-01.wav") == .leftOut(emotion: "calm"))
  }

  @Test(
    "Names that are nearly those of a corpus are none",
    arguments: [
      "1001_DFA_SUR_XX.wav", "1001_DFA_ANG.wav", "03-01-09-01-01-01-01.wav", "03-01-05-01-01-01.wav",
      "a01.wav",
      "DC_s01.wav", "DC_sa.wav", "DC_sa1.wav", "DC_sa01b.wav", "DC_.wav", "XX_a01.wav", "OAF_back_calm.wav",
      "", "/", ".wav", "_", "---", "é_٣٣.wav",
    ])
  func noLabels(path: String) {
    for corpus in Corpus.allCases { #expect(corpus.label(ofPath: path) == nil) }
  }

  @Test("A folder is looked through by name: labels, what is left out, what is not known")
  func scan() throws {
    try withFreshFolder { folder in
      let names = [
        "SAVEE/DC/sa01.wav", "SAVEE/DC/a01.wav", "RAVDESS/03-01-02-01-01-01-01.wav", "TESS/YAF_back_ps.WAV",
        "song.mp3", "notes.txt", "SAVEE/DC/._a02.wav",
      ]
      for name in names {
        let file = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data().write(to: file)
      }
      let scan = try CorpusScan(folder: folder.path)
      #expect(
        scan.manifest.entries == [
          .init(path: "SAVEE/DC/a01.wav", emotion: .angry, origin: "savee", speaker: "savee-DC"),
          .init(path: "SAVEE/DC/sa01.wav", emotion: .sadness, origin: "savee", speaker: "savee-DC"),
          .init(path: "TESS/YAF_back_ps.WAV", emotion: .surprise, origin: "tess", speaker: "tess-YAF"),
        ])
      #expect(scan.leftOut == ["calm": 1])
      #expect(scan.unrecognised == ["song.mp3"])
      #expect(throws: ManifestError.noSuchFolder(path: "/absent")) { try CorpusScan(folder: "/absent") }
    }
  }

  @Test("RAVDESS beside the checkout is scanned as its manifest lists it")
  func ravdess() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
        "shared/corpora/ravdess")
    guard FileManager.default.fileExists(atPath: folder.path) else {
      print("skipped: no shared/corpora/ravdess beside the checkout")
      return
    }
    let scan = try CorpusScan(folder: folder.path)
    let manifest = try Manifest.read(folder.appendingPathComponent("manifest.csv").path)
    func sorted(_ entries: [Manifest.Entry]) -> [Manifest.Entry] { entries.sorted { $0.path < $1.path } }
    #expect(sorted(scan.manifest.entries) == sorted(manifest.entries))
    #expect(scan.leftOut == ["calm": 160])
    #expect(manifest.absentClips.isEmpty)
  }
}
