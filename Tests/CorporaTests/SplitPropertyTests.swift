import Basics
import Testing

@testable import Corpora

@Suite("What splits keep apart")
struct SplitPropertyTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let unit: SplitUnit
    let apart: Bool
    var testDescription: String { "\(unit)\(apart ? ", sentences apart" : "")" }
  }

  static let cases = SplitUnit.allCases.flatMap { unit in [false, true].map { Case(unit: unit, apart: $0) } }

  /// Clips at random: of the speakers some speak in two corpora, some sentences are rare, some clips are copies.
  private func manifest(_ generator: inout SeededGenerator) -> Manifest {
    let (speakers, sentences) = (2 + generator.index(below: 12), 2 + generator.index(below: 30))
    let entries = (0..<(20 + generator.index(below: 120))).map { number in
      let speaker = generator.index(below: speakers)
      var extra = ["sentence": "s\(generator.index(below: sentences))"]
      if generator.index(below: 15) == 0 { extra["duplicate_group"] = "d\(generator.index(below: 4))" }
      return Manifest.Entry(
        path: "\(number).wav", emotion: Emotion.known[generator.index(below: 7)],
        origin: "c\(generator.index(below: 20) == 0 ? 9 : speaker % 3)", speaker: "p\(speaker)", extra: extra)
    }
    return Manifest(folder: "/", entries: entries)
  }

  /// Whether two clips may not be on two sides, by the definitions.
  private func mustStayTogether(_ one: Manifest.Entry, _ other: Manifest.Entry, _ test: Case) -> Bool {
    let unit =
      switch test.unit {
      case .clip: one.path == other.path
      case .speaker: one.speaker == other.speaker
      case .corpus: one.origin == other.origin
      }
    return unit || test.apart && one.extra["sentence"] == other.extra["sentence"]
      || one.extra["duplicate_group"].map { $0 == other.extra["duplicate_group"] } == true
  }

  /// The number of groups, by spreading labels until nothing changes.
  private func groupCount(_ manifest: Manifest, _ test: Case) -> Int {
    let entries = manifest.entries
    var labels = Array(entries.indices)
    var changes = true
    while changes {
      changes = false
      for one in entries.indices {
        for other in entries.indices
        where labels[other] < labels[one] && mustStayTogether(entries[one], entries[other], test) {
          labels[one] = labels[other]
          changes = true
        }
      }
    }
    return Set(labels).count
  }

  private func isClean(_ split: ManifestSplit, _ test: Case) -> Bool {
    split.training.entries.allSatisfy { one in
      split.validation.entries.allSatisfy { !mustStayTogether(one, $0, test) }
    }
  }

  @Test(
    "Random manifests: nothing that must stay together is on both sides, no clip is lost, no part is empty",
    arguments: cases)
  func random(test: Case) throws {
    var generator = SeededGenerator(seed: 17)
    var refused = 0
    for round in 0..<25 {
      let whole = manifest(&generator)
      let groups = groupCount(whole, test)
      let folds = 2 + generator.index(below: 4)
      var splits: [ManifestSplit] = []
      if groups < folds {
        refused += 1
        let error = #expect(throws: SplitError.self) {
          try whole.folds(folds, by: test.unit, sentencesApart: test.apart, seed: 1)
        }
        #expect(error?.description.contains("cannot fill \(folds) parts") == true)
      } else {
        splits = try whole.folds(folds, by: test.unit, sentencesApart: test.apart, seed: UInt64(round))
        #expect(splits.count == folds)
      }
      if groups >= 2 {
        splits.append(try whole.split(by: test.unit, sentencesApart: test.apart, seed: UInt64(round)))
        let left = try whole.foldsLeavingOut(one: test.unit, sentencesApart: test.apart)
        #expect(left.count == groups)
        #expect(left.flatMap(\.split.validation.entries).count == whole.entries.count)
        splits += left.map(\.split)
      }
      for split in splits {
        #expect(isClean(split, test))
        #expect(!split.training.entries.isEmpty && !split.validation.entries.isEmpty)
        #expect(
          Set((split.training.entries + split.validation.entries).map(\.path)) == Set(whole.entries.map(\.path)))
        #expect(split.training.entries.count + split.validation.entries.count == whole.entries.count)
        let overlap = SplitOverlap(of: [[split.training, split.validation]])
        #expect(overlap.duplicates.isEmpty)
        if test.unit == .speaker { #expect(overlap.speakers == []) }
        if test.apart { #expect(overlap.sentences == []) }
      }
    }
    // Both ways are tried: single clips are always many, what is connected seldom.
    #expect(refused < 25 || test.apart)
  }

  /// - Parameter rows: Speaker, sentence and group of copies of each clip.
  private func manifest(_ rows: [(String?, String?, String?)]) -> Manifest {
    Manifest(
      folder: "m.csv",
      entries: rows.enumerated().map { number, row in
        var extra: [String: String] = [:]
        extra["sentence"] = row.1
        extra["duplicate_group"] = row.2
        return .init(path: "\(number)", emotion: .fear, speaker: row.0, extra: extra)
      })
  }

  @Test("What connects too much, or is not named, is one line with its name")
  func errors() throws {
    // Every speaker speaks every sentence, as in RAVDESS.
    let crossed = manifest([
      ("a", "x", nil), ("a", "y", nil), ("b", "x", nil), ("b", "y", nil), ("c", "x", nil), ("c", "y", nil),
    ])
    func message(_ body: () throws -> Void) -> String? {
      #expect(throws: SplitError.self, performing: body)?.description
    }
    #expect(
      message { _ = try crossed.split(by: .speaker, sentencesApart: true, seed: 0) }
        == "m.csv: 3 speakers form 1 group when those that share a sentence stay together, and cannot fill 2 parts")
    #expect(
      message { _ = try crossed.folds(3, by: .clip, sentencesApart: true, seed: 0) }
        == "m.csv: 6 clips form 2 groups when those that share a sentence stay together, and cannot fill 3 parts")
    let copied = manifest([("a", "x", "1"), ("b", "y", "1"), ("b", "z", nil)])
    #expect(
      message { _ = try copied.foldsLeavingOut(one: .speaker) }
        == "m.csv: 2 speakers form 1 group when those that share a copy of a clip stay together, and cannot fill 2 parts"
    )
    #expect(
      message { _ = try crossed.foldsLeavingOut(one: .corpus) } == "m.csv: 1 corpus cannot fill 2 parts")
    let untold = manifest([("a", "x", nil), ("b", nil, nil)])
    #expect(
      message { _ = try untold.split(by: .clip, sentencesApart: true, seed: 0) }
        == "m.csv: no sentence of 1, and keeping sentences apart needs one for every clip")
  }

  @Test("Leaving out one names it, and speakers with copies of a clip are left out together")
  func leftOut() throws {
    let whole = manifest([("a", nil, nil), ("b", nil, "1"), ("c", nil, nil), ("d", nil, "1"), ("a", nil, nil)])
    let folds = try whole.foldsLeavingOut(one: .speaker)
    #expect(folds.map(\.leftOut) == [["a"], ["b", "d"], ["c"]])
    #expect(folds.map { $0.split.validation.entries.map(\.path) } == [["0", "4"], ["1", "3"], ["2"]])
    #expect(folds[1].split.training.entries.map(\.path) == ["0", "2", "4"])
  }

  @Test("What parts share is named, in any of several splits, and what a manifest does not name is not counted")
  func overlap() {
    let one = manifest([("a", "x", "1"), ("b", "y", nil)])
    let other = manifest([("a", "z", "1"), ("c", "y", "2")])
    let clean = manifest([("d", "q", nil)])
    #expect(SplitOverlap(of: [[one, clean]]).speakers == [])
    let shared = SplitOverlap(of: [[one, clean], [clean, one, other]])
    #expect(shared.speakers == ["a"] && shared.sentences == ["y"] && shared.duplicates == ["1"])
    let bare = manifest([(nil, nil, nil)])
    #expect(SplitOverlap(of: [[bare, bare]]).speakers == nil && SplitOverlap(of: [[bare, bare]]).sentences == nil)
  }
}
