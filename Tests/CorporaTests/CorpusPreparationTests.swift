import AudioFiles
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Corpora

@Suite("Prepared corpora")
struct CorpusPreparationTests {
  let folder: FreshFolder

  /// Miniature corpora: a clip or two each, of different rates, all different.
  init() throws {
    folder = try FreshFolder()
    for (number, (name, rate)) in [
      ("CREMA-D/AudioWAV/1001_DFA_ANG_XX.wav", 16_000), ("RAVDESS/Actor_02/03-01-03-01-01-01-02.wav", 48_000),
      ("SAVEE/DC/a01.wav", 44_100), ("SAVEE/JE/a01.wav", 44_100), ("TESS/OAF_angry/OAF_back_angry.wav", 24_414),
      ("EmoDB/wav/03a01Wa.wav", 16_000),
    ].enumerated() {
      try write(number, rate: rate, to: name)
    }
  }

  /// A clip of speech that its number makes different, in a file of any rate.
  private func write(_ number: Int, rate: Int = 16_000, to name: String) throws {
    let place = folder.url.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    let samples = SyntheticCorpus(clipsPerEmotion: 2, speakers: 2, seed: 9).clip(number).samples
    try AudioClip(samples: samples, sampleRate: rate).write(to: place.path)
  }

  private func prepare(shouldStop: @Sendable () -> Bool = { false }) throws -> CorpusPreparation.Outcome? {
    try makeAudioFolder()
    return try CorpusPreparation(
      CorpusScan(folder: folder.path).manifest.outside(folder.path("audio")), audioFolder: folder.path("audio")
    )
    .run(shouldStop: shouldStop)
  }

  private func makeAudioFolder() throws {
    try FileManager.default.createDirectory(atPath: folder.path("audio"), withIntermediateDirectories: true)
  }

  static let names = [
    "crema/1001/1001_DFA_ANG_XX.flac", "emodb/03/03a01Wa.flac", "ravdess/02/03-01-03-01-01-01-02.flac",
    "savee/DC/a01.flac", "savee/JE/a01.flac", "tess/OAF/OAF_back_angry.flac",
  ]

  /// The prepared files with their bytes, and whatever else is in the folder.
  private func prepared() throws -> [String: Data] {
    let all = try FileManager.default.subpathsOfDirectory(atPath: folder.path("audio"))
    return try all.reduce(into: [:]) { files, name in
      var isFolder: ObjCBool = false
      FileManager.default.fileExists(atPath: folder.path("audio/\(name)"), isDirectory: &isFolder)
      if !isFolder.boolValue { files[name] = try folder.contents("audio/\(name)") }
    }
  }

