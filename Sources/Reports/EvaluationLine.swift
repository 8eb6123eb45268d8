import Basics
import Foundation
import Models
import Training

extension EvaluationReport {
  /// The line of `--json`.
  /// - Parameters:
  ///   - figures: The figures written.
  ///   - tables: The tables written.
  public func json(figures: [String], tables: [String] = []) throws -> String {
    let classes = evaluation.classes
    let all = ScoresLine(evaluation.metrics, scores, classes)
    let top = softDecisions.map {
      Line.Top(k: $0.count, hits: .init($0.hits), weight: .init($0.weight), squaredError: .init($0.squaredError))
    }
    var (groups, gaps): ([String: [String: ScoresLine]], [String: Line.Gap]) = ([:], [:])
    for column in self.groups {
      groups[column.column] = Dictionary(
        uniqueKeysWithValues: column.groups.map { ($0.name, ScoresLine($0.scores.metrics, $0.scores, classes)) })
      gaps[column.column] = column.gap.map { Line.Gap(best: $0.best.name, worst: $0.worst.name) }
    }
    return try Line(
      model: model.name, data: path, clips: evaluation.predictions.count, speakers: scores?.accuracy.speakers,
      seed: seed, loss: evaluation.loss, uar: all.uar, accuracy: all.accuracy, macroF1: all.macroF1,
      weightedF1: all.weightedF1, intervals: all.intervals, confusion: all.confusion, byClass: all.byClass, top: top,
      calibration: clips?.calibration ?? Calibration(probabilities: [], labels: []),
      temperature: temperature.map(Line.Temperature.init), coverage: coverage.map(Line.Coverage.init), groups: groups,
      gaps: gaps, against: difference.flatMap { found in rival.map { Line.Against(found, $0.model.name) } },
      dimensions: evaluation.dimensions.isEmpty
        ? nil : Dictionary(uniqueKeysWithValues: zip(evaluation.dimensions, evaluation.agreement)),
      classes: classes, figure: figures.first, figures: figures, tables: tables, trainingData: census,
      warnings: warnings, command: commandLine
    ).line
  }
}

/// The ends of an interval, `null` where there is none.
private struct Interval: Encodable {
  let low, high: Double?

  init(_ estimate: Estimate) { (low, high) = (estimate.low, estimate.high) }

  enum CodingKeys: CodingKey { case low, high }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(low, forKey: .low)
    try container.encode(high, forKey: .high)
  }
}

/// A number with its interval.
private struct Value: Encodable {
  let value: Double
  let interval: Interval

  init(_ estimate: Estimate) { (value, interval) = (estimate.mean, Interval(estimate)) }
}

/// The scores of all clips, and of a group's.
private struct ScoresLine: Encodable {
  struct Intervals: Encodable {
    let uar, accuracy, macroF1, weightedF1: Interval
  }
  let clips: Int
  let uar, accuracy, macroF1, weightedF1: Double
  /// Nil of a model without classes.
  let intervals: Intervals?
  let confusion: [[Int]]
  let byClass: [String: Metrics.OfClass]

  init(_ metrics: Metrics, _ scores: Scores?, _ classes: [String]) {
    clips = metrics.confusion.joined().reduce(0, +)
    (uar, accuracy) = (metrics.averageRecall, metrics.accuracy)
    (macroF1, weightedF1) = (metrics.macroF1, metrics.weightedF1)
    intervals = scores.map {
      Intervals(
        uar: .init($0.averageRecall), accuracy: .init($0.accuracy), macroF1: .init($0.macroF1),
        weightedF1: .init($0.weightedF1))
    }
    confusion = metrics.confusion
    byClass = Dictionary(uniqueKeysWithValues: zip(classes, metrics.byClass))
  }
}

private struct Line: Encodable {
  struct Top: Encodable {
    let k: Int
    let hits, weight, squaredError: Value
  }
  struct Temperature: Encodable {
    let temperature: Double
    let folds: [Double]
    let speakersApart: Bool
    let calibration: Calibration

    init(_ found: TemperatureScaling) {
      (temperature, folds) = (found.temperature, found.foldTemperatures)
      (speakersApart, calibration) = (found.keepsSpeakersApart, found.after)
    }
  }
  struct Coverage: Encodable {
    struct Point: Encodable {
      let coverage, confidence: Double
      let error: Value
    }
    let area, accuracyAt80: Value
    let points: [Point]

    init(_ found: RiskCoverage) {
      (area, accuracyAt80) = (Value(found.area), Value(found.accuracyAt80))
      points = found.points.map { Point(coverage: $0.coverage, confidence: $0.confidence, error: Value($0.error)) }
    }
  }
  struct Gap: Encodable {
    let best, worst: String
  }
  struct Against: Encodable {
    let model: String
    let clips: Int
    let uar, otherUar: Double
    let difference: Value
    let both, onlyThis, onlyOther, neither: Int
    let mcnemarP: Double

    init(_ found: ModelDifference, _ model: String) {
      (self.model, clips, difference) = (model, found.difference.clips, Value(found.difference))
      (uar, otherUar, mcnemarP) = (found.first, found.second, found.exactP)
      (both, onlyThis, onlyOther, neither) = (found.both, found.onlyFirst, found.onlySecond, found.neither)
    }
  }
  let model, data: String
  let clips: Int
  let speakers: Int?
  let seed: UInt64
  let loss, uar, accuracy, macroF1, weightedF1: Double
  let intervals: ScoresLine.Intervals?
  let confusion: [[Int]]
  let byClass: [String: Metrics.OfClass]
  let top: [Top]
  let calibration: Calibration
  let temperature: Temperature?
  let coverage: Coverage?
  let groups: [String: [String: ScoresLine]]
  let gaps: [String: Gap]
  let against: Against?
  let dimensions: [String: DimensionMetrics]?
  let classes: [String]
  let figure: String?
  let figures, tables: [String]
  let trainingData: DomainCensus
  let warnings: [String]
  let command: String
}
