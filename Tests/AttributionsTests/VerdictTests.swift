import AudioFeatures
import Basics
import Corpora
import Foundation
import Models
import Tensors
import TestSupport
import Testing

@testable import Attributions

@Suite("Verdicts")
struct VerdictTests {
  // MARK: Measures

  /// What Quantus says of the same attributions: Tests/Fixtures/localisation.py writes the file.
  @Test("AUC, rank accuracy and top-k in a cue are Quantus's", arguments: ["random", "pointed", "tied"])
  func localisation(_ name: String) throws {
    let stored = try JSONDecoder().decode(
      [String: [String: Double]].self, from: Data(contentsOf: Checkout.fixture("localisation.json")))
    let expected = try #require(stored[name])
    let (rows, frames) = (24, 30)
    let isInside = (0..<rows).flatMap { row in (0..<frames).map { (5..<11).contains(row) && (8..<27).contains($0) } }
    var sizes = sampled("localisation \(name)", [rows, frames]).floats.map { Double(abs($0)) }
    for cell in sizes.indices {
      if name == "pointed", isInside[cell] { sizes[cell] += 0.3 }
      if name == "tied" { sizes[cell] = (sizes[cell] * 4).rounded(.toNearestOrEven) / 4 }
    }
    let (ranking, cue) = (Ranking(sizes), CueCells(isInside: isInside, area: 0.1))
    #expect(abs(try #require(ranking.areaUnderROC(of: isInside)) - expected["auc"]!) < 1e-9)
    // Which of equal cells come first is each program's own.
    guard name != "tied" else { return }
    #expect(abs(cue.rankAccuracy(of: ranking) - expected["rank accuracy"]!) < 1e-9)
    #expect(abs(cue.topShare(of: ranking) - expected["top 100"]!) < 1e-9)
  }

  @Test("The area under the ROC curve is the share of pairs in order, ties half; none without both kinds")
  func areaUnderROC() {
    let values = [1.0, 3, 3, 5, 2, 3]
    let marked = [false, true, false, true, false, true]
    var share = 0.0
    for a in values.indices where marked[a] {
      for b in values.indices where !marked[b] { share += values[a] > values[b] ? 1 : values[a] == values[b] ? 0.5 : 0 }
    }
    #expect(abs(Ranking(values).areaUnderROC(of: marked)! - share / 9) < 1e-12)
    #expect(Ranking(values).areaUnderROC(of: marked.map { _ in true }) == nil)
  }

  @Test("The five measures of a salient part as sound, by hand")
  func salientSound() {
    let fallen = SalientSound(own: [0.2, 0.8], kept: [0.6, 0.4], rest: [0.7, 0.3])
    #expect(fallen.increase == 0 && fallen.drop == 0.5 && fallen.gain == 0 && fallen.inputFidelity == 0)
    #expect(fallen.faithfulness == 0.5)
    let risen = SalientSound(own: [0.75, 0.25], kept: [0.875, 0.125], rest: [0.8, 0.2])
    #expect(risen.increase == 1 && risen.drop == 0 && risen.gain == 0.5 && risen.inputFidelity == 1)
    #expect(abs(risen.faithfulness + 0.05) < 1e-12)
    #expect(SalientSound(own: [1, 0], kept: [1, 0], rest: [1, 0]).measures[.averageGain] == nil)
  }

