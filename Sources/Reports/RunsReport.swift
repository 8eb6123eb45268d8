import Basics
import Figures
import Foundation
import Models
import Tensors
import Training

/// A training run, read from its model's folder.
public struct FinishedRun: Sendable {
  /// The path as given by the user.
  public let folder: String
  public let configuration: ModelConfiguration
  public let history: [EpochRecord]
  /// The epoch with the least validation loss; nil without validation.
  public var best: EpochRecord? { history.best }

  /// - Throws: `CheckpointError` or `TrainingError`.
  public init(folder: String) throws {
    self.folder = folder
    configuration = try TrainedModel.configuration(of: folder)
    history = try History.read(folder, of: configuration)
  }

  /// The settings shared by runs that differ only in seed and length.
  var kind: [String] {
    [configuration.model.name]
      + [
        "recipe", "optimizer", "rate", "schedule", "batch", "accumulate", "clip_norm", "precision", "augment",
        "class_weights", "label_smoothing", "soft_labels", "average", "patience", "encoder", "convnext", "train_layers",
        "head", "data", "validation", "by", "share",
      ].map { setting($0) ?? "" }
  }

  /// The training's recipe in short: "published, rate 0.0005".
  public var recipe: String { Recipe.title(of: configuration.training, for: configuration.model) }

  /// A table's cells on the best epoch: its number, loss, accuracy and macro F1; dashes without validation.
  public func bestCells(_ text: (Double) -> String) -> [String] {
    let scores = [best?.validationLoss, best?.validationAccuracy, best?.validationMacroF1]
    return [best.map { "\($0.epoch)" } ?? "–"] + scores.map { $0.map(text) ?? "–" }
  }

  func setting(_ name: String) -> String? { configuration.training[name] }
}

/// The curves of several trainings, and what they reach.
public struct RunsReport {
  public let runs: [FinishedRun]
  public let figure: TrainingCurves

  /// - Parameter runs: At least one.
  public init(_ runs: [FinishedRun]) {
    self.runs = runs
    let names = distinctNames(of: runs.map(\.folder))
    let groups = Self.groups(of: runs, names: names)
    var architectures: [String] = []
    for run in runs where !architectures.contains(run.configuration.model.title) {
      architectures.append(run.configuration.model.title)
    }
    var title = ["Training \(architectures.joined(separator: ", "))"]
    if runs.count == 1 {
      title.append("recipe \(runs[0].setting("recipe") ?? "unknown"), seed \(runs[0].setting("seed") ?? "unknown")")
    } else {
      title[0] += ": \(runs.count) runs"
      title.append("thin: a run · thick: the median of its group over five epochs · dots: the epochs that were kept")
    }
    figure = TrainingCurves(
      title: title,
      runs: runs.indices.map {
        .init(name: names[$0], group: groups[$0], history: runs[$0].history)
      })
  }

  /// The name of each run's group: what the names of the runs of its kind begin with.
  private static func groups(of runs: [FinishedRun], names: [String]) -> [String] {
    var taken: [[String]: String] = [:]
    return runs.indices.map { index in
      let kind = runs[index].kind
      if let name = taken[kind] { return name }
      let members = runs.indices.filter { runs[$0].kind == kind }.map { names[$0] }
      var name = members[0]
      if members.count > 1 {
        let common = members.reduce(members[0]) { $0.commonPrefix(with: $1) }
        let stem = String(common.reversed().drop { !$0.isLetter }.reversed())
        name = stem.isEmpty || taken.values.contains(stem) ? "\(members[0]) …" : stem
      }
      taken[kind] = name
      return name
    }
  }

