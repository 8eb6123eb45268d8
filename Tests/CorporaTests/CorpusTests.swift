import Foundation
import TestSupport
import Testing

@testable import Corpora

@Suite("Corpora")
struct CorpusTests {
  @Test("The classes are seven, in the report's order")
  func classes() {
    #expect(
      Emotion.known.map(\.rawValue) == [
        "angry", "disgust", "fear", "happy", "neutral", "sadness", "surprise",
      ])
  }

  static let names: [(any Corpus.Type, String, Emotion, String, ClipTraits)] = [
    (CREMA.self, "AudioWAV/1001_DFA_ANG_XX.wav", .angry, "crema-1001", ClipTraits(sentence: "crema-DFA")),
    (CREMA.self, "1091_WSI_SAD_HI.wav", .sadness, "crema-1091", ClipTraits(sentence: "crema-WSI", intensity: .high)),
    (CREMA.self, "1010_IEO_HAP_LO.wav", .happy, "crema-1010", ClipTraits(sentence: "crema-IEO", intensity: .low)),
    (CREMA.self, "1010_IEO_NEU_MD.wav", .neutral, "crema-1010", ClipTraits(sentence: "crema-IEO", intensity: .medium)),
    (CREMA.self, "1002_ITH_DIS_XX.wav", .disgust, "crema-1002", ClipTraits(sentence: "crema-ITH")),
    (CREMA.self, "1002_ith_fea_xx.wav", .fear, "crema-1002", ClipTraits(sentence: "crema-ITH")),
    (CREMA.self, "1040_ITH_SAD_X.wav", .sadness, "crema-1040", ClipTraits(sentence: "crema-ITH")),
    (
      RAVDESS.self, "Actor_01/03-01-05-01-02-01-01.wav", .angry, "ravdess-01",
      ClipTraits(sex: .male, sentence: "ravdess-02", intensity: .normal)
    ),
    (RAVDESS.self, "03-01-01-01-01-01-24.flac", .neutral, "ravdess-24", woman),
    (RAVDESS.self, "03-01-03-01-01-01-24.wav", .happy, "ravdess-24", woman),
    (RAVDESS.self, "03-01-04-01-01-02-24.wav", .sadness, "ravdess-24", woman),
    (
      RAVDESS.self, "03-01-06-02-01-01-24.wav", .fear, "ravdess-24",
      ClipTraits(sex: .female, sentence: "ravdess-01", intensity: .strong)
    ),
    (RAVDESS.self, "03-01-07-01-01-01-24.wav", .disgust, "ravdess-24", woman),
    (RAVDESS.self, "03-01-08-01-01-01-24.wav", .surprise, "ravdess-24", woman),
    (SAVEE.self, "DC_a01.wav", .angry, "savee-DC", ClipTraits(sex: .male, sentence: "savee-01")),
    (SAVEE.self, "DC/a01.wav", .angry, "savee-DC", ClipTraits(sex: .male, sentence: "savee-01")),
    (SAVEE.self, "JE_sa15.wav", .sadness, "savee-JE", ClipTraits(sex: .male, sentence: "savee-sa15")),
    (SAVEE.self, "x/KL/sa15.wav", .sadness, "savee-KL", ClipTraits(sex: .male, sentence: "savee-sa15")),
    (SAVEE.self, "JK_su03.wav", .surprise, "savee-JK", ClipTraits(sex: .male, sentence: "savee-03")),
    (SAVEE.self, "JK/d04.wav", .disgust, "savee-JK", ClipTraits(sex: .male, sentence: "savee-d04")),
    (SAVEE.self, "JK/f03.wav", .fear, "savee-JK", ClipTraits(sex: .male, sentence: "savee-03")),
    (SAVEE.self, "JK/h03.wav", .happy, "savee-JK", ClipTraits(sex: .male, sentence: "savee-03")),
    (SAVEE.self, "JK/n30.wav", .neutral, "savee-JK", ClipTraits(sex: .male, sentence: "savee-n30")),
    (
      TESS.self, "OAF_angry/OAF_back_angry.wav", .angry, "tess-OAF",
      ClipTraits(sex: .female, age: 64, sentence: "tess-back")
    ),
    (TESS.self, "YAF_young_ps.wav", .surprise, "tess-YAF", young),
    (TESS.self, "YAF_young_sad.wav", .sadness, "tess-YAF", young),
    (TESS.self, "YAF_young_disgust.wav", .disgust, "tess-YAF", young),
    (TESS.self, "YAF_young_fear.wav", .fear, "tess-YAF", young),
    (TESS.self, "YAF_young_happy.wav", .happy, "tess-YAF", young),
    (
      TESS.self, "OA_bite_neutral.wav", .neutral, "tess-OAF", ClipTraits(sex: .female, age: 64, sentence: "tess-bite")
    ),
    (EmoDB.self, "wav/03a01Wa.wav", .angry, "emodb-03", ClipTraits(sex: .male, age: 31, sentence: "emodb-a01")),
    (EmoDB.self, "16b10Ea.wav", .disgust, "emodb-16", ClipTraits(sex: .female, age: 31, sentence: "emodb-b10")),
    (EmoDB.self, "08a05Ab.wav", .fear, "emodb-08", ClipTraits(sex: .female, age: 34, sentence: "emodb-a05")),
    (EmoDB.self, "03a01Fa.wav", .happy, "emodb-03", ClipTraits(sex: .male, age: 31, sentence: "emodb-a01")),
    (EmoDB.self, "10b09Nd.wav", .neutral, "emodb-10", ClipTraits(sex: .male, age: 32, sentence: "emodb-b09")),
    (EmoDB.self, "15a07Tc.flac", .sadness, "emodb-15", ClipTraits(sex: .male, age: 25, sentence: "emodb-a07")),
    (
      EmoDB.self, "14b03Lb.wav", Emotion(rawValue: "boredom"), "emodb-14",
      ClipTraits(sex: .female, age: 35, sentence: "emodb-b03")
    ),
  ]
  private static let woman = ClipTraits(sex: .female, sentence: "ravdess-01", intensity: .normal)
  private static let young = ClipTraits(sex: .female, age: 26, sentence: "tess-young")

  @Test("Each corpus's names are read, by that corpus alone", arguments: names)
  func labels(corpus: any Corpus.Type, path: String, emotion: Emotion, speaker: String, traits: ClipTraits) {
    for other in KnownCorpora.all {
      #expect(
        other.label(ofPath: path)
          == (other == corpus ? .clip(emotion: emotion, speaker: speaker, traits: traits) : nil))
    }
  }

  @Test("Each corpus has a name of its own, in lower case, and an entry in the table above")
  func registry() {
    #expect(Set(KnownCorpora.names).count == KnownCorpora.all.count)
    for corpus in KnownCorpora.all {
      #expect(corpus.name == corpus.name.lowercased() && KnownCorpora.named(corpus.name) == corpus)
      #expect(Self.names.contains { $0.0 == corpus }, "no name of \(corpus.name) is tested")
    }
  }

  @Test(
    "What is left out is said in the corpus's words",
    arguments: [
      (RAVDESS.calm, 160, "160 'calm' clips: not one of the seven emotions"), (RAVDESS.song, 1, "1 song"),
      (RAVDESS.video, 2, "2 videos"),
    ])
  func omissions(omission: CorpusOmission, count: Int, words: String) { #expect(omission.words(count) == words) }

  @Test(
    "Of RAVDESS calm, songs and the sound of videos are left out",
    arguments: [
      ("03-01-02-01-01-01-01.wav", RAVDESS.calm), ("03-02-05-01-01-01-01.wav", RAVDESS.song),
      ("03-02-02-01-01-01-01.wav", RAVDESS.song), ("01-01-05-01-01-01-01.wav", RAVDESS.video),
      ("02-02-05-01-01-01-01.wav", RAVDESS.video),
    ])
  func leftOut(path: String, omission: CorpusOmission) {
    #expect(RAVDESS.label(ofPath: path) == .leftOut(omission))
  }

  @Test(
    "Names that are nearly those of a corpus are none",
    arguments: [
      "1001_DFA_SUR_XX.wav", "1001_DFA_ANG.wav", "1001_DAF_ANG_XX.wav", "1001_DFA_ANG_MI.wav", "101_DFA_ANG_XX.wav",
      "03-01-05-03-01-01-01.wav", "03-01-05-01-03-01-01.wav", "03-01-09-01-01-01-01.wav", "04-01-05-01-01-01-01.wav",
      "03-03-05-01-01-01-01.wav", "03-01-05-01-01-01.wav",
      "a01.wav",
      "DC_s01.wav", "DC_sa.wav", "DC_sa1.wav", "DC_sa01b.wav", "DC_.wav", "XX_a01.wav", "OAF_back_calm.wav",
      "04a01Fa.wav", "03c01Fa.wav", "03a03Fa.wav", "03a01Xa.wav", "03a01fa.wav", "03a01FA.wav", "03a01F.wav",
      "03a01F1.wav", "03a01Faa.wav", "03a01Fé.wav", "3a01Fa.wav", "03A01Fa.wav", "03a01Fb\u{301}.wav", "03a01.wav",
      "", "/", ".wav", "_", "---", "é_٣٣.wav",
    ])
  func noLabels(path: String) {
    for corpus in KnownCorpora.all { #expect(corpus.label(ofPath: path) == nil) }
  }

  @Test("A folder is looked through by name: labels, what is left out, what is not known")
  func scan() throws {
    try inFreshFolder { folder in
      let names = [
        "SAVEE/DC/sa01.wav", "SAVEE/DC/a01.wav", "RAVDESS/03-01-02-01-01-01-01.wav", "TESS/YAF_back_ps.WAV",
        "RAVDESS/03-02-05-01-01-01-01.wav", "RAVDESS/01-01-05-01-01-01-01.wav", "RAVDESS/02-02-05-01-01-01-01.wav",
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
          .init(
            path: "SAVEE/DC/a01.wav", emotion: .angry, origin: "savee", speaker: "savee-DC",
            extra: ["sex": "male", "sentence": "savee-01"]),
          .init(
            path: "SAVEE/DC/sa01.wav", emotion: .sadness, origin: "savee", speaker: "savee-DC",
            extra: ["sex": "male", "sentence": "savee-01"]),
          .init(
            path: "TESS/YAF_back_ps.WAV", emotion: .surprise, origin: "tess", speaker: "tess-YAF",
            extra: ["sex": "female", "age": "26", "sentence": "tess-back"]),
        ])
      #expect(scan.manifest.extraColumns == ["sex", "age", "sentence"])
      #expect(scan.manifest.entries[2].traits == ClipTraits(sex: .female, age: 26, sentence: "tess-back"))
      #expect(scan.leftOut == [RAVDESS.calm: 1, RAVDESS.song: 1, RAVDESS.video: 2])
      #expect(scan.unrecognised == ["song.mp3"])
      #expect(throws: ManifestError.noSuchFolder(path: "/absent")) { try CorpusScan(folder: "/absent") }
    }
  }

  @Test("CREMA-D's actors are described where its table is in the folder, and a table that is none is named")
  func demographics() throws {
    try inFreshFolder { folder in
      func write(_ text: String, to name: String) throws {
        let file = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
      func traits() throws -> [ClipTraits] { try CorpusScan(folder: folder.path).manifest.entries.map(\.traits) }
      for name in ["1001_DFA_ANG_XX", "1002_DFA_ANG_HI", "1003_IEO_SAD_LO"] {
        try write("", to: "CREMA-D/AudioWAV/\(name).wav")
      }
      let untold = [
        ClipTraits(sentence: "crema-DFA"), ClipTraits(sentence: "crema-DFA", intensity: .high),
        ClipTraits(sentence: "crema-IEO", intensity: .low),
      ]
      #expect(try traits() == untold)
      // As published, but for an actor without a row and one whose age is no number.
      let table = "CREMA-D/VideoDemographics.csv"
      try write(
        "\"ActorID\",\"Age\",\"Sex\",\"Race\"\n1001,51,\"Male\",\"Caucasian\"\n1002,,\"Female\",\"Asian\"\n", to: table)
      #expect(
        try traits() == [
          ClipTraits(sex: .male, age: 51, sentence: "crema-DFA"),
          ClipTraits(sex: .female, sentence: "crema-DFA", intensity: .high), untold[2],
        ])
      try write("Actor,Sex\n1001,Male\n", to: table)
      #expect(try traits() == untold)
      #expect(
        try CorpusScan(folder: folder.path).failures.map(\.description) == [
          "\(folder.path)/\(table): no column \"ActorID\" in its first line, which has Actor, Sex"
        ])
    }
  }

  @Test("Links to folders and files are followed, none for ever, and nothing is found twice")
  func links() throws {
    try inFreshFolder { folder in
      let files = FileManager.default
      func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
      for name in ["disk/SAVEE/DC", "corpora/inner"] {
        try files.createDirectory(atPath: path(name), withIntermediateDirectories: true)
      }
      for name in ["disk/SAVEE/DC/a01.wav", "disk/SAVEE/DC/h02.wav", "disk/JE_sa03.wav", "corpora/inner/KL_n04.wav"] {
        try Data().write(to: folder.appendingPathComponent(name))
      }
      // A folder elsewhere; the same again; one that is there already; rings; a file; links to nowhere.
      for (link, target) in [
        ("a", "../disk/SAVEE"), ("b", "../disk/SAVEE"), ("again", "inner"), ("inner/up", ".."), ("ring", "ring"),
        ("JE_sa03.wav", "../disk/JE_sa03.wav"), ("KL_n09.wav", "inner/KL_n04.wav"), ("KL_n05.wav", "gone"),
      ] {
        try files.createSymbolicLink(atPath: path("corpora/\(link)"), withDestinationPath: target)
      }
      try files.createSymbolicLink(atPath: path("link"), withDestinationPath: "corpora")
      for root in ["corpora", "link"] {
        let scan = try CorpusScan(folder: path(root))
        #expect(
          scan.manifest.entries.map(\.path) == ["JE_sa03.wav", "a/DC/a01.wav", "a/DC/h02.wav", "inner/KL_n04.wav"])
        #expect(scan.unrecognised.isEmpty)
        #expect(
          scan.failures.map(\.description) == [
            "\(path(root))/KL_n05.wav: cannot be read: No such file or directory",
            "\(path(root))/ring: cannot be read: Too many levels of symbolic links",
          ])
      }
    }
  }

  @Test("A folder that may not be opened is named", .enabled(if: geteuid() != 0, "root opens everything"))
  func closedFolder() throws {
    try inFreshFolder { folder in
      let closed = folder.appendingPathComponent("closed")
      try FileManager.default.createDirectory(at: closed, withIntermediateDirectories: true)
      try Data().write(to: folder.appendingPathComponent("KL_n04.wav"))
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: closed.path)
      let scan = try CorpusScan(folder: folder.path)
      #expect(scan.failures == [.file(.unreadable(path: closed.path, reason: "Permission denied"))])
      #expect(scan.manifest.entries.count == 1)
    }
  }

  static let ravdessFolder = Checkout.corpora.appendingPathComponent("ravdess")

  @Test(
    "RAVDESS beside the checkout is scanned as its manifest lists it",
    .enabled(
      if: FileManager.default.fileExists(atPath: ravdessFolder.path), "no shared/corpora/ravdess beside the checkout"))
  func ravdess() throws {
    let folder = Self.ravdessFolder
    let scan = try CorpusScan(folder: folder.path)
    let manifest = try Manifest.read(folder.appendingPathComponent("manifest.csv").path)
    func sorted(_ entries: [Manifest.Entry]) -> [Manifest.Entry] {
      entries.map { .init(path: $0.path, emotion: $0.emotion, origin: $0.origin, speaker: $0.speaker) }
        .sorted { $0.path < $1.path }
    }
    #expect(sorted(scan.manifest.entries) == sorted(manifest.entries))
    // 20 actors by turns, two sentences of equally many clips.
    #expect(scan.manifest.entries.count { $0.traits.sex == .male } == 520)
    #expect(scan.manifest.entries.count { $0.traits.sentence == "ravdess-02" } == 520)
    #expect(scan.leftOut == [RAVDESS.calm: 160])
    #expect(manifest.absentClips.isEmpty)
  }
}
