import Basics
import Foundation
import TestSupport
import Testing

@testable import Training

/// What Tests/Fixtures/evaluation.py has of scikit-learn and SciPy.
private struct Expected: Decodable {
  let accuracy, averageRecall, macroF1, weightedF1, logLoss, brier: Double
  let area, accuracyAt80, half: Double
  let temperature, scaledLogLoss: Double
  let scaledFirst: [Double]
  let soft: [[Double]]
  let recalls: [Double]
  let rights: [Int]
  let mcnemar: [[Double]]

  static func read() throws -> Expected {
    try JSONDecoder().decode(Expected.self, from: Data(contentsOf: Checkout.fixture("evaluation.json")))
  }
}

/// The predictions of evaluation.py: 240 clips of five classes, the last of which has no clips, too sure of themselves.
private func predictions(seed: Int, noise: Double) -> LabelledPredictions {
  let (scores, noises) = (sampled(1200, seed: seed), sampled(1200, seed: seed + 1))
  let rows = (0..<240).map { clip in (0..<5).map { Double(scores[5 * clip + $0]) + 1 } }
  let labels = rows.enumerated().map { clip, row in
    (0..<4).map { row[$0] + noise * Double(noises[5 * clip + $0]) }.likeliestClass
  }
  let probabilities = rows.map { row in
    let sharp = row.map { score in
      let fourth = (score * score) * (score * score)
      return fourth * fourth
    }
    return sharp.map { Float($0 / sharp.reduce(0, +)) }
  }
  return LabelledPredictions(labels: labels, probabilities: probabilities, speakers: (0..<240).map { "\($0 % 12)" })
}

@Suite("Scores, selective and soft decisions, temperature, and differences of models")
struct ScoresTests {
  private let expected: Expected
  private let clips = predictions(seed: 11, noise: 0.75)

  init() throws { expected = try Expected.read() }

  @Test("UAR, accuracy, macro and weighted F1, log loss and Brier score are scikit-learn's")
  func scores() {
    let scores = Scores(clips, seed: 0)
    #expect(abs(scores.accuracy.mean - expected.accuracy) < 1e-12)
    #expect(abs(scores.averageRecall.mean - expected.averageRecall) < 1e-12)
    #expect(abs(scores.macroF1.mean - expected.macroF1) < 1e-12)
    #expect(abs(scores.weightedF1.mean - expected.weightedF1) < 1e-12)
    // scikit-learn's are of sums of 1, which float32 has to 1e-7.
    #expect(abs(clips.calibration.negativeLogLikelihood - expected.logLoss) < 1e-6)
    #expect(abs(clips.calibration.brierScore - expected.brier) < 1e-6)
  }