  public var provenance: [String: String] {
    var print = Fingerprint()
    for record in runs.flatMap(\.history) {
      for value in [record.trainLoss, record.validationLoss, record.validationAccuracy, record.validationMacroF1] {
        if let value { print.add(value.bitPattern) }
      }
    }
    let settings = ["recipe", "rate", "batch", "seed", "training_data", "validation_data"]
    let lines = runs.map { run in
      ([run.configuration.model.name]
        + settings.compactMap { name in
          run.setting(name).map { "\(name.replacing("_", with: " ")) \($0)" }
        }).joined(separator: ", ")
    }
    return [
      "Software": "Undertone \(undertoneVersion)", "Source": runs.map(\.folder).joined(separator: "\n"),
      "Source digest": print.hexadecimal, "Runs": lines.joined(separator: "\n"),
    ]
  }

  public var page: Page {
    get throws {
      var page = Page(title: figure.title[0], provenance: provenance)
      try page.add(figure)
      let header = ["run", "epoch", "training loss", "validation loss", "accuracy", "macro F1", "rate"]
      page.addTable(
        "Best epochs",
        [["run", "epochs", "best", "loss", "accuracy", "macro F1"]]
          + zip(runs, figure.runs).map { run, curves in
            [curves.name, "\(run.history.count)"] + run.bestCells { "\($0)" }
          })
      page.addTable(
        "Every epoch",
        [header]
          + zip(runs, figure.runs).flatMap { run, curves in
            run.history.map { record in
              [curves.name, "\(record.epoch)"]
                + [
                  record.trainLoss, record.validationLoss, record.validationAccuracy, record.validationMacroF1,
                  record.rate,
                ].map { $0.map { "\($0)" } ?? "–" }
            }
          })
      return page
    }
  }

  /// The line of `--json`.
  /// - Parameter figures: The figures written.
  public func json(figures: [String]) throws -> String {
    let lines = zip(runs, figure.runs).map { run, curves in
      JSON.Run(
        folder: run.folder, name: curves.name, group: curves.group,
        architecture: run.configuration.model.name, recipe: run.setting("recipe"),
        seed: run.setting("seed").flatMap(UInt64.init), epochs: run.history.count, bestEpoch: run.best?.epoch,
        validationLoss: run.best?.validationLoss, accuracy: run.best?.validationAccuracy,
        macroF1: run.best?.validationMacroF1)
    }
    return try JSON(runs: lines, groups: figure.groups, all: figure.summary, figures: figures).line
  }

  private struct JSON: Encodable {
    struct Run: Encodable {
      let folder, name, group, architecture: String
      let recipe: String?
      let seed: UInt64?
      let epochs: Int
      /// Null, as the next three, of a training without validation.
      let bestEpoch: Int?
      let validationLoss, accuracy, macroF1: Double?

      func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        for (key, text) in [(CodingKeys.folder, folder), (.name, name), (.group, group), (.architecture, architecture)]
        {
          try container.encode(text, forKey: key)
        }
        try container.encodeIfPresent(recipe, forKey: .recipe)
        try container.encodeIfPresent(seed, forKey: .seed)
        try container.encode(epochs, forKey: .epochs)
        try container.encode(bestEpoch, forKey: .bestEpoch)
        for (key, value) in [(CodingKeys.validationLoss, validationLoss), (.accuracy, accuracy), (.macroF1, macroF1)] {
          try container.encode(value, forKey: key)
        }
      }

      enum CodingKeys: CodingKey {
        case folder, name, group, architecture, recipe, seed, epochs, bestEpoch, validationLoss, accuracy, macroF1
      }
    }
    let runs: [Run]
    let groups: [TrainingCurves.Summary]
    let all: TrainingCurves.Summary
    let figures: [String]
  }
}

extension TrainingCurves.Run {
  init(name: String, group: String? = nil, history: [EpochRecord]) {
    self.init(
      name: name, group: group, trainingLoss: history.map(\.trainLoss),
      validationLoss: history.compactMap(\.validationLoss), accuracy: history.compactMap(\.validationAccuracy),
      macroF1: history.compactMap(\.validationMacroF1), learningRate: history.map(\.rate),
      bestEpoch: history.best?.epoch)
  }
}