  @Test("Imputed cells solve the linear system of their neighbours, as a dense solver finds it")
  func imputation() {
    let (rows, columns) = (5, 6)
    let input = sampled("imputed", [rows, columns]).floats
    let isRemoved = (0..<30).map { [7, 8, 9, 13, 14, 0, 29, 23, 22].contains($0) }
    let imputation = NeighbourImputation(input, rows: rows, columns: columns, seed: 1)
    let found = imputation.solution(isRemoved)
    // A x = b over the removed cells, by Gauss's elimination.
    let removed = isRemoved.indices.filter { isRemoved[$0] }
    var matrix = removed.map { _ in [Double](repeating: 0, count: removed.count + 1) }
    for (line, cell) in removed.enumerated() {
      let (row, column) = (cell / columns, cell % columns)
      for (down, right, weight) in [
        (-1, -1, 1.0), (-1, 0, 2), (-1, 1, 1), (0, -1, 2), (0, 1, 2), (1, -1, 1), (1, 0, 2), (1, 1, 1),
      ] where (0..<rows).contains(row + down) && (0..<columns).contains(column + right) {
        matrix[line][line] += weight
        let other = (row + down) * columns + column + right
        if let place = removed.firstIndex(of: other) {
          matrix[line][place] -= weight
        } else {
          matrix[line][removed.count] += weight * Double(input[other])
        }
      }
    }
    for pivot in removed.indices {
      for line in removed.indices where line != pivot {
        let factor = matrix[line][pivot] / matrix[pivot][pivot]
        for place in pivot...removed.count { matrix[line][place] -= factor * matrix[pivot][place] }
      }
    }
    for (line, cell) in removed.enumerated() {
      #expect(abs(Double(found[cell]) - matrix[line][removed.count] / matrix[line][line]) < 1e-3, "\(cell)")
    }
    #expect(found.indices.allSatisfy { isRemoved[$0] || found[$0] == input[$0] })
    // Noise of a tenth of the deviation is added to removed cells only, the same for the same seed.
    let filled = imputation.filled(isRemoved)
    #expect(filled == NeighbourImputation(input, rows: rows, columns: columns, seed: 1).filled(isRemoved))
    #expect(filled.indices.allSatisfy { (filled[$0] == input[$0]) == !isRemoved[$0] })
    // Of a large picture hardly anything is left: each cell is the mean of its neighbours still.
    let (height, width) = (64, 120)
    let large = (0..<(height * width)).map { Float(sin(Double($0 % width) / 9) + Double($0 / width) / 20) }
    let isGone = large.indices.map { !((20..<26).contains($0 / width) && (30..<44).contains($0 % width)) }
    let spread = NeighbourImputation(large, rows: height, columns: width, seed: 1).solution(isGone)
    var worst = 0.0
    for row in 1..<(height - 1) {
      for column in 1..<(width - 1) where isGone[row * width + column] {
        func at(_ down: Int, _ right: Int) -> Double { Double(spread[(row + down) * width + column + right]) }
        let beside = at(-1, 0) + at(1, 0) + at(0, -1) + at(0, 1)
        let corners = at(-1, -1) + at(-1, 1) + at(1, -1) + at(1, 1)
        worst = max(worst, abs((2 * beside + corners) / 12 - at(0, 0)))
      }
    }
    #expect(worst < 2e-3)
    // So far from what is left all is nearly its mean: within what is left, and not the rows' means that it started from.
    let kept = large.indices.filter { !isGone[$0] }.map { large[$0] }
    #expect(spread[63 * width + 119] > kept.min()! && spread[63 * width + 119] < kept.max()!)
    // Where nothing is left there are the rows' means.
    let empty = imputation.solution(input.map { _ in true })
    #expect(abs(empty[7] - input[6..<12].reduce(0, +) / 6) < 1e-6)
  }

  @Test("Layers are randomised from the head down or from the input up, and all of them are the same model")
  func bothWays() {
    let model = makeModel(.cnnatt)
    let down = CascadingRandomization(model, seed: 3)
    let up = CascadingRandomization(model, seed: 3, isFromInput: true)
    #expect(down.layers == up.layers.reversed() && down.layers.count > 3)
    func same(_ a: TrainedModel, _ b: TrainedModel) -> [Bool] {
      zip(a.network.parameters, b.network.parameters).map { $0.value.floats == $1.value.floats }
    }
    #expect(same(down.model(upTo: down.layers.count - 1), up.model(upTo: up.layers.count - 1)).allSatisfy { $0 })
    // The first stage from the input leaves the head; that from the head leaves the first layer.
    let (first, last) = (same(up.model(upTo: 0), model), same(down.model(upTo: 0), model))
    #expect(first.last == true && first.first == false)
    #expect(last.first == true && last.last == false)
  }

  @Test("A map of zeros ranks as random numbers do, and the padding of a model of five seconds is not ranked")
  func ties() throws {
    let zero = Ranking([Double](repeating: 0, count: 4000))
    let places = zero.order.prefix(2000).map(Double.init)
    #expect(abs(places.reduce(0, +) / 2000 - 2000) < 40 && Set(zero.order).count == 4000)
    let model = makeModel(.fcmfcc)
    let samples = makeSpeech(16_000)
    let examiner = TrustExaminer(model: model, methods: [], space: .mfcc)
    let examination = Examination(
      Clip(samples, model: model), samples: samples, path: "a.wav", target: Target(0), examiner: examiner)
    #expect(examination.spoken.count == 40 * 63 && examination.cells.count == 40 * 313)
    #expect(examination.spoken.allSatisfy { $0 % 313 < 63 })
  }

  @Test("What begins within a unit is summed into it")
  func sums() {
    let units = [SpeechUnit("a", 0..<0.02), SpeechUnit("b", 0.02..<0.05), SpeechUnit("c", 0.05..<9)]
    #expect([1.0, 2, 4, 8, 16, 32].sums(over: units, step: 0.01) == [3, 28, 32])
  }