  @Test("Clips of all corpora are written once, at 16 kHz, and listed with what their names tell")
  func whole() throws {
    let first = try #require(try prepare())
    #expect(first.manifest.entries.map(\.path).sorted() == Self.names && first.made == 6 && first.kept == 0)
    #expect(first.failures.isEmpty && first.cut.isEmpty && first.duplicates.groups.isEmpty)
    #expect(first.manifest.extraColumns == ["sex", "age", "sentence", "intensity", "duplicate_group"])
    #expect(first.manifest.entries.first { $0.origin == "tess" }?.traits.age == 64)
    for entry in first.manifest.entries {
      let clip = try AudioClip.decode(path: first.manifest.fullPath(of: entry), resampledTo: nil)
      #expect(clip.sampleRate == 16_000 && clip.sourceChannels == 1)
      let source = try CorpusScan(folder: folder.path).manifest.entries.first {
        $0.origin == entry.origin && $0.speaker == entry.speaker
      }
      let twin = try AudioClip.decode(path: folder.path(try #require(source).path))
      #expect(clip.samples == twin.samples.map { Float(AudioClip.integer16($0)) / 32_768 })
    }
    let files = try prepared()
    #expect(files.keys.sorted() == Self.names)
    let second = try #require(try prepare())
    #expect(second.made == 0 && second.kept == 6 && second.manifest == first.manifest)
    #expect(try prepared() == files)
  }

  @Test("Clips that are absent, cut short, empty or of another source are made again, the others are kept")
  func resumed() throws {
    let whole = try #require(try prepare())
    let files = try prepared()
    try FileManager.default.removeItem(atPath: folder.path("audio/\(Self.names[0])"))
    try folder.write(try #require(files[Self.names[1]]).dropLast(2_000), to: "audio/\(Self.names[1])")
    try folder.write(try #require(files[Self.names[3]]), to: "audio/\(Self.names[4])")
    try folder.write("", to: "audio/\(Self.names[5])")
    let resumed = try #require(try prepare())
    #expect(resumed.made == 4 && resumed.kept == 2 && resumed.manifest == whole.manifest)
    #expect(try prepared() == files)
  }

  @Test("A source that changed is read again, and no other")
  func changed() throws {
    _ = try prepare()
    let files = try prepared()
    try write(7, to: "EmoDB/wav/03a01Wa.wav")
    let outcome = try #require(try prepare())
    #expect(outcome.made == 1 && outcome.kept == 5)
    let (new, old) = (try prepared()["emodb/03/03a01Wa.flac"], files["emodb/03/03a01Wa.flac"])
    #expect(new != old)
  }

  @Test("A run that is told to stop has no manifest, and the next one resumes")
  func stopped() throws {
    let asked = Atomic(0)
    #expect(try prepare(shouldStop: { asked.add(1, ordering: .relaxed).oldValue >= 3 }) == nil)
    let made = try prepared().count
    #expect(made >= 1 && made < 6)
    let outcome = try #require(try prepare())
    #expect(outcome.kept == made && outcome.made == 6 - made)
  }

  @Test("Clips that cannot be read are failures, and the others are prepared")
  func unreadable() throws {
    try folder.write("no sound", to: "SAVEE/DC/a02.wav")
    try folder.write("", to: "SAVEE/DC/a03.wav")
    let outcome = try #require(try prepare())
    #expect(outcome.manifest.entries.count == 6 && outcome.made == 6)
    let lines = outcome.failures.map(\.description).sorted()
    #expect(
      lines.count == 2 && lines[0].contains("a02.wav: not audio") && lines[1].contains("a03.wav: the file is empty"))
  }

  @Test("A place that cannot be written ends the work with its name")
  func unwritable() throws {
    try folder.write("in the way", to: "audio/savee")
    let error = #expect(throws: AudioFileError.self) { try prepare() }
    #expect(error?.description.contains("audio/savee") == true, "\(String(describing: error))")
  }

  @Test("Copies share a value of their column, whose name depends on the sound alone")
  func duplicates() throws {
    try write(2, rate: 44_100, to: "SAVEE/KL/a01.wav")  // DC's
    try write(5, to: "copies/EmoDB/03a01Wb.wav")  // 03a01Wa
    let outcome = try #require(try prepare())
    let groups = Dictionary(grouping: outcome.manifest.entries.filter { $0.duplicateGroup != nil }) {
      $0.duplicateGroup!
    }
    #expect(
      Set(groups.values.map { Set($0.map(\.path)) }) == [
        ["savee/DC/a01.flac", "savee/KL/a01.flac"], ["emodb/03/03a01Wa.flac", "emodb/03/03a01Wb.flac"],
      ])
    #expect(outcome.duplicates.exactCopies == 2 && outcome.duplicates.nearCopies == 0)
    // Read where they are, in another order, the groups have the same names.
    let entries = try Array(CorpusScan(folder: folder.path("SAVEE")).manifest.entries.reversed())
    let again = try #require(
      try CorpusPreparation(Manifest(folder: folder.path("SAVEE"), entries: entries), audioFolder: nil).run())
    #expect(again.manifest.entries.map(\.duplicateGroup).filter { $0 != nil }.count == 2)
    #expect(Set(again.manifest.entries.compactMap(\.duplicateGroup)).isSubset(of: Set(groups.keys)))
    #expect(again.manifest.entries.map(\.path) == ["KL/a01.wav", "JE/a01.wav", "DC/a01.wav"])
  }

  @Test("Names of prepared clips differ, whatever their manifest holds, and stay in the folder")
  func clipNames() {
    func entry(_ path: String, _ origin: String, _ speaker: String? = nil) -> Manifest.Entry {
      .init(path: path, emotion: .fear, origin: origin, speaker: speaker)
    }
    #expect(
      preparedNames(of: [
        entry("a/DC/x.wav", "savee", "savee-DC"), entry("b/DC/x.wav", "savee", "savee-DC"),
        entry("b/DC/X.flac", "savee", "savee-DC"), entry("x.wav", "ours", "Ana"), entry("x", "ours"),
        entry("/x.y.wav", "../up", "../../etc"), entry("..", ".", ""), entry("音 é.wav", "a/b\u{7}", "c:d"),
      ]) == [
        "savee/DC/x.flac", "savee/DC/x-2.flac", "savee/DC/X-3.flac", "ours/Ana/x.flac", "ours/x.flac",
        "-.-up/-.-..-etc/x.y.flac", "-/-/-.flac", "a-b-/c-d/音 é.flac",
      ])
    let long = preparedNames(of: [
      entry(String(repeating: "音", count: 300), "x"), entry(String(repeating: "音", count: 301), "x"),
    ])
    #expect(Set(long).count == 2 && long.allSatisfy { $0.split(separator: "/").allSatisfy { $0.utf8.count < 256 } })
  }
}
