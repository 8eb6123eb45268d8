import Attributions
import AudioFiles
import Basics
import Corpora
import Foundation
import Models
import Testing

@testable import Reports

@Suite("What attacks leave of a model")
struct AttackReportTests {
  // Untrained weights: what the model says is of no matter here.
  private let model = TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1)
  private let hum = (0..<16_000).map { Float(0.3 * sin(2 * .pi * 200 * Double($0) / 16_000)) }

  private func series(
    _ attacks: [String] = ["pgd"], _ budgets: [AttackBudget] = [.ratio(20), .ratio(40)],
    at space: InputSpace = .waveform, isLabelled: Bool = true, explainer: Explainer? = nil,
    of other: TrainedModel? = nil,
    target: Int? = nil, band: ClosedRange<Double>? = nil
  ) throws -> AttackSeries {
    try AttackSeries(
      other ?? model, attacks: attacks, budgets: budgets, at: space, target: target,
      settings: AttackSettings(budget: budgets[0], band: band, steps: 3, seed: 5), others: [], explainer: explainer,
      isLabelled: isLabelled)
  }

  /// So many samples of the hum.
  private func item(_ name: String, samples: Int = 16_000) -> AttackSeries.Item {
    AttackSeries.Item(
      entry: .init(path: name, emotion: Emotion(rawValue: "a")), path: name,
      sound: AudioClip(samples: Array(hum.prefix(samples)), sampleRate: 16_000))
  }

  private func tried(_ isFooled: Bool, holds: Bool? = nil, ratio: Double) -> ClipAttacks.Try {
    ClipAttacks.Try(
      isFooled: isFooled, holds: holds ?? !isFooled, to: isFooled ? 1 : 0, probability: 0.5, ratio: ratio, largest: 0.1,
      gradients: 3,
      predictions: 1, others: [])
  }

  /// A clip that noise fools in so many parts of the draws of both budgets.
  private func attacked(
    _ isFooled: [Bool], noise: Double, survives: Set<Playback> = [], changes: Set<Playback> = [], cue: Double = 10,
    isFitted: Bool? = nil
  ) -> ClipAttacks {
    let found = isFooled.firstIndex(of: true).map { budget in
      ClipAttacks.Found(
        budget: budget,
        survives: Dictionary(uniqueKeysWithValues: Playback.allCases.map { ($0, survives.contains($0)) }), sound: nil,
        figures: [],
        explanation: AttackExplanation(
          attack: .init(ofBefore: 0.5, ofAfter: nil, changes: [.fundamental: cue - 10.5, .jitter: 0]),
          noise: .init(ofBefore: 0.75, ofAfter: 0.5, changes: [.fundamental: 0.25])))
    }
    return ClipAttacks(
      from: 0, truth: 0, tries: [isFooled.enumerated().map { tried($1, ratio: 41 - 20 * Double($0)) }],
      noise: [.init(share: 0, holds: 1, others: []), .init(share: noise, holds: 1 - noise, others: [])],
      found: [found],
      playedBack: Dictionary(uniqueKeysWithValues: Playback.allCases.map { ($0, changes.contains($0)) }),
      cues: [.fundamental: cue, .jitter: 0.1], isFitted: isFitted)
  }

  private func report() throws -> AttackReport {
    let rows = [
      attacked([false, true], noise: 0.2, survives: [.wav, .mp3], cue: 10),
      attacked([false, false], noise: 0, changes: [.opus], cue: 11),
      ClipAttacks(from: 2, truth: 0),
      attacked([true, true], noise: 0.4, survives: [.wav], changes: [.mp3], cue: 12),
    ]
    return AttackReport(
      rows.enumerated().map { (Manifest.Entry(path: "\($0).wav", emotion: .angry, speaker: "s\($0 / 2)"), $1) },
      of: try series(), source: "clips.csv", method: "saliency")
  }

  @Test(
    "Accuracies count wrong clips as wrong; shares of what fools are of the attacked clips; noise counts by its draws")
  func accuracy() throws {
    let report = try report()
    #expect(report.clips == 4 && report.attacked == 3 && report.clean.mean == 0.75 && !report.isEnough)
    // Budgets of 40 and 20 dB, of the attack and of noise.
    #expect(report.curves.map(\.accuracy.mean).elementsEqual([0.5, 0.25, 0.75, 0.6]) { abs($0 - $1) < 1e-12 })
    #expect(
      report.curves.map(\.fooled.mean).elementsEqual([1.0 / 3, 2.0 / 3, 0, 0.2]) { abs($0 - $1) < 1e-12 })
    #expect(report.curves.map(\.ratio) == [41, 21, nil, nil])
    #expect(report.curves[0].gradients == 3 && report.curves[0].predictions == 1)
    #expect(report.curves.map { report.budget(of: $0) } == ["40 dB", "20 dB", "40 dB", "20 dB"])
    #expect(report.words.hasPrefix("4 clips: cnnatt is right for 75 % of them without an attack"))
    let figure = report.figure
    #expect(figure.lines.map(\.name) == ["pgd", "random noise as large"] && figure.clean.low == nil)
    #expect(try figure.encoded().count > 1000)
  }

  @Test("Against another model: accuracies of all clips, shares that are fooled of those that both predict rightly")
  func against() throws {
    let series = try series()
    // Of 40 clips of ten speakers the model is right about 36 and the other about 30.
    func rows(_ row: (Int) -> ClipAttacks) -> [AttackReport.Row] {
      (0..<40).map { (Manifest.Entry(path: "\($0).wav", emotion: .angry, speaker: "s\($0 % 10)"), row($0)) }
    }
    let own = rows { $0 < 4 ? ClipAttacks(from: 2, truth: 0) : attacked([$0 % 2 == 0, true], noise: 0.1) }
    let other = rows { $0 >= 30 ? ClipAttacks(from: 2, truth: 0) : attacked([$0 % 2 == 0, false], noise: 0.3) }
    let against = try #require(AttackAgainst(own, other, of: series, against: series))
    #expect(against.clips == 40 && against.bothRight == 26 && against.isEnough)
    let (small, large) = (against.rows[0], against.rows[1])
    #expect(small.budget == 40 && large.budget == 20)
    #expect(small.accuracy == 18 / 40.0 && small.otherAccuracy == 15 / 40.0)
    #expect(small.fooled == 0.5 && small.otherFooled == 0.5 && small.fooledDifference?.mean == 0)
    #expect(large.accuracy == 0 && large.otherAccuracy == 30 / 40.0 && large.difference.mean == 0.75)
    #expect(large.fooled == 1 && large.otherFooled == 0 && large.fooledDifference?.high == -1)
    #expect(large.fooledDifference?.level == 1 - 0.05 / 2)
    #expect(
      against.words.contains("is harder to fool by these attacks than")
        && against.words.contains("less in 1, more in 0 of 2 rows"))
    // Random changes as large stand beside it.
    #expect(small.fooledByNoise == 0 && small.otherFooledByNoise == 0 && small.half == nil)
    #expect(abs(try #require(large.fooledByNoise) - 0.1) < 1e-12)
    #expect(abs(try #require(large.otherFooledByNoise) - 0.3) < 1e-12)
    #expect(against.words.contains("Noise as large fools cnnatt in 10 % at most, and cnnatt in 30 %."))
    #expect(against.remarks.count == 1 && against.remarks[0].contains("--attack decision"))
    // The other way round it is easier; of few clips nothing is said.
    let reversed = try #require(AttackAgainst(other, own, of: series, against: series))
    #expect(reversed.words.contains("is easier to fool by these attacks than"))
    let few = try #require(AttackAgainst(Array(own.prefix(9)), other, of: series, against: series))
    #expect(few.clips == 9 && !few.isEnough && few.words.contains("is not judged"))
    #expect(AttackAgainst(own, [], of: series, against: series) == nil)
  }

  @Test("Against several models: a curve of each over its own accuracy, rows of each, intervals that hold together")
  func severalModels() throws {
    func rows(_ right: Int, _ isFooled: [Bool]) -> [AttackReport.Row] {
      (0..<40).map { place in
        (
          Manifest.Entry(path: "\(place).wav", emotion: .angry, speaker: "s\(place % 10)"),
          place < right ? attacked(isFooled, noise: 0.5) : ClipAttacks(from: 2, truth: 0)
        )
      }
    }
    func series(_ name: String) throws -> AttackSeries {
      try self.series(of: TrainedModel(configuration: model.configuration, network: model.network, name: name))
    }
    // Nothing that the last says is right.
    let others = try [
      (rows(30, [false, false]), series("firm")), (rows(20, [true, true]), series("weak")),
      (rows(0, []), series("wrong")),
    ]
    func report(_ count: Int) throws -> AttackReport {
      try AttackReport(
        rows(40, [false, true]), of: self.series(), source: "clips.csv", method: nil,
        against: Array(others.prefix(count)))
    }
    let (report, one, alone) = try (report(3), report(1), report(0))
    #expect(report.against.map(\.other) == ["firm", "weak", "wrong"])
    #expect(report.against.map(\.bothRight) == [30, 20, 0])
    #expect(report.against[0].rows[1].fooledDifference?.level == 1 - 0.05 / 6)
    #expect(report.against[0].words.contains("their intervals, of all models, hold together"))
    let figure = report.figure
    #expect(figure.hasBars && figure.lines.prefix(4).map(\.name) == ["cnnatt", "firm", "weak", "wrong"])
    #expect(figure.lines.prefix(4).map(\.clean?.mean) == [1, 0.75, 0.5, 0])
    #expect(figure.lines.prefix(4).map { $0.shares.map(\.mean) } == [[1, 0], [0.75, 0.75], [0, 0], [0, 0]])
    #expect(figure.lines.prefix(4).allSatisfy { $0.shares[0].low != nil })
    // Noise leaves half of what is right within the larger budget.
    #expect(figure.lines.dropFirst(4).map(\.partner) == [0, 1, 2, 3])
    #expect(figure.lines.dropFirst(4).map { $0.shares[1].mean } == [0.5, 0.375, 0.25, 0])
    #expect(figure.title[0] == "What is left of 4 models under pgd" && figure.title[1].hasPrefix("clips.csv, 40 clips"))
    #expect(try figure.encoded().count > 1000 && report.provenance["Against"] == "firm, weak, wrong")
    let csv = report.csv
    #expect(csv[0].prefix(2) == ["model", "path"] && Set(csv.map(\.count)).count == 1)
    let counts = Dictionary(grouping: csv.dropFirst()) { $0[0] }.mapValues(\.count)
    #expect(counts == ["cnnatt": 80, "firm": 30 * 2 + 10, "weak": 20 * 2 + 20, "wrong": 40])
    struct Line: Decodable {
      struct Against: Decodable { let model: String }
      let against: Against?
      let againstMore: [Against]?
    }
    func line(_ report: AttackReport) throws -> Line {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(Line.self, from: Data(report.json(figures: []).utf8))
    }
    let printed = try line(report)
    #expect(printed.against?.model == "firm" && printed.againstMore?.map(\.model) == ["weak", "wrong"])
    // With one other all is as without it.
    #expect(one.csv == alone.csv && one.csv[0][0] == "path" && one.figure.title == alone.figure.title)
    #expect(one.figure.lines.map(\.name) == ["pgd", "random noise as large"] && !one.figure.hasBars)
    #expect(one.against[0].rows[1].fooledDifference?.level == 1 - 0.05 / 2 && one.provenance["Against"] == nil)
    #expect(one.against[0].words.contains("their intervals hold together"))
    #expect(try line(one).againstMore == nil && line(alone).against == nil)
  }

  @Test("The curve of a model under several attacks is of the clips that hold against all, and to which none is fitted")
  func allAttacks() throws {
    let series = try series(["pgd", "universal"])
    // The first fools every second clip, the second every third; half of the clips are those that it is fitted to.
    let rows = (0..<24).map { place -> AttackReport.Row in
      let own = [place % 2 == 0, place % 3 == 0].map { attacked([false, $0], noise: 0) }
      return (
        Manifest.Entry(path: "\(place).wav", emotion: .angry, speaker: "s\(place % 12)"),
        ClipAttacks(
          from: 0, truth: 0, tries: own.flatMap(\.tries), noise: own[0].noise, found: own.flatMap(\.found),
          playedBack: [:], cues: [:], isFitted: place >= 12)
      )
    }
    let report = AttackReport(
      rows, of: series, source: "clips.csv", method: nil, against: [(rows, series), (rows, series)])
    // 1, 5, 7 and 11 of the twelve.
    #expect(report.figure.lines[0].shares.map(\.mean) == [1, 4.0 / 12])
    #expect(report.figure.title[0].hasSuffix("under all attacks") && report.figure.title[1].contains("12 clips"))
    #expect(report.figure.title[2].hasPrefix("pgd, universal · dashed"))
  }

  @Test("Of one clip there is one, without labels none is right, and models of other emotions are said to be so")
  func againstWords() throws {
    func words(_ clips: Int, isLabelled: Bool = true, against other: TrainedModel? = nil) throws -> AttackAgainst {
      let rows = (0..<clips).map {
        (Manifest.Entry(path: "\($0).wav", emotion: .angry, speaker: nil), attacked([false, false], noise: 0))
      }
      return try #require(
        try AttackAgainst(
          rows, rows, of: series(isLabelled: isLabelled), against: series(isLabelled: isLabelled, of: other)))
    }
    #expect(try words(1).words.contains("both predict 1 clip rightly"))
    #expect(try words(2).words.contains("both predict 2 clips rightly"))
    #expect(try words(1, isLabelled: false).words.contains("1 clip is attacked on both"))
    #expect(
      try words(30, isLabelled: false).words.hasPrefix("Of the 30 clips that are attacked on both: cnnatt is not shown")
    )
    #expect(try words(30).words.hasPrefix("Of the 30 clips that both predict rightly: cnnatt is not shown"))
    let narrow = TrainedModel(untrained: .init(architecture: .cnnatt, classes: ["angry", "calm"]), seed: 1)
    let remarks = try words(1, against: narrow).remarks
    #expect(
      remarks.count == 2 && remarks[0].hasPrefix("They know other emotions") && remarks[0].hasSuffix("angry, calm."))
    // Other words for the same emotions are no others.
    let same = ["anger", "disgust", "fear", "joy", "neutral", "sad", "surprise"]
    let renamed = TrainedModel(untrained: .init(architecture: .cnnatt, classes: same), seed: 1)
    #expect(try words(1, against: renamed).remarks.count == 1)
  }

  @Test("Of a change for all clips, those that it is fitted to are not compared; each row is judged by its own clips")
  func againstHalves() throws {
    let series = try series(["pgd", "universal"])
    // Of twenty speakers each change is fitted to ten: there it fools the model always, and the other never.
    func rows(_ clips: Int, _ fools: (_ isFitted: Bool) -> Bool) -> [AttackReport.Row] {
      (0..<clips).map { place in
        let isFitted = place % 20 < 10
        let (first, second) = (attacked([false, false], noise: 0), attacked([false, fools(isFitted)], noise: 0))
        return (
          Manifest.Entry(path: "\(place).wav", emotion: .angry, speaker: "s\(place % 20)"),
          ClipAttacks(
            from: 0, truth: 0, tries: first.tries + second.tries, noise: first.noise, found: first.found + second.found,
            playedBack: [:], cues: [:], isFitted: isFitted)
        )
      }
    }
    func against(_ clips: Int) throws -> AttackAgainst {
      try #require(
        AttackAgainst(rows(clips) { $0 }, rows(clips) { !$0 }, of: series, against: series))
    }
    let enough = try against(60)
    #expect(enough.rows.map(\.half) == [nil, nil, "others", "others"] && enough.bothRight == 60)
    #expect(enough.rows.map(\.difference.clips) == [60, 60, 30, 30] && enough.rows.allSatisfy(\.isEnough))
    #expect(enough.rows[3].fooled == 0 && enough.rows[3].otherFooled == 1 && enough.rows[3].otherAccuracy == 0)
    #expect(enough.words.contains("is easier to fool") && enough.words.contains("more in 1 of 4 rows"))
    #expect(enough.remarks.contains { $0.hasPrefix("universal: of the 30 clips of the speakers that no change") })
    // Twenty clips of the others are too few, and forty of all are not.
    let few = try against(40)
    #expect(few.rows.map(\.isEnough) == [true, true, false, false] && few.isEnough)
    #expect(few.words.contains("is not shown to be harder or easier") && few.words.contains("of 2 rows"))
    let none = try #require(
      AttackAgainst(
        rows(40) { $0 }.filter { $0.attacks.isFitted == true }, rows(40) { $0 }, of: series, against: series))
    #expect(none.rows.count == 2)
  }

  @Test("With a target, a clip that is driven to a third emotion is neither fooled nor right; noise counts likewise")
  func targeted() throws {
    func noise(_ holds: Double) -> [ClipAttacks.Noise] {
      [.init(share: 0, holds: 1, others: []), .init(share: 0, holds: holds, others: [])]
    }
    func row(_ tries: [ClipAttacks.Try], noise holds: Double) -> ClipAttacks {
      ClipAttacks(
        from: 0, truth: 0, tries: [tries], noise: noise(holds), found: [nil], playedBack: [:], cues: [:])
    }
    let rows = [
      row([tried(false, holds: false, ratio: 41), tried(false, holds: false, ratio: 41)], noise: 0.6),
      row([tried(false, ratio: 41), tried(true, ratio: 21)], noise: 1),
      // What says the target already is not attacked, and right here.
      ClipAttacks(from: 1, truth: 1),
    ]
    let report = AttackReport(
      rows.enumerated().map { (Manifest.Entry(path: "\($0).wav", emotion: .angry, speaker: nil), $1) },
      of: try series(target: 1), source: "clips.csv", method: nil)
    #expect(report.clean.mean == 1)
    let shares: [Double] = [2.0 / 3, 1.0 / 3, 1, 2.6 / 3]
    let accuracies = report.curves.map(\.accuracy.mean)
    #expect(accuracies.elementsEqual(shares) { abs($0 - $1) < 1e-12 }, "\(accuracies)")
    #expect(report.curves.map(\.fooled.mean) == [0, 0.5, 0, 0])
  }

  @Test("A target by the predicted class alone, and the smallest 2-norm under masking, are refused")
  func unsuitable() throws {
    func error(_ make: () throws -> AttackSeries) -> String? {
      do {
        _ = try make()
        return nil
      } catch { return "\(error)" }
    }
    #expect(
      error { try series(["pgd", "decision"], target: 1) }?.hasPrefix("the attack decision has no target") == true)
    #expect(error { try series(["decision"]) } == nil)
    for name in ["deepfool", "carlini-wagner", "decision"] {
      let masked = error { try series([name], [.masked(0)]) }
      #expect(masked?.hasPrefix("the attack \(name) seeks the change of the smallest 2-norm") == true)
      let report = try AttackReport(
        [(Manifest.Entry(path: "0.wav", emotion: .angry), attacked([true, true], noise: 0))],
        of: series([name], [.largest(0.1), .largest(0.2)]), source: "x", method: nil)
      #expect(report.remarks.count == 1 && report.remarks[0].hasPrefix(name))
    }
    #expect(error { try series(["pgd"], [.masked(0)]) } == nil)
  }

  @Test("Of what fools is counted what survives, and which of the same clips change by themselves")
  func played() throws {
    let played = try report().played
    #expect(played.map(\.clips) == [2])
    #expect(Playback.allCases.map { played[0].counts[$0] } == [2, 1, 0, 0, 0])
    #expect(Playback.allCases.map { played[0].changes[$0] } == [0, 1, 0, 0, 0])
  }

  @Test("Changes of cues are in standard deviations over all attacked clips, beside noise's of the same clips")
  func cues() throws {
    let explained = try report().explained
    let own = try #require(explained.first)
    #expect(explained.count == 1 && own.ofBefore?.mean.mean == 0.5 && own.ofAfter == nil)
    #expect(own.ofBefore?.difference?.mean == -0.25)
    // Means of 10, 11 and 12: a deviation of 1; changes of −0.5 and 1.5 where it fools, of noise 0.25. Jitter has none.
    #expect(own.cues.map(\.cue) == [.fundamental])
    #expect(abs(own.cues[0].change.mean - 0.5) < 1e-12 && abs(own.cues[0].size - 1) < 1e-12)
    let difference = try #require(own.cues[0].difference)
    #expect(abs(difference.mean - 0.25) < 1e-12 && difference.clips == 2)
    let words = try report().words(of: own)
    #expect(words.contains("+0.50 SD (size 1.00; +0.25 beside noise as large)") && words.contains("too few clips"))
    #expect(words.contains("of 0.50 (−0.25 beside noise as large) for the class said before"))
  }

  @Test("The table has a row for each clip, attack and budget; what survives stands beside the smallest that fools")
  func table() throws {
    let csv = try report().csv
    #expect(csv.count == 1 + 2 + 2 + 1 + 2 && csv.allSatisfy { $0.count == csv[0].count })
    let (budget, mp3) = (
      try #require(csv[0].firstIndex(of: "budget")), try #require(csv[0].firstIndex(of: "survives_mp3"))
    )
    #expect(
      csv[1][budget] == "40.0" && csv[1][mp3] == "" && csv[2][mp3] == "yes" && csv[6][mp3] == "no" && csv[7][mp3] == "")
    let change = try #require(csv[0].firstIndex(of: "changes_mp3"))
    #expect(csv.map { $0[change] } == ["changes_mp3", "no", "no", "no", "no", "", "yes", "yes"])
    #expect(csv[5][3...].allSatisfy { $0 == "" || $0 == model.classes[2] })
  }

  @Test("What was read is refused where it has other attacks, budgets or classes")
  func possible() {
    let row = attacked([false, true], noise: 0.2)
    #expect(row.isPossible(classes: 7, attacks: 1, budgets: 2, others: 0))
    #expect(ClipAttacks(from: 6, truth: nil).isPossible(classes: 7, attacks: 1, budgets: 2, others: 0))
    #expect(!row.isPossible(classes: 1, attacks: 1, budgets: 2, others: 0))
    #expect(!row.isPossible(classes: 7, attacks: 2, budgets: 2, others: 0))
    #expect(!row.isPossible(classes: 7, attacks: 1, budgets: 3, others: 0))
    #expect(!row.isPossible(classes: 7, attacks: 1, budgets: 2, others: 1))
  }

  @Test("Budgets come the smallest first")
  func order() throws {
    #expect(try series().budgets == [.ratio(40), .ratio(20)])
    #expect(try series(["pgd"], [.largest(2), .largest(0.5)], at: .mel).budgets == [.largest(0.5), .largest(2)])
    #expect(try series(["pgd"], [.masked(-3), .masked(6)]).budgets == [.masked(6), .masked(-3)])
    #expect(throws: AttackError.self) { try series(["magic"]) }
  }

  @Test("A stored sound has 16 bits; at half the rate it keeps what is below a quarter of it; lengths stay")
  func playback() throws {
    func tone(_ hertz: Double) -> AudioClip {
      AudioClip(
        samples: (0..<16_000).map { Float(0.3 * sin(2 * .pi * hertz * Double($0) / 16_000)) }, sampleRate: 16_000)
    }
    func energy(_ clip: AudioClip) -> Double { clip.samples.reduce(0) { $0 + Double($1) * Double($1) } }
    let stored = try #require(Playback.wav.sound(of: tone(1000), trimming: .off))
    #expect(stored.samples.allSatisfy { $0 * 32_768 == ($0 * 32_768).rounded() } && stored != tone(1000))
    let (low, high) = (
      try #require(Playback.resampled.sound(of: tone(1000), trimming: .off)),
      try #require(Playback.resampled.sound(of: tone(6000), trimming: .off))
    )
    #expect(abs(energy(low) / energy(stored) - 1) < 0.01 && energy(high) < 0.01 * energy(stored))
    for way in Playback.allCases {
      #expect(try #require(way.sound(of: tone(400), trimming: .off)).samples.count == 16_000)
    }
  }

  @Test("Random changes use the whole budget, and nothing of the padding")
  func random() throws {
    let clip = Clip(hum, model: model)
    var generator = SeededGenerator(seed: 3)
    func change(_ budget: AttackBudget) throws -> [Double] {
      let values = try RandomChange(clip, at: .waveform, AttackSettings(budget: budget)).values(using: &generator)
      #expect(values.count == clip.waveform.count)
      return zip(values, clip.waveform.floats).map { Double($0) - Double($1) }
    }
    func energy(_ values: some Sequence<Double>) -> Double { values.reduce(0) { $0 + $1 * $1 } }
    let noise = try change(.ratio(20))
    #expect(abs(10 * log10(energy(hum.map(Double.init)) / energy(noise)) - 20) < 0.01)
    let signs = try change(.largest(0.01))
    #expect(signs.prefix(16_000).allSatisfy { abs(abs($0) - 0.01) < 1e-6 })
    #expect(energy(noise.dropFirst(16_000)) == 0 && energy(signs.dropFirst(16_000)) == 0)
  }

  @Test(
    "A run in groups that is stopped resumes to the same rows, a broken clip among them; what fools stays with larger budgets",
    arguments: ["pgd", "deepfool"])
  func groups(attack: String) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("attacks-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try makeFolder(folder)
    for (number, factor) in [1, 0.5, 0.2].enumerated() {
      try AudioClip(samples: hum.map { Float(factor) * $0 }, sampleRate: 16_000).write(to: "\(folder)/\(number).wav")
    }
    try AudioClip(samples: Array(repeating: 0, count: 8000), sampleRate: 16_000).write(to: "\(folder)/3.wav")
    let manifest = Manifest(
      folder: folder,
      entries: ["0", "3", "1", "2"].map { .init(path: "\($0).wav", emotion: Emotion(rawValue: "calm")) })
    // At 40 dB a change's mean is at most 0.0021; at 0 dB the quietest clip's can be 0.04: 0.005 fools.
    let series = try series([attack], [.ratio(40), .ratio(0)], isLabelled: false, of: MeanModel.model())
    func run(_ name: String, stop: () -> Bool = { false }) throws -> (rows: [[String]], isFinished: Bool, failed: Int) {
      let path = "\(folder)/\(name)"
      try makeFolder(path)
      let result = try ClipJob<ClipAttacks>(manifest.entries, of: manifest, sampleRate: 16_000).run(
        in: path, asked: [name], groups: 2, status: { _ in 65 }, shouldStop: stop,
        isPossible: { $0.isPossible(classes: 3, attacks: 1, budgets: 2, others: 0) }, { _ in }
      ) { items in try series.run(items, progress: { _ in }) { _ in (nil, []) } }
      let report = AttackReport(result.rows.map { ($0.entry, $0.row) }, of: series, source: "x", method: nil)
      #expect(report.curves.map(\.fooled.mean).prefix(2) == [0, 1] && report.curves[1].accuracy.mean == 0)
      #expect(report.played.map(\.clips) == [report.attacked])
      return (report.csv, result.isFinished, result.failures.count)
    }
    let whole = try run("whole")
    #expect(whole.isFinished && whole.failed == 1 && whole.rows.count == 1 + 3 * 2)
    var asked = 0
    let stopped = try run("parts") {
      asked += 1
      return asked == 2
    }
    #expect(!stopped.isFinished && stopped.rows.count == 1 + 2 && stopped.failed == 1)
    let rest = try run("parts")
    #expect(rest.isFinished && rest.rows == whole.rows && rest.failed == 1)
  }

  @Test("What fools stays and is not attacked again; one change for all clips is each budget's own")
  func rising() throws {
    // A mean of 0.005 is 32.5 dB below the hum.
    let series = try series(
      ["pgd", "universal", "deepfool"], [.ratio(0), .ratio(20), .ratio(40)], of: MeanModel.model())
    let rows = try series.run([item("0.wav"), item("1.wav")], progress: { _ in }) { _ in ("sound", []) }
    for row in try rows.map({ try $0.get() }) {
      #expect(row.from == 0 && row.isRight)
      for (attack, tries) in row.tries.enumerated() {
        #expect(
          tries.map(\.isFooled) == [false, true, true] && tries.map(\.holds) == [true, false, false], "\(attack)")
        let found = try #require(row.found[attack])
        #expect(found.budget == 1 && found.survives.count == 5 && found.sound == "sound", "\(attack)")
        #expect(attack == 2 || found.survives[.wav] == true)
        #expect(tries[1].to == 1)
      }
      let ratios = try row.tries.map { try $0.map { try #require($0.ratio) } }
      #expect(ratios[0][2] == ratios[0][1] && abs(ratios[0][1] - 20) < 1 && abs(ratios[1][2]) < 1)
      #expect(abs(ratios[2][2] - 32.4) < 1 && row.noise[1].share == 0 && row.noise[1].holds == 1)
      #expect(row.playedBack[.wav] == false)
    }
  }

  @Test("A clip that cannot be attacked fails by its path, and the others do not; of several lengths each is attacked")
  func failures() throws {
    let items = [item("long.wav"), item("short.wav", samples: 4800), item("other.wav", samples: 12_000)]
    // Frequencies of 0.3 s are 3.3 Hz apart: none lies between 61 and 62.
    let banded = try series(["pgd"], [.ratio(20)], of: MeanModel.model(), band: 61...62)
    let rows = try banded.run(items, progress: { _ in }) { _ in (nil, []) }
    #expect(try rows[0].get().isAttacked && rows[2].get().isAttacked)
    guard case .failure(let error) = rows[1] else {
      Issue.record("a band without a frequency is attacked")
      return
    }
    #expect("\(error)".hasPrefix("short.wav: ") && "\(error)".contains("it is empty") && error is AttackError)

    let all = try series(["pgd"], [.ratio(20)], of: MeanModel.model())
    let found = try all.run(items, progress: { _ in }) { _ in (nil, []) }
    #expect(try found.allSatisfy { try $0.get().tries[0][0].isFooled })
    let universal = try series(["universal"], [.ratio(20)], of: MeanModel.model())
    #expect(throws: AttackError.self) { try universal.run(items, progress: { _ in }) { _ in (nil, []) } }
  }

  // MARK: One change for all clips

  /// So many clips of so many speakers, by turns.
  private func entries(_ count: Int, speakers: Int) -> [Manifest.Entry] {
    (0..<count).map { .init(path: "\($0).wav", emotion: Emotion(rawValue: "a"), speaker: "s\($0 % speakers)") }
  }

  @Test("A universal change is fitted to half of the speakers where there are 24 clips of 10 known ones, else to all")
  func half() throws {
    let entries = entries(25, speakers: 11)
    let fitted = try #require(AttackSeries.fittedHalf(of: entries, seed: 3))
    #expect(fitted.count == 5 && fitted.isSubset(of: entries.map { $0.speaker! }))
    // The same from the same seed, others from another.
    #expect(AttackSeries.fittedHalf(of: entries, seed: 3) == fitted)
    #expect((4..<10).contains { AttackSeries.fittedHalf(of: entries, seed: $0) != fitted })
    #expect(AttackSeries.fittedHalf(of: Array(entries.prefix(23)), seed: 3) == nil)
    #expect(AttackSeries.fittedHalf(of: self.entries(30, speakers: 9), seed: 3) == nil)
    #expect(AttackSeries.fittedHalf(of: entries + [.init(path: "x.wav", emotion: .angry)], seed: 3) == nil)
  }

  @Test("A universal change that is fitted to two clips is measured on others apart: what was not fitted is not raised")
  func heldOut() throws {
    let series = try AttackSeries(
      MeanModel.model(), attacks: ["universal", "pgd"], budgets: [.ratio(40), .ratio(20)], at: .waveform, target: nil,
      settings: AttackSettings(budget: .ratio(40), steps: 3, seed: 5), others: [], explainer: nil, isLabelled: true,
      fitted: ["s0"])
    let items = ["s0", "s1", "s0"].map { speaker in
      AttackSeries.Item(
        entry: .init(path: "\(speaker).wav", emotion: Emotion(rawValue: "a"), speaker: speaker), path: speaker,
        sound: AudioClip(samples: hum, sampleRate: 16_000))
    }
    let rows = try zip(items, series.run(items, progress: { _ in }) { _ in (nil, []) }).map {
      (entry: $0.entry, attacks: try $1.get())
    }
    #expect(rows.map(\.attacks.isFitted) == [true, false, true])
    let report = AttackReport(rows, of: series, source: "clips.csv", method: nil)
    let names = report.curves.map { report.name(of: $0) }
    #expect(names == ["universal, fitted", "universal, others", "pgd", "noise"].flatMap { [$0, $0] })
    #expect(report.curves.map(\.accuracy.clips) == [2, 2, 1, 1, 3, 3, 3, 3])
    // The hum of the third is the same: at 20 dB the change of the mean fools it too.
    #expect(report.curves.prefix(4).map(\.fooled.mean) == [0, 1, 0, 1])
    #expect(
      report.figure.lines.map(\.name) == ["universal, fitted", "universal, others", "pgd", "random noise as large"])
    #expect(
      report.remarks == [
        "universal: one change for all clips with each budget, fitted to 2 clips of 1 speaker, and measured on their half of the speakers (fitted) and on the other (others): 1 clip of 1 speaker"
      ])
    #expect(try report.json(figures: []).contains(#""half":"others""#))
    // Played is what fools one that it was not fitted to, and of the other attack all three.
    #expect(report.played.map { report.name(of: $0) } == ["universal, others", "pgd"])
    #expect(report.played.map(\.clips) == [1, 3])
    let halves = try report.json(figures: []).components(separatedBy: #""half":"fitted""#).count - 1
    #expect(halves == 2 + 2)  // of two curves, and of what was found of two clips
    // Where nobody of the half is attacked there is nothing to fit to.
    let nobody = try AttackSeries(
      MeanModel.model(), attacks: ["universal"], budgets: [.ratio(40)], at: .waveform, target: nil,
      settings: AttackSettings(budget: .ratio(40), steps: 3, seed: 5), others: [], explainer: nil, isLabelled: true,
      fitted: ["s2"])
    let failed = try nobody.run(items, progress: { _ in }) { _ in (nil, []) }
    #expect(throws: AttackError.self) { try failed[0].get() }
  }

  @Test("Of clips that are attacked at once, one whose logits overflow fails by itself")
  func overflow() throws {
    // At 20 dB the mean of the hum's change is above 0.013 from the first step on; that of the quiet one's reaches 0.0064.
    let quiet = AttackSeries.Item(
      entry: .init(path: "quiet.wav", emotion: Emotion(rawValue: "a")), path: "quiet.wav",
      sound: AudioClip(samples: hum.map { 0.3 * $0 }, sampleRate: 16_000))
    let series = try series(["pgd"], [.ratio(20)], of: MeanModel.model(overflows: true))
    let rows = try series.run([item("loud.wav"), quiet], progress: { _ in }) { _ in (nil, []) }
    #expect(try rows[1].get().tries[0][0].isFooled)
    guard case .failure(let error) = rows[0] else {
      Issue.record("infinite logits are a prediction")
      return
    }
    #expect("\(error)".hasPrefix("loud.wav: the model mean predicts nothing of a clip"))
  }

  @Test("On features nothing is played; explanations are of the changed mel")
  func features() throws {
    // The whole mel can rise by 20 dB, and 10 fool.
    let mel = Clip(hum, model: MelMeanModel.model(threshold: 0))[.mel].floats
    let threshold = mel.reduce(0, +) / Float(mel.count) + 10
    let model = MelMeanModel.model(threshold: threshold)
    let explainer = Explainer(model: model, method: Saliency(), spaces: [.mel])
    let series = try series(["fgsm"], [.largest(20)], at: .mel, isLabelled: false, explainer: explainer, of: model)
    var written: [AttackSeries.Fooled] = []
    let rows = try series.run([item("hum.wav")], progress: { _ in }) { fooled in
      written.append(fooled)
      return (nil, [])
    }.map { try $0.get() }
    #expect(rows.count == 1 && rows[0].isAttacked && rows[0].playedBack.isEmpty && rows[0].cues.isEmpty)
    #expect(rows[0].tries[0][0].ratio == nil && rows[0].tries[0][0].largest <= 20.001)
    let found = try #require(rows[0].found[0])
    #expect(written.count == 1 && found.survives.isEmpty)
    for fooled in written {
      #expect(fooled.sound == nil && fooled.figure?.clips.count == 2 && fooled.from == 0 && fooled.to == 1)
    }
    let explanation = try #require(found.explanation)
    #expect(explanation.attack.changes.isEmpty && explanation.noise.changes.isEmpty && explanation.isPossible)
  }
}
