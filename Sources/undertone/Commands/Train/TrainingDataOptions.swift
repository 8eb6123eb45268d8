import ArgumentParser
import Corpora
import Foundation

/// What a training learns from, and what of it validates and tests.
struct TrainingDataOptions: ParsableArguments {
  @Option(help: .manifest("A manifest of clips", isPiped: false))
  var data: String?

  @Option(help: .manifest("A manifest to validate on", isPiped: false, otherwise: "a part of --data"))
  var validation: String?

  @Option(
    help: ArgumentHelp(
      """
      Without --validation: the share of --data for training, above 0 and below 1; the rest is for validation. \
      (default: \(TrainingPlan.share))
      """, valueName: "share"))
  var split: Double?

  @OptionGroup var unit: SplitOption

  @Flag(
    help: """
      Train on all clips of --data without validation, and keep the last epoch: the model to use, once the epochs it \
      takes are known from validation.
      """)
  var final = false

  @Flag(
    help: """
      Learn from the votes of several raters in place of the label: the manifest has a column votes:CLASS for each class, \
      with how many raters chose it, or their share. Validation is by the label.
      """)
  var softLabels = false

  @Option(
    help: ArgumentHelp(
      """
      The number of parts of --data: 2 to 1000. A model is trained without each of them, and tested on it afterwards: no \
      clip that it is tested on has a part in choosing its epoch. Writes a model a fold, folds.csv and predictions.csv. \
      The same command goes on where it was stopped. (default: one training)
      """, valueName: "count"))
  var folds: Int?

  @Option(
    help: ArgumentHelp(
      "With --folds: train every fold with so many seeds, from --seed on: 1 to 1000. (default: 1)", valueName: "count"))
  var repeatSeeds: Int?

  func validate() throws {
    if let option = [("--data", data), ("--validation", validation)].first(where: { $0.1 == Manifest.standardInput })?.0
    {
      throw ValidationError(
        "\(option) -: a training reads its manifests again to resume, so they must be files, not standard input")
    }
    if let split, !(split > 0 && split < 1) { throw ValidationError("--split must lie between 0 and 1") }
    let validated: [(String, Bool)] = [
      ("--validation", validation != nil), ("--split", split != nil), ("--by", unit.by != nil),
    ]
    if final, let given = validated.first(where: \.1) {
      throw ValidationError("--final trains on all clips, without validation; it does not go with \(given.0)")
    }
    if let folds {
      guard (2...1000).contains(folds) else { throw ValidationError("--folds must lie between 2 and 1000") }
      guard validation == nil else {
        throw ValidationError("--folds takes its clips for validation from --data; it does not go with --validation")
      }
    }
    if let repeatSeeds {
      guard folds != nil else { throw ValidationError("--repeat-seeds needs --folds") }
      guard (1...1000).contains(repeatSeeds) else {
        throw ValidationError("--repeat-seeds must lie between 1 and 1000")
      }
    }
    if validation != nil, split != nil || unit.by != nil {
      throw ValidationError(
        "--validation leaves nothing to split; it does not go with \(split != nil ? "--split" : "--by")")
    }
  }

  /// The options that a resumed training does not take, and whether they are given.
  var fixed: [(String, Bool)] {
    [
      ("--split", split != nil), ("--by", unit.by != nil), ("--final", final), ("--soft-labels", softLabels),
      ("--folds", folds != nil),
    ]
  }

  func apply(to plan: inout TrainingPlan) {
    if softLabels { plan.recipe.softLabels = true }
    if final {
      plan.validation = .absent
    } else if validation != nil {
      plan.validation = .file
    } else if split != nil || unit.by != nil {
      var (share, by): (Double, SplitUnit?) = (TrainingPlan.share, nil)
      if case .split(let own, let unit) = plan.validation { (share, by) = (own, unit) }
      plan.validation = .split(share: split ?? share, by: unit.by ?? by)
    }
  }
}
