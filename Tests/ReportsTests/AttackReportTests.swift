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
    at space: InputSpace = .waveform, isLabelled: Bool = true, explainer: Explainer? = nil
  ) throws -> AttackSeries {
    try AttackSeries(
      model, attacks: attacks, budgets: budgets, at: space, target: nil,
      settings: AttackSettings(budget: budgets[0], steps: 3, seed: 5), others: [], explainer: explainer,
      isLabelled: isLabelled)
  }

  private func tried(_ isFooled: Bool, ratio: Double) -> ClipAttacks.Try {
    ClipAttacks.Try(
      isFooled: isFooled, to: isFooled ? 1 : 0, probability: 0.5, ratio: ratio, largest: 0.1, gradients: 3,
      predictions: 1, others: [])
  }

  /// A clip that noise fools in so many parts of the draws of both budgets.
  private func attacked(
    _ isFooled: [Bool], noise: Double, survives: Set<Playback> = [], changes: Set<Playback> = [], cue: Double = 10
  ) -> ClipAttacks {
    let found = isFooled.firstIndex(of: true).map { budget in
      ClipAttacks.Found(
        budget: budget,
        survives: Dictionary(uniqueKeysWithValues: Playback.allCases.map { ($0, survives.contains($0)) }), sound: nil,
        figures: [],
        explanation: AttackExplanation(
          ofBefore: 0.5, ofAfter: nil, cues: [.fundamental: cue, .jitter: 0.1],
          changes: [.fundamental: cue - 10.5, .jitter: 0]))
    }
    return ClipAttacks(
      from: 0, truth: 0, tries: [isFooled.enumerated().map { tried($1, ratio: 41 - 20 * Double($0)) }],
      noise: [.init(share: 0, others: []), .init(share: noise, others: [])], found: [found],
      playedBack: Dictionary(uniqueKeysWithValues: Playback.allCases.map { ($0, changes.contains($0)) }))
  }

  private func report() throws -> AttackReport {
    let rows = [
      attacked([false, true], noise: 0.2, survives: [.wav, .mp3], cue: 10),
      attacked([false, false], noise: 0, changes: [.opus]),
      ClipAttacks(from: 2, truth: 0),
      attacked([true, true], noise: 0.4, survives: [.wav], cue: 12),
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
    #expect(report.words.hasPrefix("4 clips: cnnatt is right of 75 % without an attack"))
    let figure = report.figure
    #expect(figure.lines.map(\.name) == ["pgd", "random noise as large"] && figure.clean.low == nil)
    #expect(try figure.encoded().count > 1000)
  }

  @Test("Of what fools is counted what survives, of the clips as they are what changes by itself")
  func played() throws {
    let played = try report().played
    #expect(played.map(\.clips) == [2, 3])
    #expect(Playback.allCases.map { played[0].counts[$0] } == [2, 1, 0, 0, 0])
    #expect(Playback.allCases.map { played[1].counts[$0] } == [0, 0, 1, 0, 0])
  }

  @Test("Changes of cues are in standard deviations over the clips; a cue without one is left out")
  func cues() throws {
    let explained = try report().explained
    let own = try #require(explained.first)
    #expect(explained.count == 1 && own.ofBefore?.mean == 0.5 && own.ofAfter == nil)
    // Means of 10 and 12: a deviation of √2; changes of −0.5 and 1.5.
    #expect(own.cues.map(\.cue) == [.fundamental])
    #expect(abs(own.cues[0].change.mean - 0.5 / 2.0.squareRoot()) < 1e-12)
    #expect(abs(own.cues[0].size - 1 / 2.0.squareRoot()) < 1e-12)
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
    let series = try series([attack], [.ratio(40), .ratio(0)], isLabelled: false)
    func run(_ name: String, stop: () -> Bool = { false }) throws -> (rows: [[String]], isFinished: Bool, failed: Int) {
      let path = "\(folder)/\(name)"
      try makeFolder(path)
      let result = try ClipJob<ClipAttacks>(manifest.entries, of: manifest, sampleRate: 16_000).run(
        in: path, asked: [name], groups: 2, status: { _ in 65 }, shouldStop: stop,
        isPossible: { $0.isPossible(classes: 7, attacks: 1, budgets: 2, others: 0) }, { _ in }
      ) { items in try series.run(items, progress: { _ in }) { _ in (nil, []) } }
      let report = AttackReport(result.rows.map { ($0.entry, $0.row) }, of: series, source: "x", method: nil)
      #expect(report.curves[0].fooled.mean <= report.curves[1].fooled.mean)
      #expect(report.played.map(\.clips) == [report.attacked, report.attacked] || report.curves[1].fooled.mean < 1)
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

  @Test("On features nothing is played; explanations are of the changed mel")
  func features() throws {
    let explainer = Explainer(model: model, method: Saliency(), spaces: [.mel])
    let series = try series(["fgsm"], [.largest(20)], at: .mel, isLabelled: false, explainer: explainer)
    let item = AttackSeries.Item(
      entry: .init(path: "hum.wav", emotion: .none), path: "hum.wav", sound: AudioClip(samples: hum, sampleRate: 16_000)
    )
    var written: [AttackSeries.Fooled] = []
    let rows = try series.run([item], progress: { _ in }) { fooled in
      written.append(fooled)
      return (nil, [])
    }.map { try $0.get() }
    #expect(rows.count == 1 && rows[0].isAttacked && rows[0].playedBack.isEmpty)
    #expect(rows[0].tries[0][0].ratio == nil && rows[0].tries[0][0].largest <= 20.001)
    #expect((rows[0].found[0] != nil) == (written.count == 1))
    for fooled in written {
      #expect(fooled.sound == nil && fooled.figure?.clips.count == 2 && fooled.from != fooled.to)
    }
    if let found = rows[0].found[0] {
      let explanation = try #require(found.explanation)
      #expect(found.survives.isEmpty && explanation.cues.isEmpty && explanation.isPossible)
    }
  }
}
