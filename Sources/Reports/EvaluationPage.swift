import Basics
import Corpora
import Foundation
import Models
import Training

extension EvaluationReport {
  /// - Parameter played: How many errors, the most confident first, can be listened to.
  public func page(played: Int) throws -> Page {
    var page = Page(title: "How often is it right: \(title[0])", provenance: provenance)
    page.sections += .warnings(warnings)
    if let confusion { try page.add(confusion) }
    if let calibration { try page.add(calibration) }
    if let coverageFigure { try page.add(coverageFigure) }
    if !evaluation.dimensions.isEmpty {
      page.addTable(
        "Each dimension",
        [["dimension", "concordance (CCC)", "correlation", "RMSE"]]
          + zip(evaluation.dimensions, evaluation.agreement).map {
            [$0, String($1.concordance), String($1.correlation), String($1.rootMeanSquareError)]
          })
      page.addTable(
        "Values",
        [["clip"] + evaluation.dimensions.flatMap { [$0, "true \($0)"] }]
          + evaluation.predictions.map { clip in
            [clip.path] + zip(clip.values, clip.truths).flatMap { [String($0), String($1)] }
          })
    }
    guard let clips, let scores else { return page }
    let (metrics, classes) = (scores.metrics, evaluation.classes)
    page.addTable("Scores", [["score", "value", "low", "high"]] + summary.map { [$0.name] + $0.value.cells })
    try addErrors(to: &page, played: played)
    page.addTable(
      "Each emotion",
      [["emotion", "precision", "recall", "F1", "clips"]]
        + zip(classes, metrics.byClass).map { name, found in
          [name] + [found.precision, found.recall, found.f1].map { $0.map { String($0) } ?? "" }
            + [found.support == 0 ? "no clips" : String(found.support)]
        })
    page.addTable(
      "Clips by true (rows) and predicted emotion",
      [["true"] + classes] + zip(classes, metrics.confusion).map { [$0] + $1.map { String($0) } })
    page.addTable(
      "Calibration",
      [["confidence from", "to", "clips", "mean confidence", "accuracy"]]
        + clips.calibration.bins.map { bin in
          [String(bin.lower), String(bin.upper), String(bin.clips)]
            + [String(bin.confidence), String(bin.accuracy)]
        })
    if let temperature {
      page.addTable(
        "Temperature \(String(format: "%.2f", temperature.temperature)): each fold's is fitted on the others",
        [["", "calibration error", "Brier score", "log loss"]]
          + [("before", temperature.before), ("after", temperature.after)].map { name, found in
            [
              name, String(found.expectedCalibrationError), String(found.brierScore),
              String(found.negativeLogLikelihood),
            ]
          })
    }
    page.addTable(
      "Weighing the most probable emotions by their probabilities",
      [
        [
          "emotions", "true one among them", "low", "high", "weight on it", "low", "high", "squared error", "low",
          "high",
        ]
      ]
        + softDecisions.map {
          [String($0.count)] + $0.hits.cells + $0.weight.cells + $0.squaredError.cells
        })
    if !groups.isEmpty { page.addTable("Scores by group", groupRows) }
    if let difference, let rival {
      let numbers = [difference.first, difference.second].map { String($0) } + difference.difference.cells
      let counts = [String(difference.onlyFirst), String(difference.onlySecond), String(difference.exactP)]
      page.addTable(
        "Against \(rival.model.name) on \(difference.difference.clips) common clips",
        [["UAR", "UAR of the other", "difference", "low", "high", "only this right", "only the other", "McNemar's p"]]
          + [numbers + counts])
    }
    page.addTable(
      "Clips",
      [["clip", "emotion", "predicted", "probability"] + Resemblance.header]
        + zip(evaluation.predictions, resemblances).map {
          [
            $0.path, $0.label.map { classes[$0] } ?? "", classes[$0.predicted],
            String($0.probabilities[$0.predicted]),
          ] + Resemblance.cells(of: $1)
        })
    return page
  }

  /// The clips that the model takes for another emotion, the most confident first.
  private func addErrors(to page: inout Page, played: Int) throws {
    let found = evaluation.errors.map { (evaluation.predictions[$0], resemblances[$0]) }
    let errors = found.map(\.0)
    let isKnown = found.contains { $0.1 != nil }
    guard !errors.isEmpty else { return }
    let hasSpeakers = errors.contains { entries[$0.path]?.speaker != nil }
    let sounds = try errors.prefix(played).map { error in
      // What could be evaluated can be read, unless it has gone since.
      try entries[error.path].flatMap { try? model.configuration.speech(of: manifest.fullPath(of: $0)) }
        .map { try PageSound($0.samples, sampleRate: $0.sampleRate) }
    }
    let words = [
      "The model takes \(errors.count) of \(evaluation.predictions.count) clips for another emotion.",
      sounds.isEmpty
        ? "" : "\(sounds.count == errors.count ? "All" : "The \(sounds.count) most confident") can be played here.",
    ]
    // The file alone, where that tells the clips apart.
    let files = errors.map { URL(fileURLWithPath: $0.path).lastPathComponent }
    let names = Set(files).count == files.count ? files : errors.map(\.path)
    page.sections.append(.text(heading: "Errors", lines: [words.filter { !$0.isEmpty }.joined(separator: " ")]))
    page.sections.append(
      .playable(
        caption: "Clips that are taken for another emotion",
        header: ["clip"] + (hasSpeakers ? ["speaker"] : []) + ["truth", "prediction", "confidence"]
          + (isKnown ? Resemblance.header : []),
        rows: zip(names, found).map { name, found in
          let error = found.0
          return [name] + (hasSpeakers ? [entries[error.path]?.speaker ?? ""] : [])
            + [
              error.label.map { evaluation.classes[$0] } ?? "", evaluation.classes[error.predicted],
              String(format: "%.3f", error.probabilities[error.predicted]),
            ] + (isKnown ? Self.cells(found.1) : [])
        },
        sounds: [("sound", sounds + Array(repeating: nil, count: errors.count - sounds.count))],
        order: hasSpeakers ? 4 : 3))
  }

  /// ``Resemblance/cells(of:)`` with as many digits as are read.
  private static func cells(_ clip: Resemblance?) -> [String] {
    (clip.map { [String(format: "%.2f", $0.distance)] } ?? [""]) + Resemblance.cells(of: clip).dropFirst()
  }
}