  @Test("The interval of the accuracy is that of a mean; a seed gives the same one twice")
  func intervals() throws {
    let scores = Scores(clips, seed: 3)
    let mean = try #require(
      Estimate(values: clips.indices.map { clips.isRight($0) ? 1 : 0 }, speakers: clips.speakers, seed: 3))
    #expect(try abs(#require(scores.accuracy.low) - #require(mean.low)) < 1e-9)
    #expect(try abs(#require(scores.accuracy.high) - #require(mean.high)) < 1e-9)
    #expect(scores.accuracy.speakers == 12)
    for estimate in [scores.averageRecall, scores.macroF1, scores.weightedF1] {
      #expect(try #require(estimate.low) < estimate.mean && estimate.mean < #require(estimate.high))
    }
    let again = Scores(clips, seed: 3)
    #expect(again.macroF1 == scores.macroF1)
    #expect(Scores(clips, seed: 4).macroF1 != scores.macroF1)
  }

  @Test("Top-k accuracy is scikit-learn's, weights and squared errors NumPy's; the first is the plain prediction")
  func soft() {
    let found = SoftDecision.all(clips, seed: 0)
    #expect(found.map(\.count) == [1, 2, 3, 4, 5])
    for (decision, row) in zip(found, expected.soft) {
      #expect(abs(decision.hits.mean - row[0]) < 1e-12)
      #expect(abs(decision.weight.mean - row[1]) < 1e-6 && abs(decision.squaredError.mean - row[2]) < 1e-6)
    }
    #expect(abs(found[0].squaredError.mean - 2 * (1 - expected.accuracy)) < 1e-12)
    #expect(abs(found[4].squaredError.mean - clips.calibration.brierScore) < 1e-6)
  }

  @Test("The curve of errors over coverage is NumPy's, at its half and its area")
  func coverage() {
    let found = RiskCoverage(clips, seed: 0)
    #expect(abs(found.area.mean - expected.area) < 1e-12)
    #expect(abs(found.accuracyAt80.mean - expected.accuracyAt80) < 1e-12)
    #expect(found.points.count == 50 && abs(found.points[24].error.mean - expected.half) < 1e-12)
    #expect(abs(found.points[49].error.mean - (1 - expected.accuracy)) < 1e-12)
    #expect(zip(found.points, found.points.dropFirst()).allSatisfy { $0.confidence >= $1.confidence })
  }

  @Test("The temperature is the one that SciPy finds, and scales as its softmax does")
  func temperature() {
    let found = TemperatureScaling(clips, seed: 0)
    #expect(abs(found.temperature / expected.temperature - 1) < 1e-6)
    let scaled = TemperatureScaling.scaled(clips.probabilities[0], by: expected.temperature)
    #expect(zip(scaled, expected.scaledFirst).allSatisfy { abs(Double($0) - $1) < 1e-6 })
    let rows = clips.probabilities.map { TemperatureScaling.scaled($0, by: found.temperature) }
    let all = Calibration(probabilities: rows, labels: clips.labels)
    #expect(abs(all.negativeLogLikelihood - expected.scaledLogLoss) < 1e-6)
    // It sits at the bottom of a valley.
    for factor in [0.99, 1.01] {
      let others = clips.probabilities.map { TemperatureScaling.scaled($0, by: factor * found.temperature) }
      #expect(
        Calibration(probabilities: others, labels: clips.labels).negativeLogLikelihood > all.negativeLogLikelihood)
    }
  }

  @Test("No speaker is scaled by a temperature that he helped to fit, and the classes stay")
  func folds() {
    let found = TemperatureScaling(clips, seed: 5)
    #expect(found.keepsSpeakersApart && found.foldTemperatures.count == 10 && found.before == clips.calibration)
    #expect(found.after.negativeLogLikelihood < found.before.negativeLogLikelihood)
    #expect(found.after.expectedCalibrationError < found.before.expectedCalibrationError)
    // Labels of one speaker that are all wrong or all right change the temperatures of others, not his own fold's.
    let own = clips.indices.filter { clips.speakers[$0] == "3" }
    var labels = clips.labels
    for clip in own { labels[clip] = clips.predicted[clip] }
    let other = TemperatureScaling(
      LabelledPredictions(labels: labels, probabilities: clips.probabilities, speakers: clips.speakers), seed: 5)
    let same = zip(found.foldTemperatures, other.foldTemperatures).count { $0 == $1 }
    #expect(same == 1)
  }

  @Test("Predictions without an order, all right, of one class, one clip and one speaker have finite scores")
  func extremes() {
    func scaled(_ labels: [Int], _ rows: [[Float]], _ speakers: [String?]) -> (Double, RiskCoverage, [SoftDecision]) {
      let clips = LabelledPredictions(labels: labels, probabilities: rows, speakers: speakers)
      let temperature = TemperatureScaling(clips, seed: 0)
      #expect(temperature.after.negativeLogLikelihood.isFinite)
      #expect(Scores(clips, seed: 0).averageRecall.mean.isFinite)
      return (temperature.temperature, RiskCoverage(clips, seed: 0), SoftDecision.all(clips, seed: 0))
    }
    // Equal confidences: no order, so the same share of errors at each coverage.
    let even = [Float](repeating: 0.25, count: 4)
    let (flat, curve, soft) = scaled(
      [0, 1, 0, 1, 0], Array(repeating: even, count: 5), Array(repeating: nil, count: 5))
    #expect(
      flat == 1 && curve.points.allSatisfy { abs($0.error.mean - 0.4) < 1e-12 } && abs(curve.area.mean - 0.4) < 1e-12)
    #expect(soft.map(\.hits.mean) == [0.6, 1, 1, 1])
    // All right: the coldest temperature. Always wrong: the hottest.
    let sure: [[Float]] = [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]]
    #expect(abs(scaled([0, 1, 0], sure, ["a", "a", "a"]).0 - TemperatureScaling.range.lowerBound) < 1e-6)
    #expect(abs(scaled([1, 0, 1], sure, ["a", "b", "c"]).0 - TemperatureScaling.range.upperBound) < 1e-3)
    // A probability of 0 for the true class; a single class; a single clip.
    #expect(scaled([0, 1], [[0, 1], [0, 1]], ["a", "b"]).0.isFinite)
    #expect(scaled([0, 0], [[1], [1]], [nil, nil]).1.area.mean == 0)
    let (_, one, _) = scaled([0], [[0.4, 0.6]], ["a"])
    #expect(one.area.mean == 1 && one.area.low == nil && one.accuracyAt80.mean == 0)
    #expect(TemperatureScaling(clipsOfOne, seed: 0).foldTemperatures.isEmpty)
  }

  private let clipsOfOne = LabelledPredictions(labels: [0], probabilities: [[0.4, 0.6]], speakers: ["a"])

  @Test("Groups have the scores of their own clips; the gap is between those of enough clips")
  func groups() throws {
    let names = clips.indices.map { $0 < 3 ? "few" : $0 % 12 == 5 ? nil : $0 % 12 < 5 ? "left" : "right" }
    let found = GroupedScores(clips, by: "side", names, seed: 1)
    #expect(found.groups.map(\.name) == ["few", "left", "right"] && found.column == "side")
    for group in found.groups {
      let own = clips.indices.filter { names[$0] == group.name }
      let metrics = Metrics(
        labels: own.map { clips.labels[$0] }, predictions: own.map { clips.predicted[$0] }, classes: 5)
      #expect(group.scores.metrics == metrics && group.scores.accuracy.clips == own.count)
    }
    let gap = try #require(found.gap)
    #expect(Set([gap.best.name, gap.worst.name]) == ["left", "right"])
    #expect(gap.best.scores.averageRecall.mean >= gap.worst.scores.averageRecall.mean)
    // Groups of one speaker each have intervals, by clip.
    let speakers = GroupedScores(clips, by: "speaker", clips.speakers, seed: 1)
    #expect(speakers.groups.count == 12 && speakers.gap == nil)
    #expect(speakers.groups.allSatisfy { $0.scores.accuracy.low != nil && $0.scores.accuracy.speakers == nil })
    #expect(GroupedScores(clips, by: "none", clips.indices.map { _ in nil }, seed: 1).groups.isEmpty)
  }

  @Test("McNemar's test is SciPy's binomial test, and takes thousands of clips")
  func mcnemar() {
    for row in expected.mcnemar {
      #expect(abs(ModelDifference.exactP(Int(row[0]), Int(row[1])) / row[2] - 1) < 1e-9, "\(row)")
    }
    #expect(ModelDifference.exactP(0, 0) == 1)
  }

  @Test("A difference of UAR is scikit-learn's; that of a model from itself is zero with an interval of zero")
  func difference() throws {
    let other = predictions(seed: 21, noise: 0.75)
    let rights = clips.indices.map { clips.isRight($0) }
    let found = ModelDifference(
      labels: clips.labels, first: rights, second: clips.indices.map { other.predicted[$0] == clips.labels[$0] },
      speakers: clips.speakers, seed: 0)
    #expect(abs(found.first - expected.recalls[0]) < 1e-12 && abs(found.second - expected.recalls[1]) < 1e-12)
    #expect([found.onlyFirst, found.onlySecond] == expected.rights)
    #expect(found.both + found.neither + found.onlyFirst + found.onlySecond == 240)
    #expect(abs(found.difference.mean - (found.first - found.second)) < 1e-12)
    #expect(try #require(found.difference.low) > 0.2 && found.exactP < 1e-6)
    let same = ModelDifference(
      labels: clips.labels, first: rights, second: rights, speakers: clips.speakers, seed: 0)
    #expect(same.difference.mean == 0 && same.difference.low == 0 && same.difference.high == 0 && same.exactP == 1)
  }
}
