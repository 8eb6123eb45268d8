import Attributions
import Basics
import Corpora
import Figures
import Models

/// What of a model's predictions and explanations stays when clips are disturbed.
public struct StabilityReport: MeasurementReport {
  public typealias Row = (entry: Manifest.Entry, row: ClipStability)

  public let summary: StabilitySummary
  public let model: TrainedModel
  public let space: InputSpace
  /// The path of the manifest.
  public let data: String
  public let seed: UInt64
  private let rows: [Row]
  private let methods: [String]
  private let census: DomainCensus

  /// - Parameter rows: At least one.
  public init(_ rows: [Row], by examiner: StabilityExaminer, data: String) {
    (self.rows, self.data) = (rows, data)
    (model, space, seed) = (examiner.model, examiner.space, examiner.seed)
    methods = examiner.methods.map(\.name)
    summary = StabilitySummary(rows.map(\.row), speakers: rows.map(\.entry.speaker), by: examiner)
    census = rows.reduce(into: DomainCensus()) { $0.add($1.row.resemblance) }
  }

  /// What there is to know of the clips before the numbers are believed.
  public var warnings: [String] { census.warnings(model.name) }

  public var figure: TrustFigure {
    let clips = summary.clips
    let interval =
      Estimate.noInterval(clips: clips, speakers: summary.speakers).map { "means; \($0)" }
      ?? "means with 95 % bootstrap intervals"
    let disturbed = zip(Disturbance.allCases, summary.predictions).enumerated().map { place, pair in
      TrustFigure.Panel(
        title: "\(pair.0.title) (\(Int((100 * pair.1.stays.mean).rounded())) % stay)",
        values: summary.methods.map { $0.disturbed[place].all?.correlation.drawn },
        chance: StabilitySummary.leastCorrelation)
    }
    let another = TrustFigure.Panel(
      title: "another clip", values: summary.methods.map { $0.another?.correlation.drawn },
      chance: StabilitySummary.leastCorrelation)
    return TrustFigure(
      title: [
        "What stays of explanations on the \(space.words): rank correlation with that of the undisturbed clip",
        "\(model.title) \(model.name) on \(shownName(data)) · \(clips) clip\(clips == 1 ? "" : "s"), seed \(seed) · \(interval)",
        "% stay: predictions · another clip: one predicted the same · dashed: \(StabilitySummary.leastCorrelation), "
          + "the least of an explanation that holds",
      ] + [summary.noVerdict].compactMap(\.self),
      methods: summary.methods.map { .init(name: $0.name, isControl: $0.isControl) },
      panels: disturbed + [another], curves: [])
  }

  public var provenance: [String: String] {
    model.provenance(source: data).merging(
      ["Methods": methods.joined(separator: ", "), "Input": space.rawValue, "Seed": "\(seed)"]
    ) { $1 }
  }

  // MARK: Numbers

  /// The name of the rows that compare a clip with another one.
  private static let another = "another-clip"

  /// A row for each clip, disturbance and method, and for another clip and each method; the header first.
  public var csv: [[String]] {
    let header = [
      "path", "emotion", "speaker", "predicted", "probability", "disturbance", "predicted_after", "change", "method",
      "correlation", "overlap",
    ]
    return [header + Resemblance.header] + rows.flatMap(cells)
  }

  private func cells(_ row: Row) -> [[String]] {
    let (entry, clip) = row
    func cells(_ disturbance: String, _ after: [String], _ similarities: [ClipStability.Similarity?]) -> [[String]] {
      zip(methods, similarities).map { method, found in
        [
          entry.path, entry.emotion.rawValue, entry.speaker ?? "", model.classes[clip.predicted],
          String(clip.probability), disturbance,
        ] + after + [method, found.map { String($0.correlation) } ?? "", found.map { String($0.overlap) } ?? ""]
          + Resemblance.cells(of: clip.resemblance)
      }
    }
    return zip(Disturbance.allCases, clip.disturbed).flatMap { disturbance, found in
      cells(disturbance.rawValue, [model.classes[found.predicted], String(found.change)], found.methods)
    } + cells(Self.another, ["", ""], clip.another ?? [])
  }

  private struct Line: Encodable {
    struct Similarity: Encodable {
      let correlation, overlap: Estimate

      init(_ found: StabilitySummary.Similarity) { (correlation, overlap) = (found.correlation, found.overlap) }
    }
    struct Disturbed: Encodable {
      let disturbance: String
      let all, held: Similarity?
      let beyond, beyondLoudness: Estimate?
      let verdict: String?
    }
    struct Method: Encodable {
      let name: String
      let isControl: Bool
      let disturbed: [Disturbed]
      let another: Similarity?
    }
    struct Prediction: Encodable {
      let disturbance, summary: String
      let stays, change: Estimate
    }
    let model, data, input: String
    let clips: Int
    let speakers: Int?
    let seed: UInt64
    let predictions: [Prediction]
    let methods: [Method]
    let criterion: String
    let verdicts: [String]
    let trainingData: DomainCensus
    let warnings, figures: [String]
    let command: String
  }

  public func json(figures: [String]) throws -> String {
    try Line(
      model: model.name, data: data, input: space.rawValue, clips: summary.clips, speakers: summary.speakers,
      seed: seed,
      predictions: zip(Disturbance.allCases, summary.predictions).map {
        .init(disturbance: $0.rawValue, summary: $0.summary, stays: $1.stays, change: $1.change)
      },
      methods: summary.methods.map { method in
        .init(
          name: method.name, isControl: method.isControl,
          disturbed: zip(Disturbance.allCases, method.disturbed).map {
            .init(
              disturbance: $0.rawValue, all: $1.all.map(Line.Similarity.init), held: $1.held.map(Line.Similarity.init),
              beyond: $1.beyond, beyondLoudness: $1.beyondLoudness, verdict: $1.verdict?.rawValue)
          }, another: method.another.map(Line.Similarity.init))
      }, criterion: summary.criterion, verdicts: summary.verdicts, trainingData: census, warnings: warnings,
      figures: figures, command: commandLine
    ).line
  }
}
