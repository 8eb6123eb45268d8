import Basics
import Corpora
import Foundation
import Training

/// A model's test on the clips of the fold that its training left out.
public struct FoldTest: Sendable {
  /// The number of the fold, from 1.
  public let fold: Int
  /// The training's seed.
  public let seed: UInt64
  public let evaluation: Evaluation
  /// Clips' speakers by their paths.
  fileprivate let speakers: [String: String]
  public let scores: TestScores

  /// Nil where no clip has a class.
  public init?(fold: Int, seed: UInt64, speakers: [String: String], evaluation: Evaluation) {
    guard let clips = LabelledPredictions(evaluation.predictions, speaker: { speakers[$0.path] }) else { return nil }
    (self.fold, self.seed, self.speakers, self.evaluation) = (fold, seed, speakers, evaluation)
    let metrics = evaluation.metrics
    scores = TestScores(
      averageRecall: metrics.averageRecall, accuracy: metrics.accuracy, macroF1: metrics.macroF1,
      calibrationError: clips.calibration.expectedCalibrationError)
  }

  public var line: String {
    get throws {
      struct Line: Encodable {
        let fold: Int
        let seed: UInt64
        let clips: Int
        let scores: TestScores
      }
      return try Line(fold: fold, seed: seed, clips: evaluation.predictions.count, scores: scores).line
    }
  }

  /// Each clip's speaker; nil where it is not known.
  fileprivate var clipSpeakers: [String?] { evaluation.predictions.map { speakers[$0.path] } }
}

/// What a model is judged by on clips that it has not seen.
public struct TestScores: Encodable, Sendable, Equatable {
  /// The mean recall of the classes (UAR).
  public let averageRecall: Double
  public let accuracy, macroF1: Double
  /// The expected calibration error.
  public let calibrationError: Double

  static let names = ["UAR", "accuracy", "macro F1", "calibration error"]
  var values: [Double] { [averageRecall, accuracy, macroF1, calibrationError] }

  fileprivate init(_ values: [Double]) {
    self.init(averageRecall: values[0], accuracy: values[1], macroF1: values[2], calibrationError: values[3])
  }

  public init(averageRecall: Double, accuracy: Double, macroF1: Double, calibrationError: Double) {
    (self.averageRecall, self.accuracy, self.macroF1) = (averageRecall, accuracy, macroF1)
    self.calibrationError = calibrationError
  }

  public var words: String {
    zip(Self.names, values).map { "\($0) \(String(format: "%.3f", $1))" }.joined(separator: ", ")
  }

  /// The means over several, and the standard deviations with n − 1; 0 of a single one.
  static func statistics(_ all: [TestScores]) -> (mean: TestScores, deviation: TestScores) {
    let columns = names.indices.map { index in all.map { $0.values[index] }.statistics }
    return (TestScores(columns.map(\.mean)), TestScores(columns.map(\.deviation)))
  }
}

/// All folds of a cross-validation, with one seed or several.
public struct FoldsReport {
  private let tests: [FoldTest]
  private let mean, deviation: TestScores
  /// Of each seed all clips, every one predicted by the model that had not seen it.
  private let pooled: [(seed: UInt64, scores: Scores, scaling: TemperatureScaling)]

  /// - Parameter tests: At least one.
  public init(_ tests: [FoldTest]) {
    self.tests = tests
    (mean, deviation) = TestScores.statistics(tests.map(\.scores))
    pooled = Dictionary(grouping: tests, by: \.seed).sorted { $0.key < $1.key }.compactMap { seed, tests in
      let speakers = tests.reduce(into: [:]) { $0.merge($1.speakers) { first, _ in first } }
      return LabelledPredictions(tests.flatMap(\.evaluation.predictions)) { speakers[$0.path] }
        .map { (seed, Scores($0, seed: 0), TemperatureScaling($0, seed: 0)) }
    }
  }

