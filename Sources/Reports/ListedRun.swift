import Basics
import Foundation
import Training

/// A training as a list of trainings has it: a model's folder, or that of a cross-validation with its many.
public struct ListedRun: Sendable {
  public let folder: String
  /// One, or each fold's, at least one.
  public let models: [FinishedRun]
  /// What the models have on the clips that they did not see; empty of a single training.
  public let tests: [TestScores]

  /// Trainings in a folder and below it, and what cannot be read of them. Links are not followed.
  public static func found(below folder: String) throws -> (runs: [ListedRun], failures: [any Error]) {
    var runs: [ListedRun] = []
    var failures: [any Error] = []
    func visit(_ folder: String, _ names: [String]) {
      let folders = subfolders(of: folder, names)
      let isCrossValidation = names.contains(FoldsReport.file)
      do {
        if isCrossValidation {
          let models = try trainings(in: folders)
          if !models.isEmpty {
            runs.append(ListedRun(folder: folder, models: models, tests: try FoldsReport.read(folder)))
          }
        } else if isRun(names) {
          runs.append(ListedRun(folder: folder, models: [try FinishedRun(folder: folder)], tests: []))
        }
      } catch {
        failures.append(error)
      }
      if !isCrossValidation { for folder in folders { visit(folder, contents(of: folder)) } }
    }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    } catch {
      throw FileError.unreadable(path: folder, reason: systemReason(of: error))
    }
    visit(folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder, names)
    if runs.isEmpty, failures.isEmpty { throw TrainingError.noRuns(folder: folder) }
    return (runs, failures)
  }

  private static func trainings(in folders: [String]) throws -> [FinishedRun] {
    try folders.flatMap { folder in
      let names = contents(of: folder)
      return try (isRun(names) ? [FinishedRun(folder: folder)] : []) + trainings(in: subfolders(of: folder, names))
    }
  }

  private static func subfolders(of folder: String, _ names: [String]) -> [String] {
    names.filter { !$0.hasPrefix(".") }.map { "\(folder)/\($0)" }.filter { path in
      var status = stat()
      return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
  }

  private static func contents(of folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  private static func isRun(_ names: [String]) -> Bool {
    names.contains("history.csv") && names.contains("config.json")
  }

  // MARK: What it came to

  private var first: FinishedRun { models[0] }
  public var architecture: String { first.configuration.model.name }
  public var title: String { first.configuration.model.title }
  public var recipe: String { first.recipe }
  public var seeds: [UInt64] { Array(Set(models.compactMap { $0.setting("seed").flatMap(UInt64.init) })).sorted() }
  /// Clips that a model learns from; nil where the folder does not say.
  public var trainingClips: Int? { first.setting("training_clips").flatMap(Int.init) }
  /// Of the longest training.
  public var epochs: Int { models.map(\.history.count).max()! }
  /// Nil of several models, and without validation.
  public var bestEpoch: Int? { models.count == 1 ? first.best?.epoch : nil }
  public var seconds: Double { models.reduce(0) { $0 + $1.history.reduce(0) { $0 + $1.seconds } } }
  public var validationLoss: Double? { mean { $0.best?.validationLoss } }
  /// The validation's at the best epoch; nil without validation or classes.
  public var accuracy: Double? { mean(validationAccuracy) }
  public var macroF1: Double? { mean(validationMacroF1) }
  public var test: (mean: TestScores, deviation: TestScores)? {
    tests.isEmpty ? nil : TestScores.statistics(tests)
  }

  private func mean(_ value: (FinishedRun) -> Double?) -> Double? {
    let values = models.compactMap(value)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  private func validationAccuracy(_ run: FinishedRun) -> Double? {
    run.configuration.classes.isEmpty ? nil : run.best?.validationAccuracy
  }

  private func validationMacroF1(_ run: FinishedRun) -> Double? {
    run.configuration.classes.isEmpty ? nil : run.best?.validationMacroF1
  }

  /// Accuracy and macro F1 as the report's Table 4 has them: of the validation clips at the best epoch, or of each test of a
  /// cross-validation.
  var results: [(accuracy: Double, macroF1: Double)] {
    guard tests.isEmpty else { return tests.map { ($0.accuracy, $0.macroF1) } }
    return models.compactMap { run in
      validationAccuracy(run).flatMap { accuracy in validationMacroF1(run).map { (accuracy, $0) } }
    }
  }

  /// The settings shared by runs that differ only in seed and length.
  var kind: [String] { first.kind + [tests.isEmpty ? "validation" : "tests"] }
}

/// An order of trainings.
public enum RunOrder: String, CaseIterable, Sendable {
  case accuracy
  case macroF1 = "macro-f1"
  case uar, loss, epochs, time, name

  /// Scores fall, and the others rise; what a training has not stands at the end.
  public func sorted(_ runs: [ListedRun]) -> [ListedRun] {
    guard self != .name else { return runs.sorted { $0.folder < $1.folder } }
    return runs.enumerated().sorted { (key($0.element), $0.offset) < (key($1.element), $1.offset) }.map(\.element)
  }

  private func key(_ run: ListedRun) -> Double {
    let value: Double? =
      switch self {
      case .accuracy: (run.test?.mean.accuracy ?? run.accuracy).map(-)
      case .macroF1: (run.test?.mean.macroF1 ?? run.macroF1).map(-)
      case .uar: (run.test?.mean.averageRecall).map(-)
      case .loss: run.validationLoss
      case .epochs: Double(run.epochs)
      case .time: run.seconds
      case .name: nil
      }
    return value ?? .infinity
  }
}

/// A list of trainings as CSV and JSON.
public struct RunsList {
  public let runs: [ListedRun]
  /// As much of each path as tells it from the others.
  public let names: [String]
  /// Of each run what it has right beside another; nil of a single training, and without another.
  public let recalls: [TestsRecall?]

  /// - Parameter against: The folder of a cross-validation beside which the others are put.
  /// - Throws: `TrainingError` or `ManifestError`, where the tests of one cannot be read.
  public init(_ runs: [ListedRun], against folder: String? = nil) throws {
    (self.runs, names) = (runs, distinctNames(of: runs.map(\.folder)))
    let other = try folder.map(TestedClips.init)
    recalls = try runs.map { run in
      try other.flatMap { other in
        run.tests.isEmpty ? nil : try TestedClips(folder: run.folder).recall(against: other)
      }
    }
  }

  /// A row for each training, its header first.
  public var csv: [[String]] {
    func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    let header = [
      "run", "folder", "architecture", "recipe", "seeds", "models", "training_clips", "epochs", "best_epoch",
      "validation_loss", "accuracy", "macro_f1", "seconds",
    ]
    let scores = ["uar", "accuracy", "macro_f1", "calibration_error"]
    let estimates = ["all_uar", "difference", "ensemble_uar"]
    let rows = zip(zip(runs, names), recalls).map { run, recall in
      let (run, name) = run
      let facts = [
        name, run.folder, run.architecture, run.recipe, run.seeds.map(String.init).joined(separator: " "),
        "\(run.models.count)", run.trainingClips.map { "\($0)" } ?? "", "\(run.epochs)",
        run.bestEpoch.map { "\($0)" } ?? "", text(run.validationLoss), text(run.accuracy), text(run.macroF1),
        text(run.seconds),
      ]
      let test = run.test.map { zip($0.mean.values, $0.deviation.values).flatMap { ["\($0)", "\($1)"] } }
      let beside = [recall?.averageRecall, recall?.difference, recall?.ensemble].flatMap {
        $0?.cells ?? ["", "", ""]
      }
      return facts + (test ?? Array(repeating: "", count: 2 * scores.count)) + beside
    }
    return [
      header + scores.flatMap { ["test_\($0)", "test_\($0)_deviation"] }
        + estimates.flatMap { [$0, "\($0)_low", "\($0)_high"] }
    ] + rows
  }

  /// The line of `--json`.
  public var line: String {
    get throws { try JSON(runs: runs.indices.map { JSON.Run(runs[$0], names[$0], recalls[$0]) }).line }
  }

  private struct JSON: Encodable {
    struct Run: Encodable {
      let name: String
      let run: ListedRun
      let recall: TestsRecall?

      init(_ run: ListedRun, _ name: String, _ recall: TestsRecall?) {
        (self.run, self.name, self.recall) = (run, name, recall)
      }

      enum CodingKeys: CodingKey {
        case name, folder, architecture, recipe, seeds, models, trainingClips, epochs, bestEpoch, validationLoss,
          accuracy, macroF1, seconds, tests, testMean, testDeviation, against
      }

      /// Writes null for what there is none of without validation.
      func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        for (key, text) in [
          (CodingKeys.name, name), (.folder, run.folder), (.architecture, run.architecture), (.recipe, run.recipe),
        ] { try container.encode(text, forKey: key) }
        try container.encode(run.seeds, forKey: .seeds)
        try container.encode(run.models.count, forKey: .models)
        try container.encodeIfPresent(run.trainingClips, forKey: .trainingClips)
        try container.encode(run.epochs, forKey: .epochs)
        try container.encode(run.bestEpoch, forKey: .bestEpoch)
        for (key, value) in [
          (CodingKeys.validationLoss, run.validationLoss), (.accuracy, run.accuracy), (.macroF1, run.macroF1),
        ] { try container.encode(value, forKey: key) }
        try container.encode(run.seconds, forKey: .seconds)
        guard let test = run.test else { return }
        try container.encode(run.tests.count, forKey: .tests)
        try container.encode(test.mean, forKey: .testMean)
        try container.encode(test.deviation, forKey: .testDeviation)
        try container.encodeIfPresent(recall, forKey: .against)
      }
    }
    let runs: [Run]
  }
}