  /// A method that says what its numbers should sum to.
  private struct Stated: AttributionMethod {
    static let description = MethodDescription(
      "stated", .gradient, source: "here", summary: "a stated sum", cost: "nothing", isSigned: true)
    init(_ options: MethodOptions = MethodOptions()) {}
    func attribute(_ clip: Clip, at space: InputSpace, target: Target) -> AttributionResult {
      AttributionResult(clip[space], completeness: Completeness(sum: 3, score: 5, baselineScore: 1))
    }
  }

  @Test("Loudness keeps its order at half the amplitude; a sum that lacks 1 of 4 is so; a saliency has no sum")
  func examined() throws {
    var settings = TrustSettings()
    (settings.steps, settings.parts, settings.offsets) = (4, 4, 1)
    let examiner = TrustExaminer(
      model: makeModel(.cnnatt), methods: [Saliency(), Stated()], space: .mel, settings: settings,
      siblings: [makeModel(.cnnatt)])
    let found = try examiner.examine(makeSpeech(16_000), path: "a.wav").methods
    let (saliency, stated, loudness) = (found[0].values, found[1].values, found[2].values)
    #expect(saliency[.completeness] == nil && abs(stated[.completeness]! - 1.0 / 7) < 1e-12)
    #expect(loudness[.gain]! > 0.98)
    // A sibling with the same weights says the same.
    #expect(found.allSatisfy { abs($0.values[.seeds]! - 1) < 1e-6 })
    #expect(found.allSatisfy { $0.cascadeFromInput.last! == $0.cascade.last! })
    #expect(found[0].values[.fromHead]! == found[0].cascade.map { $0! }.reduce(0, +) / Double(found[0].cascade.count))
  }

  // MARK: The rule

  /// A margin that is all above 0, all below, or both.
  private func margin(_ finding: TrustVerdict.Finding) -> Estimate {
    let values: [Double] =
      switch finding {
      case .shown: [0.2, 0.3, 0.4, 0.3]
      case .refuted: [-0.2, -0.3, -0.4, -0.3]
      case .open: [-1, 1, -1, 1.2]
      }
    return Estimate(values: values, speakers: values.map { _ in nil }, seed: 0)!
  }

