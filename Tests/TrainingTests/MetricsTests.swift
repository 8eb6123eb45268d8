import Foundation
import TestSupport
import Testing

@testable import Training

struct MetricsTests {
  private struct Expected: Decodable {
    let labels: [Int]
    let accuracy, macroF1, top3, loss: Double
    let precision, recall, f1: [Double]
    let support: [Int]
    let confusion: [[Int]]
  }

  @Test(
    "Accuracy, F1, confusion and top 3 are scikit-learn's, with classes that are never true or never predicted",
    arguments: [("seven", 7), ("five", 5)])
  func agrees(_ name: String, scored: Int) throws {
    let expected = try Reference.numbers("metrics/\(name)", as: Expected.self)
    var scores = sampled(420, seed: 7)
    for i in scores.indices where i % 7 == 1 || i % 7 >= scored { scores[i] = -2 }
    let predictions = expected.labels.enumerated().map { clip, label in
      Evaluation.Prediction(
        path: "\(clip)", origin: "", label: label,
        probabilities: Array(scores[(7 * clip)..<(7 * clip + 7)]))
    }
    let evaluation = Evaluation(classes: (0..<7).map(String.init), predictions: predictions, loss: 0)
    let metrics = evaluation.metrics
    #expect(metrics.confusion == expected.confusion)
    #expect(abs(metrics.accuracy - expected.accuracy) < 1e-12)
    #expect(abs(metrics.macroF1 - expected.macroF1) < 1e-12)
    for c in 0..<7 {
      #expect(abs((metrics.byClass[c].precision ?? 0) - expected.precision[c]) < 1e-12)
      #expect(abs((metrics.byClass[c].recall ?? 0) - expected.recall[c]) < 1e-12)
      #expect(abs((metrics.byClass[c].f1 ?? 0) - expected.f1[c]) < 1e-12)
    }
    #expect(metrics.byClass.map(\.support) == expected.support)
    let clips = try #require(LabelledPredictions(predictions) { _ in nil })
    #expect(abs(SoftDecision.all(clips, seed: 0)[2].hits.mean - expected.top3) < 1e-12)
  }

  @Test("A class without clips has no recall and no F1, and counts 0 in macro F1 where a clip is taken for it")
  func absentClasses() {
    // Classes 0 and 1 have clips, 2 is only predicted, 3 is neither.
    let metrics = Metrics(labels: [0, 0, 1, 1], predictions: [0, 2, 1, 0], classes: 4)
    #expect(metrics.byClass.map(\.recall) == [0.5, 0.5, nil, nil])
    #expect(metrics.byClass.map(\.precision) == [0.5, 1, 0, nil])
    #expect(metrics.byClass.map(\.f1) == [0.5, 2.0 / 3, nil, nil])
    #expect(abs(metrics.macroF1 - (0.5 + 2.0 / 3 + 0) / 3) < 1e-12)
    #expect(metrics.averageRecall == 0.5 && abs(metrics.weightedF1 - (0.5 + 2.0 / 3) / 2) < 1e-12)
  }

  @Test("No clips at all give zeros and gaps, not NaN")
  func nothing() {
    let metrics = Metrics(labels: [], predictions: [], classes: 3)
    #expect(metrics.accuracy == 0 && metrics.macroF1 == 0 && metrics.averageRecall == 0 && metrics.weightedF1 == 0)
    #expect(metrics.byClass.allSatisfy { $0.f1 == nil })
  }
}
