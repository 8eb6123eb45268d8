import AudioFiles
import Foundation
import TestSupport
import Testing

@Suite("explain --units")
struct UnitsTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    #expect(
      try folder.undertone(
        "corpus", "synthesize", "--clips", "1", "--speakers", "1", "--output", "."
      ).status == 0)
  }

  private struct Line: Decodable {
    struct Units: Decodable {
      struct Unit: Decodable {
        let unit: String
        let start, end, leaveOneOut: Double
        let shapley: Double?
        let sums: [String: Double]
      }
      struct Erasure: Decodable { let comprehensiveness, sufficiency: Double }
      let kind, filling, table: String
      let score: Double
      let units: [Unit]
      let erasure: [String: Erasure]?
      let figures: [String]
    }
    let start, end: Double
    let method: String
    let units: Units
  }

  private var clip: String {
    get throws { String(try #require(folder.lines("manifest.csv")[1].split(separator: ",").first)) }
  }

  @Test("Units cover what the model hears; the table and the JSON line say the same; the same seed, the same numbers")
  func numbers() throws {
    let arguments = ["explain", try clip, "--units", "syllables", "--shapley", "--erasure", "--json"]
    let run = try folder.undertone(arguments)
    #expect(run.status == 0 && run.output.count == 1, "\(run)")
    let line: Line = try decoded(try #require(run.output.first))
    let units = line.units.units
    #expect(line.units.kind == "syllables" && line.units.filling == "floor" && units.count > 3)
    #expect(abs(units[0].start - line.start) < 1e-3 && abs(units.last!.end - line.end) < 1e-3)
    #expect(zip(units, units.dropFirst()).allSatisfy { abs($0.end - $1.start) < 1e-9 })
    #expect(Set(units[0].sums.keys) == ["waveform", "mel", "mfcc"] && units.allSatisfy { $0.shapley != nil })
    #expect(Set(try #require(line.units.erasure).keys) == ["leave-one-out", "Shapley", "saliency", "random"])
    let table = try folder.lines(line.units.table)
    #expect(table.count == units.count + 1)
    #expect(
      table[0].hasPrefix("unit,start,end,leave_one_out,shapley") && table[0].hasSuffix("sum_waveform,sum_mel,sum_mfcc"))
    #expect(table[1].hasPrefix("syllable 1,"))
    let figure = try folder.contents(line.units.figures[0])
    let again: Line = try decoded(try #require(folder.undertone(arguments).output.first))
    #expect(again.units.units.map(\.leaveOneOut) == units.map(\.leaveOneOut))
    #expect(try folder.contents(line.units.figures[0]) == figure)
  }

  @Test("Several methods have a table each; text has a row a unit within 80 columns")
  func text() throws {
    let run = try folder.undertone(
      "explain", try clip, "--units", "voiced", "--method", "saliency,input-x-gradient", "--input", "mel", "--erasure",
      "--filling", "neighbours")
    #expect(run.status == 0, "\(run)")
    #expect(run.output.count { $0.hasPrefix("  voiced 1 ") } == 2)
    #expect(run.output.contains { $0.contains("saliency (mel)") } && run.output.contains { $0.contains("random ") })
    #expect(run.output.filter { !$0.contains("→") }.allSatisfy { $0.count <= 80 }, "\(run.output)")
    #expect(folder.files(in: "output/explain").count { $0.hasSuffix(".units.csv") } == 2)
  }

  @Test("A page has the units' table; a window has its own units; another take fills the gaps")
  func pages() throws {
    let run = try folder.undertone(
      "explain", try clip, "--units", "phrases", "--window", "0.7", "--html", "--filling", "file:\(try clip)")
    // A window of one phrase has nothing to compare: it is explained without units.
    #expect(run.status == 0 && run.output.contains { $0.contains(".png") }, "\(run)")
    let all = try folder.undertone("explain", try clip, "--units", "syllables", "--html", "--input", "mel")
    #expect(all.status == 0)
    let page = String(decoding: try folder.contents("output/explain/explain.html"), as: UTF8.self)
    #expect(page.contains("syllable 1") && page.contains("Units in"))
  }

  @Test("What cannot be divided, and what is asked wrongly, has one line")
  func errors() throws {
    try folder.write(WAV().file(voice(seconds: 0.5)), to: "vowel.wav")
    let one = try folder.undertone("explain", "vowel.wav", "--units", "phrases")
    #expect(one.status == 65 && one.errors.count == 1)
    #expect(one.errors.first?.contains("vowel.wav: is a single unit (phrase 1)") == true, "\(one.errors)")
    var state: UInt64 = 9
    let noise = (0..<16_000).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return 0.3 * Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
    }
    try folder.write(WAV().file(noise), to: "noise.wav")
    let none = try folder.undertone("explain", "noise.wav", "--units", "syllables")
    #expect(none.status == 65 && none.errors.count == 1)
    #expect(
      none.errors.first?.contains("noise.wav: has no syllable: no frame of it is voiced") == true, "\(none.errors)")
    for (arguments, words) in [
      (["--filling", "silence"], "--filling needs --units"), (["--shapley"], "--shapley needs --units"),
      (["--units", "words"], "there is no file \"words\", and no such kind; there is syllables, voiced"),
      (["--tier", "words"], "--tier needs --units"), (["--units", "voiced", "--tier", "a"], "--tier needs a file"),
      (["--units", "voiced", "--filling", "flour"], "there is no filling \"flour\""),
      (["--units", "voiced", "--filling", "file:missing.wav"], "missing.wav"),
    ] {
      let run = try folder.undertone(["explain", "vowel.wav"] + arguments)
      #expect(run.status != 0 && run.errors.contains { $0.contains(words) }, "\(run.errors)")
    }
  }

  private func textGrid(end: Double, words: [(String, Double, Double)]) -> String {
    let intervals = words.map { "\($0.1) \($0.2) \"\($0.0)\"" }
    return
      (["\"ooTextFile\"", "\"TextGrid\"", "0 \(end)", "<exists>", "1", "\"IntervalTier\" \"words\" 0 \(end)"]
      + ["\(words.count)"] + intervals).joined(separator: "\n") + "\n"
  }

  @Test("Units of a TextGrid, beside the clip or in a folder, in the file's own time, with pauses between")
  func annotated() throws {
    let whole = try AudioClip.decode(path: folder.path(clip)).duration
    let first: Line = try decoded(
      try #require(folder.undertone("explain", clip, "--units", "syllables", "--json", "--input", "mel").output.first)
    )
    let (start, end) = (first.start, first.end)
    let length = end - start
    let words = [
      ("", 0, start), ("one", start, start + 0.3 * length),
      ("\u{1b}[31m\"\"two\"\"", start + 0.3 * length, start + 0.5 * length),
      ("", start + 0.5 * length, start + 0.9 * length), ("three", start + 0.9 * length, end), ("", end, whole),
    ]
    try folder.write(textGrid(end: whole, words: words), to: "words.TextGrid")
    let run = try folder.undertone("explain", clip, "--units", "words.TextGrid", "--json", "--input", "mel")
    #expect(run.status == 0, "\(run)")
    let units = try (decoded(try #require(run.output.first)) as Line).units
    #expect(units.kind == "words" && units.units.map(\.unit) == ["one", "\u{1b}[31m\"two\"", "pause 1", "three"])
    #expect(abs(units.units[1].start - words[2].1) < 1e-6 && abs(units.units[3].end - end) < 1e-6)
    let text = try folder.undertone("explain", clip, "--units", "words.TextGrid", "--input", "mel")
    #expect(text.status == 0 && !text.output.joined().contains("\u{1b}"))

    let stem = URL(fileURLWithPath: try clip).deletingPathExtension().lastPathComponent
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("grids"), withIntermediateDirectories: true)
    try folder.write(textGrid(end: whole, words: words), to: "grids/\(stem).TextGrid")
    let inFolder = try folder.undertone("explain", clip, "--units", "grids", "--json", "--input", "mel")
    // Where nobody speaks, aligners say so: a pause, as where they say nothing.
    let silent = words.enumerated().map { $0 == 3 ? ("sil", $1.1, $1.2) : $1 }
    try folder.write(textGrid(end: whole, words: silent), to: "sil.TextGrid")
    let labelled = try folder.undertone("explain", clip, "--units", "sil.TextGrid", "--json", "--input", "mel")
    let pauses = try (decoded(try #require(labelled.output.first)) as Line).units
    #expect(pauses.units.map(\.unit) == units.units.map(\.unit))
    let same = try (decoded(try #require(inFolder.output.first)) as Line).units
    #expect(same.units.map(\.leaveOneOut) == units.units.map(\.leaveOneOut))

    try folder.write(WAV().file(voice(seconds: 0.5)), to: "other.wav")
    for (arguments, status, words) in [
      (["other.wav", "--units", "words.TextGrid"], 65, "words.TextGrid: is of another clip: it ends at"),
      (
        ["other.wav", "--units", "grids"], 66, "other.wav: there is no other.TextGrid, other.ctm or other.eaf in grids"
      ),
      ([try clip, "--units", "words.TextGrid", "--tier", "phones"], 65, "words.TextGrid: no tier \"phones\""),
      ([try clip, "--units", "manifest.csv"], 65, "manifest.csv: not a file of annotations"),
    ] {
      let run = try folder.undertone(["explain"] + arguments)
      #expect(run.status == Int32(status) && run.errors.count == 1 && run.errors[0].contains(words), "\(run.errors)")
    }
  }

  /// Middles of vowels in seconds, marked by eye on spectrograms and waveforms of ten clips of ten actors, before the segmenter had
  /// been run on them; each sentence has seven syllables.
  private static let marks: [(clip: String, vowels: [Double])] = [
    ("Actor_08/03-01-05-02-02-02-08", [1.11, 1.34, 1.56, 1.68, 1.97, 2.10, 2.31]),
    ("Actor_11/03-01-07-01-02-02-11", [1.19, 1.59, 1.80, 1.88, 2.04, 2.17, 2.48]),
    ("Actor_04/03-01-08-02-02-01-04", [1.14, 1.34, 1.65, 1.77, 1.88, 2.00, 2.18]),
    ("Actor_16/03-01-04-02-02-02-16", [1.17, 1.55, 1.82, 1.95, 2.14, 2.27, 2.55]),
    ("Actor_10/03-01-04-01-02-01-10", [1.14, 1.42, 1.61, 1.73, 1.95, 2.11, 2.30]),
    ("Actor_13/03-01-03-01-01-02-13", [1.07, 1.21, 1.40, 1.57, 1.76, 1.87, 2.07]),
    ("Actor_17/03-01-06-02-01-01-17", [1.17, 1.29, 1.47, 1.66, 1.78, 1.93, 2.10]),
    ("Actor_07/03-01-04-01-02-02-07", [1.13, 1.48, 1.84, 1.95, 2.28, 2.43, 2.70]),
    ("Actor_03/03-01-03-02-02-01-03", [1.17, 1.41, 1.87, 2.00, 2.28, 2.49, 2.80]),
    ("Actor_18/03-01-03-01-02-02-18", [1.12, 1.34, 1.57, 1.67, 1.87, 1.97, 2.18]),
  ]

  private static let ravdess = Checkout.corpora.appendingPathComponent("ravdess")

  @Test(
    "Of 70 vowels that were marked by eye on real clips 62 have a unit of their own, of 73 units",
    .enabled(if: FileManager.default.fileExists(atPath: ravdess.path), "no shared/corpora/ravdess beside the checkout"))
  func handMarks() throws {
    let clips = Self.marks.map { Self.ravdess.appendingPathComponent("\($0.clip).flac").path }
    let run = try folder.undertone(["explain"] + clips + ["--units", "syllables", "--input", "mel", "--json"])
    let lines: [Line] = try run.output.map { try decoded($0) }
    try #require(lines.count == clips.count, "\(run)")
    var (alone, units) = (0, 0)
    for (line, marked) in zip(lines, Self.marks) {
      let found = line.units.units.filter { !$0.unit.hasPrefix("pause") }
      units += found.count
      alone += found.count { unit in marked.vowels.count { unit.start <= $0 && $0 < unit.end } == 1 }
    }
    #expect(alone >= 62 && units <= 73, "\(alone) of \(units)")
  }
}