  @Test("Who shows all is believed, who shows no order is not, and the rest is taken with care")
  func stances() {
    typealias Findings = [TrustCriterion: TrustVerdict.Finding]
    func verdict(_ findings: Findings) -> TrustVerdict { TrustVerdict(margins: findings.mapValues(margin)) }
    let all: Findings = [.beyondRandom: .shown, .beyondLoudness: .shown, .learned: .shown, .units: .shown]
    let good = verdict(all)
    #expect(good.stance == .believe && good.reasons == all.keys.sorted { order($0) < order($1) }.map(\.words))
    for criterion in [TrustCriterion.beyondLoudness, .units, .gain, .seeds] {
      for finding in [TrustVerdict.Finding.open, .refuted] {
        let found = verdict(all.merging([criterion: finding]) { $1 })
        #expect(found.stance == .withCare, "\(criterion) \(finding)")
        #expect(
          found.reasons == [finding == .open ? "not shown: \(criterion.words)" : criterion.contrary], "\(criterion)")
      }
    }
    #expect(verdict(all.merging([.beyondRandom: .open]) { $1 }).stance == .doNotBelieve)
    #expect(verdict(all.merging([.beyondRandom: .refuted]) { $1 }).stance == .doNotBelieve)
    for criterion in [TrustCriterion.learned, .cue] {
      #expect(verdict(all.merging([criterion: .refuted]) { $1 }).stance == .doNotBelieve)
      #expect(verdict(all.merging([criterion: .open]) { $1 }).stance == .withCare)
    }
    // What was not judged is not held against a method, but that it depends on the weights must be.
    #expect(verdict([.beyondRandom: .shown, .learned: .shown]).stance == .believe)
    let unjudged = verdict([.beyondRandom: .shown])
    #expect(
      unjudged.stance == .withCare && unjudged.reasons == ["not judged: depends on what the model learned"])
  }

  @Test("Who is not asked all that could be judged is taken with care at most, and what was not asked is said")
  func unasked() throws {
    let shown: [TrustCriterion: Estimate] = [.beyondRandom: margin(.shown), .learned: margin(.shown)]
    let verdict = TrustVerdict(margins: shown, unasked: [.gain])
    #expect(verdict.stance == .withCare && verdict.reasons == ["not asked: \(TrustCriterion.gain.words)"])
    let few = TrustVerdict(margins: [.beyondRandom: margin(.shown)], unasked: [.learned])
    #expect(few.stance == .withCare && few.reasons == ["not asked: \(TrustCriterion.learned.words)"])
    #expect(TrustVerdict(margins: [.beyondRandom: margin(.open)], unasked: [.gain]).stance == .doNotBelieve)

    // What there is no cue, sibling or fine-tuned model for was not left out by the wanted measures.
    func examiner(
      _ measures: [TrustMeasure], siblings: [TrainedModel] = [], fineTuned: TrainedModel? = nil
    ) -> TrustExaminer {
      var settings = TrustSettings()
      settings.measures = measures
      return TrustExaminer(
        model: makeModel(.cnnatt), methods: [Saliency(), Gradient(), InputXGradient()], space: .mel, settings: settings,
        siblings: siblings, fineTuned: fineTuned)
    }
    let (model, wanted) = (makeModel(.cnnatt), [TrustMeasure.redrawn, .comprehensiveness, .sufficiency])
    #expect(examiner(wanted).unasked(hasCues: false) == [.gain])
    #expect(examiner(wanted, siblings: [model]).unasked(hasCues: false) == [.gain, .seeds])
    #expect(examiner(wanted, fineTuned: model).unasked(hasCues: true) == [.fineTuned, .gain, .cue])
    #expect(examiner(wanted + [.fidelityPlus], fineTuned: model).unasked(hasCues: false) == [.fineTuned, .gain])
    #expect(examiner([.sufficiency]).unasked(hasCues: false) == [.units, .learned, .gain])
    let all = examiner(TrustMeasure.ofVerdicts, siblings: [model], fineTuned: model)
    #expect(all.unasked(hasCues: true).isEmpty && !all.settings.hasAllMeasures)

    // The clips of which the good method is believed when it is asked everything, and not when the gain is left out.
    let layers = examiner([.redrawn]).layers.count
    let made = (0..<36).map { changed(clip($0), layers: layers) { $1.values[.gain] = nil } }
    #expect(TrustSummary(made, by: examiner(TrustMeasure.allCases)).methods[0].verdict?.stance == .believe)
    let careful = try #require(TrustSummary(made, by: examiner([.redrawn])).methods[0].verdict)
    #expect(careful.stance == .withCare && careful.unasked == [.units, .gain])
  }

  /// A clip whose measures are made up: of a good method, of one as good as random numbers, of one that is known of half the
  /// clips, and of the controls.
  private func clip(_ number: Int) -> ClipTrust {
    let noise = Double(number % 5) / 100
    func found(_ advantage: Double, redrawn: Double?, gain: Double?) -> ClipTrust.OfMethod {
      var method = ClipTrust.OfMethod()
      method.values = [.deletion: 0.2, .insertion: 0.2 + advantage + noise, .gini: 0.5]
      (method.values[.redrawn], method.values[.gain]) = (redrawn, gain)
      (method.deletion, method.insertion, method.cascade) = ([1, 0], [0, 1], [redrawn])
      method.cascadeFromInput = [redrawn]
      return method
    }
    let methods = [
      found(0.4, redrawn: 0.1 + noise, gain: 0.9),
      found(0.01 * Double(number % 5 - 2), redrawn: 0.1 + noise, gain: 0.9),
      found(0.38 + (number % 2 == 0 ? 0.06 : -0.05), redrawn: 0.1 + noise, gain: number % 2 == 0 ? 0.9 : nil),
      found(0.1, redrawn: 1, gain: 1), found(0.02 * Double(number % 3 - 1), redrawn: 0, gain: 0),
    ]
    let square = methods.map { _ in methods.map { _ in 0.5 } }
    return ClipTrust(
      path: "\(number).wav", target: "angry", predicted: "angry", label: number % 4 == 0 ? "fear" : "angry",
      speaker: "speaker \(number % 12)", hasCue: false, resemblance: nil, steadiness: nil, methods: methods,
      correlation: square,
      overlap: square, cueArea: nil)
  }

  @Test("Of made clips the good method is believed and recommended, and the one like random numbers is not")
  func summary() throws {
    let examiner = TrustExaminer(
      model: makeModel(.cnnatt), methods: [Saliency(), Gradient(), InputXGradient()], space: .mel)
    var made = (0..<36).map(clip)
    for place in made.indices {
      let layers = examiner.layers.count
      made[place] = ClipTrust(
        path: made[place].path, target: "angry", predicted: place % 3 == 0 ? "fear" : "angry",
        label: place % 3 == 0 ? "fear" : "angry", speaker: made[place].speaker, hasCue: false, resemblance: nil,
        steadiness: nil,
        methods: made[place].methods.map { method in
          var method = method
          method.cascade = (0..<layers).map { _ in method.values[.redrawn] }
          method.cascadeFromInput = method.cascade
          return method
        }, correlation: made[place].correlation, overlap: made[place].overlap, cueArea: nil)
    }
    let summary = TrustSummary(made, by: examiner)
    #expect(summary.noRanking == nil && summary.criteria == [.beyondRandom, .beyondLoudness, .learned, .gain])
    let verdicts = summary.methods.map(\.verdict)
    #expect(verdicts[0]?.stance == .believe && verdicts[1]?.stance == .doNotBelieve)
    // Of the third the gain is known of 18 clips, too few to be judged.
    #expect(verdicts[2]?.stance == .believe && verdicts[2]?.finding(.gain) == nil)
    #expect(verdicts[3] == nil && verdicts[4] == nil)
    // Three methods times four criteria.
    #expect(verdicts[0]?.margins[.learned]?.level == 1 - 0.05 / 12)
    let recommended = try #require(summary.recommended)
    #expect(recommended.method == "saliency" && recommended.stance == .believe)
    #expect(recommended.equals == ["input-x-gradient"])
    #expect(summary.verdicts[0].hasPrefix("saliency: believe: ranks cells better than random numbers; "))
    #expect(summary.recommendation?.hasPrefix("Recommended: saliency (believe), ") == true)
    #expect(summary.rule.contains("so that all 12 hold together with 95 % (Bonferroni)"))
    #expect(TrustSummary(Array(made.prefix(20)), by: examiner).recommendation == nil)
  }

  @Test(
    "By a fine-tuned model is judged where it stands for the model; else why not is said",
    arguments: [(0.8, 0.5, true), (0.75, 0.5, false), (1, 0.4, false), (1, 0.9, true)])
  func drifted(agrees: Double, steady: Double, isJudged: Bool) throws {
    let examiner = TrustExaminer(
      model: makeModel(.cnnatt), methods: [Saliency(), Gradient(), InputXGradient()], space: .mel,
      fineTuned: makeModel(.cnnatt))
    func summary(_ steadiness: (Int) -> FineTunedSteadiness?) -> TrustSummary {
      let layers = examiner.layers.count
      return TrustSummary(
        (0..<40).map { place in
          changed(clip(place), layers: layers, steadiness: steadiness(place)) { method, own in
            own.values[.fidelityPlus] = method == 4 ? 0.1 : 0.4
            own.values[.fidelityMinus] = 0.1
          }
        }, by: examiner)
    }
    // Of ten clips eight agree where four of five do.
    let found = summary { place in
      FineTunedSteadiness(agrees: Double(place % 20) < 20 * agrees, fineTuned: steady, own: 0.5)
    }
    #expect(found.criteria.contains(.fineTuned) == isJudged)
    #expect(found.methods[0].verdict?.finding(.fineTuned) == (isJudged ? .shown : nil))
    #expect(found.remarks.contains { $0.hasPrefix("Not judged: fine_tuned: a fine-tuned model must") } == !isJudged)
    #expect(found.remarks.contains { $0.contains("predicts the same class in \(Int(100 * agrees)) % of the clips") })
    #expect(TrustCriterion.fineTuned.rule.contains("the same class in 80 % of the clips"))
    // Of a dimension there are no classes to agree on.
    let unknown = summary { _ in nil }
    #expect(!unknown.criteria.contains(.fineTuned))
    #expect(unknown.remarks.contains { $0.hasSuffix("of a dimension that is not known.") })
  }

  /// A made clip of whose methods more is known.
  private func changed(
    _ clip: ClipTrust, layers: Int, steadiness: FineTunedSteadiness? = nil,
    _ change: (Int, inout ClipTrust.OfMethod) -> Void = { _, _ in }
  ) -> ClipTrust {
    ClipTrust(
      path: clip.path, target: "angry", predicted: "angry", label: "angry", speaker: clip.speaker, hasCue: false,
      resemblance: nil, steadiness: steadiness,
      methods: clip.methods.enumerated().map { place, own in
        var own = own
        own.cascade = (0..<layers).map { _ in own.values[.redrawn] }
        own.cascadeFromInput = own.cascade
        change(place, &own)
        return own
      }, correlation: clip.correlation, overlap: clip.overlap, cueArea: nil)
  }

  private func order(_ criterion: TrustCriterion) -> Int { TrustCriterion.allCases.firstIndex(of: criterion)! }
}