  /// For a terminal: means with deviations, and what all clips of a seed together have.
  public var text: String {
    let spread = zip(TestScores.names, zip(mean.values, deviation.values)).map { name, value in
      "\(name) \(Self.number(value.0)) ± \(Self.number(value.1))"
    }
    var lines = ["\(tests.count) tests, mean ± standard deviation:", "  " + spread.joined(separator: ", ")]
    for (seed, scores, scaling) in pooled {
      let interval = scores.averageRecall
      lines.append(
        "seed \(seed), all \(interval.clips) clips"
          + (interval.speakers.map { " of \($0) speakers" } ?? "") + ": UAR \(Self.number(interval.mean))"
          + (interval.low.map { " (95 %: \(Self.number($0)) to \(Self.number(interval.high!)))" } ?? "")
          + ", accuracy \(Self.number(scores.accuracy.mean))")
      lines.append(
        "  calibration error \(Self.number(scaling.before.expectedCalibrationError)), with temperatures fitted on other "
          + (scaling.keepsSpeakersApart ? "speakers" : "clips")
          + " \(Self.number(scaling.after.expectedCalibrationError)); on all clips the temperature is "
          + Self.number(scaling.temperature))
    }
    return lines.joined(separator: "\n")
  }

  public var line: String {
    get throws {
      struct Pooled: Encodable {
        let seed: UInt64
        let averageRecall, accuracy, macroF1, weightedF1: Estimate
        let temperature, calibrationError, calibrationErrorScaled: Double
      }
      struct Line: Encodable {
        let tests: Int
        let mean, standardDeviation: TestScores
        let pooled: [Pooled]
      }
      return try Line(
        tests: tests.count, mean: mean, standardDeviation: deviation,
        pooled: pooled.map {
          Pooled(
            seed: $0.seed, averageRecall: $0.scores.averageRecall, accuracy: $0.scores.accuracy,
            macroF1: $0.scores.macroF1, weightedF1: $0.scores.weightedF1, temperature: $0.scaling.temperature,
            calibrationError: $0.scaling.before.expectedCalibrationError,
            calibrationErrorScaled: $0.scaling.after.expectedCalibrationError)
        }
      ).line
    }
  }

  public static let file = "folds.csv"
  private static let header = ["seed", "fold", "clips", "uar", "accuracy", "macro_f1", "calibration_error"]

  /// The scores in the `folds.csv` of a folder, at least one.
  static func read(_ folder: String) throws(TrainingError) -> [TestScores] {
    let path = "\(folder)/\(file)"
    let data: Data?
    do {
      data = try contents(of: path, limit: SizeLimit.table)
    } catch {
      throw .file(error)
    }
    let lines = String(decoding: data ?? Data(), as: UTF8.self).split(whereSeparator: \.isNewline)
    guard lines.first.map(String.init) == CSV.line(of: header), lines.count > 1 else {
      throw .damagedTests(path: path, reason: "it has no tests under \(CSV.line(of: header))")
    }
    var tests: [TestScores] = []
    for (index, line) in lines.dropFirst().enumerated() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
      let scores = fields.dropFirst(3).compactMap { $0 }
      guard fields.count == header.count, scores.count == TestScores.names.count, scores.allSatisfy((0...1).contains)
      else { throw .damagedTests(path: path, reason: "line \(index + 2) is not of a test") }
      tests.append(TestScores(scores))
    }
    return tests
  }

  /// `folds.csv`: a row a test.
  public var table: String {
    CSV.text(
      of: [Self.header]
        + tests.map { test in
          ["\(test.seed)", "\(test.fold)", "\(test.evaluation.predictions.count)"] + test.scores.values.map { "\($0)" }
        })
  }

  public static let predictionsFile = "predictions.csv"
  /// Before the classes.
  static let predictionsHeader = ["path", "speaker", "seed", "fold", "emotion", "predicted"]

  /// `predictions.csv`: a row a clip and seed, as the model predicts it that had not seen it.
  public var predictions: String {
    let classes = tests[0].evaluation.classes
    let rows = tests.flatMap { test in
      zip(test.evaluation.predictions, test.clipSpeakers).map { clip, speaker in
        let label = clip.label.map { classes[$0] } ?? ""
        let row: [String] = [clip.path, speaker ?? "", "\(test.seed)", "\(test.fold)", label, classes[clip.predicted]]
        return row + clip.probabilities.map { String($0) }
      }
    }
    return CSV.text(of: [Self.predictionsHeader + classes] + rows)
  }

  private static func number(_ value: Double) -> String { String(format: "%.3f", value) }
}

extension [Double] {
  /// The mean of at least one number, and the standard deviation with n − 1; 0 of a single one.
  var statistics: (mean: Double, deviation: Double) {
    let mean = reduce(0, +) / Double(count)
    return (mean, (reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(Swift.max(1, count - 1))).squareRoot())
  }
}
