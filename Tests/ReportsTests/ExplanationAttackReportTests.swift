import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Models
import TestSupport
import Testing

@testable import Attributions
@testable import Reports

@Suite("How far attacks turn explanations")
struct ExplanationAttackReportTests {
  private let model = TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1)

  private func examiner(
    _ methods: [any AttributionMethod] = [Saliency(), GuidedBackpropagation(), InputXGradient()],
    of other: TrainedModel? = nil, steps: Int = 3
  ) throws -> ExplanationAttackExaminer {
    try ExplanationAttackExaminer(
      model: other ?? model, methods: methods, budgets: [.ratio(20), .ratio(40)], aim: .top,
      settings: AttackSettings(budget: .ratio(20), steps: steps, seed: 5))
  }

  private func similarity(_ correlation: Double) -> ClipStability.Similarity {
    .init(correlation: correlation, overlap: abs(correlation) / 2)
  }

  /// A clip whose maps have these correlations after an attack at 40 and at 20 dB, and 0.8 and 0.6 after noise; the last method's
  /// maps have no ranks.
  private func row(_ attacked: [Double], shift: Double = 0) -> ClipExplanationAttacks {
    func changes(_ loss: Double) -> [ClipExplanationAttacks.Change] {
      [40.0, 20].enumerated().map { place, ratio in
        .init(
          loss: loss / Double(place + 2), probability: 0.5, ratio: ratio + 0.5, largest: 0.01, gradients: 9,
          predictions: 2)
      }
    }
    return ClipExplanationAttacks(
      predicted: 2, probability: 0.75,
      maps: [
        .init(map: .saliency, loss: 0.4, changes: changes(0.4)),
        .init(map: .inputXGradient, loss: 0.6, changes: changes(0.6)),
      ],
      attacked: [attacked.map { similarity($0 + shift) }, [0.9, 0.7].map { similarity($0 + shift) }, [nil, nil]],
      noise: [0.8, 0.6].map { number in
        .init(
          probability: 0.7, holds: number, methods: [similarity(number + shift), similarity(number - shift), nil])
      }, another: [similarity(0.3), nil, nil])
  }

  /// - Parameter spread: By how much the correlations of a speaker are more or less than these.
  private func report(
    clips: Int, speakers: Int = 12, _ attacked: [Double] = [0.6, 0.1], spread: Double = 0.02
  ) throws -> ExplanationAttackReport {
    ExplanationAttackReport(
      (0..<clips).map { place in
        (
          Manifest.Entry(path: "\(place).wav", emotion: .angry, speaker: "s\(place % speakers)"),
          row(attacked, shift: spread * Double(place % 3 - 1))
        )
      }, by: try examiner(), source: "clips.csv")
  }

  @Test("A map can be made another where the correlation is low, and lower than after noise; else that is not shown")
  func verdicts() throws {
    let summary = try report(clips: 36).summary
    let verdicts = summary.methods.map { $0.budgets.map(\.verdict) }
    // Of saliency 0.6 is below noise, and not low; guided backpropagation's is above noise; the last has no ranks.
    #expect(verdicts == [[.notShown, .another], [.notShown, .notShown], [.tooFew, .tooFew]])
    #expect(summary.methods.map(\.turned) == [1, nil, nil] && summary.methods.map(\.isOwn) == [true, false, true])
    let own = try #require(summary.methods[0].budgets[1].beyondNoise)
    #expect(abs(own.mean + 0.5) < 1e-12 && abs(own.level - (1 - 0.05 / 6)) < 1e-12)
    #expect(abs(try #require(summary.methods[0].another).correlation.mean - 0.3) < 1e-12)
    let change = summary.changes[1]
    #expect(change.map == .saliency && change.budget == 1 && abs(change.before.mean - 0.4) < 1e-12)
    #expect(abs(change.after.mean - 0.4 / 3) < 1e-12 && change.probabilityBefore.mean == 0.75 && change.ratio == 20.5)
    #expect(abs(change.holdsAfterNoise.mean - 0.6) < 1e-12 && change.gradients == 9 && change.predictions == 2)
    let sentences = summary.sentences(["40 dB", "20 dB"])
    #expect(
      sentences[0].hasPrefix(
        "saliency: its map can be made another at 20 dB while the prediction holds: rank correlation 0.10 (0."))
    #expect(sentences[0].hasSuffix("after noise as large 0.60, with another clip 0.30."))
    #expect(sentences[1].contains("not shown that its map can be made another") && sentences[1].contains("on saliency"))
    #expect(sentences[2].hasSuffix("no ranks to compare."))
    #expect(summary.criterion.contains("at 99.17 %, so that all 6 comparisons hold"))
  }

  @Test("A mean correlation that is low by chance alone makes no map another")
  func spread() throws {
    // Speakers differ by ±0.2, so that the interval of a mean of 0.45 reaches beyond 0.5; all are 0.35 below noise.
    let summary = try report(clips: 36, [0.45, 0.1], spread: 0.2).summary
    let own = try #require(summary.methods[0].budgets[0].attacked).correlation
    #expect(abs(own.mean - 0.45) < 1e-12 && (summary.methods[0].budgets[0].beyondNoise?.high ?? 9) < 0)
    #expect(summary.methods[0].budgets.map(\.verdict) == [.notShown, .another])
    #expect(try report(clips: 36, [0.45, 0.1]).summary.methods[0].budgets.map(\.verdict) == [.another, .another])
  }

  @Test("Of few clips or speakers there is no verdict, and no interval in words or figure")
  func few() throws {
    for report in [try report(clips: 3), try report(clips: 36, speakers: 3)] {
      #expect(report.summary.noVerdict?.hasPrefix("No verdicts: too few clips") == true && !report.isEnough)
      let sentence = report.sentences[0]
      #expect(
        sentence
          == "saliency: its map at 20 dB while the prediction holds: rank correlation 0.10, after noise as large 0.60, with another clip 0.30."
      )
      #expect(report.figure.lines.allSatisfy { line in line.shares.allSatisfy { $0.low == nil } })
    }
  }

  @Test("The figure has a line a method, its noise dashed beside it; the table a row for each clip, budget and method")
  func figureAndTable() throws {
    let report = try report(clips: 36)
    let figure = report.figure
    #expect(figure.lines.map(\.partner) == [nil, nil, nil, 0, 1, 2] && figure.budgets == ["40 dB", "20 dB"])
    #expect(figure.lines[0].shares[1].low != nil && figure.lines[3].shares[1].low == nil && figure.clean.mean == 1)
    #expect(try figure.encoded().count > 1000)
    let csv = report.csv
    #expect(csv.count == 1 + 36 * 2 * 3 && csv.allSatisfy { $0.count == csv[0].count })
    let columns = ["budget", "method", "map", "correlation", "noise_correlation", "another_correlation", "loss_after"]
    let places = try columns.map { name in try #require(csv[0].firstIndex(of: name)) }
    #expect(
      places.map { csv[1 + 3][$0] } == ["20.0", "saliency", "saliency"]
        + [0.1 - 0.02, 0.6 - 0.02, 0.3, 0.4 / 3].map { "\($0)" })
    #expect(places.map { csv[3][$0] }[3...5] == ["", "", ""])
    #expect(
      report.remarks == [
        "only measured are guided-backpropagation after the attack on saliency: an attack on the method itself may do more"
      ])
  }

  @Test("What was read is refused where it has other methods, budgets, maps or classes")
  func possible() throws {
    let row = row([0.6, 0.1])
    #expect(row.isPossible(by: try examiner()))
    #expect(!row.isPossible(by: try examiner([Saliency(), GuidedBackpropagation()])))
    #expect(!row.isPossible(by: try examiner([InputXGradient(), InputXGradient(), InputXGradient()])))
    var other = row
    other.written = [.init(map: .saliency, budget: 2, sound: nil, figures: [])]
    #expect(!other.isPossible(by: try examiner()))
    let again = try JSONDecoder().decode(ClipExplanationAttacks.self, from: JSONEncoder().encode(row))
    #expect(again.isPossible(by: try examiner()) && again.attacked[0][1]?.correlation == 0.1)
  }

  @Test("Written is the smallest budget that makes the attacked map another, else the largest")
  func shown() throws {
    let examiner = try examiner()
    #expect(examiner.shown(.saliency) == 0 && examiner.shown(.inputXGradient) == 2)
    func budgets(_ attacked: [Double]) -> [Int] { examiner.shown(row(attacked)).map(\.budget) }
    #expect(budgets([0.4, 0.1]) == [0, 1] && budgets([0.6, 0.1]) == [1, 1] && budgets([0.9, 0.8]) == [1, 1])
  }

  @Test(
    "Clips of several lengths are attacked, silence fails by its path, and what is written of a clip is its sound and its maps"
  )
  func series() throws {
    let model = try TrainedModel.builtIn()
    let series = ExplanationAttackSeries(try examiner([Saliency()], of: model), among: [])
    func item(_ name: String, _ samples: [Float]) -> ExplanationAttackSeries.Item {
      .init(
        entry: .init(path: name, emotion: .angry), path: name, sound: AudioClip(samples: samples, sampleRate: 16_000))
    }
    let hum = (0..<16_000).map { place -> Float in
      let time = Double(place) / 16_000
      return Float(0.15 * sin(2 * .pi * 200 * time) * (1 + sin(18 * time)))
    }
    let items = [
      item("long.wav", hum), item("silence.wav", hum.map { _ in 0 }), item("short.wav", Array(hum.prefix(9_000))),
    ]
    var turned: [ExplanationAttackSeries.Turned] = []
    let rows = try series.run(items, progress: { _ in }) {
      turned.append($0)
      return ("sound of \($0.item.path)", ["figure"])
    }
    #expect(rows.count == 3 && turned.map(\.item.path) == ["long.wav", "short.wav"])
    #expect(throws: ExplanationError.silent(path: "silence.wav")) { try rows[1].get() }
    let row = try rows[0].get()
    #expect(row.written.map(\.sound) == ["sound of long.wav"] && row.another == nil)
    for turned in turned {
      #expect(turned.map == .saliency && turned.figure.clips.map { $0.name } == ["as it is", "attacked", "the change"])
      #expect(turned.figure.clips[2].prediction == nil && turned.figure.clips[0].prediction != nil)
      #expect(try turned.figure.encoded().count > 1000)
    }
    #expect(try series.run([items[0]], progress: { _ in }, write: nil)[0].get().written.isEmpty)
  }

  @Test("The noise of a clip is the same wherever its folder lies, and other noise for another clip")
  func places() throws {
    let series = ExplanationAttackSeries(
      try examiner([Saliency()], of: try TrainedModel.builtIn(), steps: 1), among: [])
    let hum = (0..<9_000).map { Float(0.15 * sin(0.08 * Double($0)) * (1 + sin(0.001 * Double($0)))) }
    func noise(_ name: String, in folder: String) throws -> Double {
      let item = ExplanationAttackSeries.Item(
        entry: .init(path: name, emotion: .angry), path: "\(folder)/\(name)",
        sound: AudioClip(samples: hum, sampleRate: 16_000))
      let row = try series.run([item], progress: { _ in }, write: nil)[0].get()
      return try #require(row.noise[1].methods[0]).correlation
    }
    let here = try noise("a.wav", in: "/here")
    #expect(abs(try noise("a.wav", in: "/there") - here) < 1e-7)
    #expect(abs(try noise("b.wav", in: "/here") - here) > 1e-5)
  }
}
