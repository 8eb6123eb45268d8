import Attributions
import Basics
import Corpora
import Figures
import Foundation
import Models
import Tensors

/// The explanations of the same clips by several models: the figures and the tables of a comparison.
public struct ComparisonReport {
  public let comparer: ModelComparer
  public let seed: UInt64
  /// The files or the manifest, as given by the user.
  public let source: String
  /// The target of the attributions: "each model's prediction", "angry".
  public let target: String
  /// The dimension that is explained; nil where the target is a class.
  public let dimension: String?

  public init(
    _ comparer: ModelComparer, target: String, dimension: String? = nil, seed: UInt64, source: String
  ) {
    (self.comparer, self.target, self.dimension) = (comparer, target, dimension)
    (self.seed, self.source) = (seed, source)
  }

  /// The name of the method.
  public var method: String { comparer.explainers[0].method.name }
  private var names: [String] { comparer.models.map(\.name) }
  /// The dimensions of all models, each once.
  private var dimensions: [String] {
    comparer.models.flatMap(\.dimensions).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  // MARK: One clip

  /// - Parameters:
  ///   - truth: The clip's emotion, where it is known.
  ///   - trueValues: The true values of dimensions that are known, by name.
  public func figure(
    _ clip: ComparedClip, truth: String? = nil, trueValues: [String: Double] = [:]
  ) -> ComparisonFigure {
    let name = shownName(clip.path)
    let seconds = ComparisonSeconds(used: clip.duration, shared: clip.sharedDuration)
    let stretch = seconds.words.map { " · grey: not used; \($0)" } ?? ""
    let truths =
      [truth].compactMap { $0 }
      + dimensions.compactMap { dimension in
        trueValues[dimension].map { "\(dimension) \(String(format: "%.2f", $0).replacing("-", with: "−"))" }
      }
    var figure = ComparisonFigure(
      title: [
        name + (truths.isEmpty ? "" : ": \(truths.joined(separator: ", "))"),
        "\(method), computed on the \(comparer.space.words) · target: \(target)\(stretch)"
          + (trueValues.isEmpty ? "" : " · black lines: true values"),
      ],
      logMel: .init(
        values: clip.logMel, rows: clip.mels, columns: clip.frames, hop: comparer.frontEnd.hopSeconds),
      maximumFrequency: Double(comparer.frontEnd.sampleRate) / 2, duration: clip.duration, method: method,
      isSigned: clip.explanations[0].isSigned,
      models: clip.explanations.enumerated().map { index, explanation in
        .init(
          name: names[index], map: clip.relativeMap(index), emotions: explanation.classes,
          probabilities: explanation.probabilities, dimensions: explanation.dimensions, values: explanation.values,
          target: explanation.targetName, seen: clip.seconds(of: index))
      },
      remarks: names.indices.map { index in
        guard index > 0 else { return [] }
        let agreement = clip.agreement(0, index)
        return Agreement.Measure.allCases.compactMap { measure in
          agreement.values[measure].map { measure.words + String(format: " %.2f", $0).replacing("-", with: "−") }
        }
      }, truth: truth, trueValues: trueValues)
    figure.place = clip.place
    return figure
  }

  /// The figure of what each head of a model's attention takes, over channels or over frames; nil where the model has none.
  public func attentionFigure(_ clip: Clip, path: String) -> AttentionFigure? {
    let model = clip.model
    let duration = clip.duration
    let (rows, columns) = (clip.mel.shape[2], clip.mel.shape[3])
    let mel = FrameMatrix(
      values: clip.mel.floats, rows: rows, columns: columns, hop: comparer.frontEnd.hopSeconds)
    guard let heads = ChannelHeads(clip) else {
      guard let tokens = TokenAttention(clip) else { return nil }
      var figure = AttentionFigure(
        tokens, clip: shownName(path), model: "\(model.title) \(model.name)", logMel: mel,
        maximumFrequency: Double(comparer.frontEnd.sampleRate) / 2, duration: duration)
      figure.place = clip.place
      return figure
    }
    let count = heads.weights.shape[1]
    var figure = AttentionFigure(
      title: [
        "\(shownName(path)): the attention of \(model.title) \(model.name)",
        "top: attention between channels · bottom: gradient of each head's output with respect to the log-mel",
      ],
      matrices: [
        heads.places.indices.map { .init(values: TokenAttention.head($0, of: heads.weights).floats, rows: count) }
      ], takers: "Output channel", givers: "Value channel",
      strips: heads.places.enumerated().map { head, places in
        .init(
          name: "head \(head + 1)",
          input: .logMel(
            .init(
              frames: mel, maximumFrequency: Double(comparer.frontEnd.sampleRate) / 2,
              attribution: .init(values: places.floats, isSigned: false, name: "|∂ head / ∂ mel|", unit: "1/dB"))))
      }, duration: duration)
    figure.place = clip.place
    return figure
  }

  // MARK: All clips

  /// What the cells show.
  private func means(_ summary: AgreementSummary) -> String {
    Estimate.noInterval(clips: summary.clips, speakers: summary.speakers).map {
      summary.clips > 1 ? "means; \($0)" : $0
    }
      ?? "means, 95 % bootstrap intervals"
  }

  public func figure(_ summary: AgreementSummary) -> AgreementFigure {
    AgreementFigure(
      title: [
        "How far the models' attributions agree",
        "\(method), computed on the \(comparer.space.words) · target: \(target) · \(summary.clips) "
          + "clip\(summary.clips == 1 ? "" : "s") · \(means(summary)) · "
          + (summary.meanDifference.map { String(format: "values %.2f apart", $0) }
            ?? "the class differs on \(summary.disagreements)"),
      ], models: names,
      measures: Agreement.Measure.allCases.map { measure in
        .init(
          name: measure.words,
          values: summary.estimates[measure]!.map { $0.map { $0?.drawn } })
      })
  }

  /// A row for each method, pair of models and measure.
  public static func rows(_ found: [(report: ComparisonReport, summary: AgreementSummary)]) -> [[String]] {
    [["method", "first", "second", "measure", "mean", "low", "high", "clips"]]
      + found.flatMap { report, summary in
        AgreementSummary.pairs(summary.models.count).flatMap { first, second in
          Agreement.Measure.allCases.compactMap { measure in
            summary.estimates[measure]![first][second].map {
              [report.method, summary.models[first], summary.models[second], measure.rawValue] + $0.cells
                + [String($0.clips)]
            }
          }
        }
      }
  }

  /// The header of the clips' table: what each model predicts, with its probability, or its value of the dimension beside
  /// the true one; and how far each pair agrees.
  public var clipHeader: [String] {
    var header = ["clip", "emotion", "method", "seconds", "shared_seconds"]
    if let dimension {
      header += ["difference", "true \(dimension)"] + names.map { "\($0)_\(dimension)" }
    } else {
      header += ["same_class"] + names.flatMap { ["\($0)", "\($0)_probability"] }
    }
    for (first, second) in AgreementSummary.pairs(names.count) {
      header += Agreement.Measure.allCases.map { "\(names[first])|\(names[second])_\($0.rawValue)" }
    }
    return header
  }

  /// The row of a clip in the table of ``clipHeader``.
  /// - Parameter agreements: Of the pairs, in their order.
  public func row(
    _ clip: ComparedClip, truth: String?, trueValues: [String: Double] = [:], agreements: [Agreement]
  ) -> [String] {
    let predictions: [String]
    if let dimension, let values = clip.targetValues, let difference = clip.difference {
      predictions = [String(difference), trueValues[dimension].map { String($0) } ?? ""] + values.map { String($0) }
    } else {
      predictions =
        [clip.areOneMind ? "yes" : "no"]
        + clip.explanations.flatMap { [$0.classes[$0.predicted], String($0.probabilities[$0.predicted])] }
    }
    let seconds = [clip.duration, clip.sharedDuration].map { String(format: "%.3f", $0) }
    return [clip.path, truth ?? "", method] + seconds + predictions
      + agreements.flatMap { found in Agreement.Measure.allCases.map { found.values[$0].map { String($0) } ?? "" } }
  }

  /// The provenance of the figures of a clip, or of all clips.
  public func provenance(_ path: String? = nil) -> [String: String] {
    var entries = comparer.models[0].provenance(source: path ?? source)
    entries["Architecture"] = comparer.models.map { $0.kind.name }.joined(separator: ", ")
    entries["Model"] = comparer.models.map { "\($0.name) (\($0.digest))" }.joined(separator: ", ")
    entries["Method"] = comparer.explainers[0].method.nameWithParameters
    (entries["Input"], entries["Target"], entries["Seed"]) = (comparer.space.rawValue, target, String(seed))
    return entries
  }
}

// MARK: JSON

extension ComparisonReport {
  /// The line of `--json`.
  /// - Parameters:
  ///   - disagreements: The clips on which the predictions differ, with each model's.
  ///   - warnings: What there is to know of the clips before the results are believed.
  ///   - seconds: How much of the clips the models were compared on.
  ///   - figures: The figures written.
  public static func json(
    _ found: [(report: ComparisonReport, summary: AgreementSummary)],
    disagreements: [ComparisonJob.Disagreement], warnings: [String], seconds: ComparisonSeconds, figures: [String]
  ) throws -> String {
    let (report, summary) = found[0]
    return try JSON(
      models: summary.models, methods: found.map(\.report.method), input: report.comparer.space.rawValue,
      target: report.target, seed: report.seed, clips: summary.clips,
      seconds: seconds.used, sharedSeconds: seconds.shared,
      agreement: found.flatMap { report, summary in
        AgreementSummary.pairs(summary.models.count).map { first, second in
          .init(
            method: report.method, first: summary.models[first], second: summary.models[second],
            measures: summary.estimates.compactMapValues { $0[first][second] })
        }
      },
      disagreements: disagreements.map { .init(clip: $0.path, predictions: $0.predictions, difference: $0.difference) },
      warnings: warnings, figures: figures, command: commandLine
    ).line
  }

  private struct JSON: Encodable {
    struct Pair: Encodable {
      let method, first, second: String
      let measures: [Agreement.Measure: Estimate]
    }
    struct Disagreement: Encodable {
      let clip: String
      let predictions: [String]
      /// How far the values of the explained dimension are apart; nil of classes.
      let difference: Double?
    }
    let models, methods: [String]
    let input, target: String
    let seed: UInt64
    let clips: Int
    /// Of all clips together: what at least one model uses, and what all use, over which agreement is measured.
    let seconds, sharedSeconds: Double
    let agreement: [Pair]
    let disagreements: [Disagreement]
    let warnings: [String]
    let figures: [String]
    let command: String
  }
}
