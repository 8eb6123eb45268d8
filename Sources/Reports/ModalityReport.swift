import Attributions
import Basics
import Corpora
import Figures
import Foundation
import Models

/// What each input of a network contributes on many clips, by emotion.
public struct ModalityReport: MeasurementReport {
  /// One clip.
  public struct Row: Sendable {
    public let path, emotion, target: String
    public let speaker: String?
    /// Logits, in the order of the inputs.
    public let contributions: [Double]
    public let score, baselineScore: Double

    public init(_ entry: Manifest.Entry, target: String, _ shares: ModalityShares) {
      (path, emotion, speaker, self.target) = (entry.path, entry.emotion.rawValue, entry.speaker, target)
      contributions = shares.contributions.map(\.value)
      (score, baselineScore) = (shares.completeness.score, shares.completeness.baselineScore)
    }

    /// Σ contributions − (score − baseline's score).
    var gap: Double { contributions.reduce(0, +) - (score - baselineScore) }
  }

  public let model: TrainedModel
  /// The path of the manifest.
  public let data: String
  public let seed: UInt64
  public let rows: [Row]
  public let inputs: [InputSpace]

  /// - Parameter rows: At least one.
  public init(_ rows: [Row], of model: TrainedModel, data: String, seed: UInt64) {
    (self.rows, self.model, self.data, self.seed) = (rows, model, data, seed)
    inputs = model.kind.inputs
  }

  /// The emotions of the clips, the known ones first.
  private var emotions: [String] {
    let present = Set(rows.map(\.emotion))
    let known = Emotion.known.map(\.rawValue).filter(present.contains)
    return known + present.subtracting(known).sorted()
  }

  /// The mean contribution of each input, by emotion and of all clips.
  public var groups: [(name: String, estimates: [Estimate])] {
    func estimates(_ rows: [Row]) -> [Estimate] {
      inputs.indices.compactMap { input in
        Estimate(values: rows.map { $0.contributions[input] }, speakers: rows.map(\.speaker), seed: seed)
      }
    }
    let each = emotions.map { emotion in (emotion, estimates(rows.filter { $0.emotion == emotion })) }
    return each.count > 1 ? each + [("all", estimates(rows))] : each
  }

  /// What the bars show.
  private var means: String {
    let all = groups.last?.estimates.first
    return Estimate.noInterval(clips: rows.count, speakers: all?.speakers).map { "means; \($0)" }
      ?? "means with 95 % intervals"
  }

  public var figure: ModalitySharesFigure {
    ModalitySharesFigure(
      title: [
        "What each input contributes: \(model.title) \(model.name)",
        "\(shownName(data)) · \(rows.count) clip\(rows.count == 1 ? "" : "s") · DeepLIFT from silence at all inputs "
          + "at once · \(means)",
      ], inputs: inputs.map(\.rawValue),
      groups: groups.map { group in
        .init(
          name: group.name, bars: group.estimates.map { .init(mean: $0.mean, low: $0.low, high: $0.high) })
      })
  }

  public var provenance: [String: String] {
    model.provenance(source: data).merging(["Seed": "\(seed)"]) { $1 }
  }

  /// The header and a row for each clip.
  public var csv: [[String]] {
    [["path", "emotion", "speaker", "target"] + inputs.map(\.rawValue) + ["score", "baseline_score", "gap"]]
      + rows.map { row in
        [row.path, row.emotion, row.speaker ?? "", row.target]
          + (row.contributions + [row.score, row.baselineScore, row.gap]).map { String(format: "%.6f", $0) }
      }
  }

  private struct Line: Encodable {
    struct Group: Encodable {
      struct Share: Encodable {
        let input: String
        let contribution: Estimate
      }
      let emotion: String
      let clips: Int
      let inputs: [Share]
    }
    let model, data: String
    let clips: Int
    let seed: UInt64
    let largestGap: Double
    let groups: [Group]
    let figures: [String]
  }

  public func json(figures: [String]) throws -> String {
    try Line(
      model: model.name, data: data, clips: rows.count, seed: seed, largestGap: rows.map { abs($0.gap) }.max() ?? 0,
      groups: groups.map { group in
        .init(
          emotion: group.name, clips: group.estimates.first?.clips ?? 0,
          inputs: zip(inputs, group.estimates).map { .init(input: $0.rawValue, contribution: $1) })
      }, figures: figures
    ).line
  }
}
