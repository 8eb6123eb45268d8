import Attributions
import AudioFeatures
import Basics
import Corpora
import Figures
import Foundation
import Models

/// What the units of a clip are worth to a model: by taking each out, by Shapley values, and by the sum of a method's attribution
/// over it.
public struct UnitsReport {
  /// The attribution of one input, summed over each unit.
  public struct Sums: Sendable {
    public let space: InputSpace
    public let unit: String
    public let values: [Double]
  }

  public let explained: ExplanationReport
  /// "syllables", or the name of a tier of annotations.
  public let kind: String
  public let units: [SpeechUnit]
  public let filling: UnitFilling
  private let game: UnitGame
  /// The target's score of the clip as it is.
  public let score: Double
  public let leaveOneOut: [Double]
  /// Nil where they were not asked for.
  public let shapley: UnitShapley?
  public let sums: [Sums]
  /// How well each ranking names what matters, the random one last; empty where that was not asked for.
  public let erasures: [(ranking: String, erasure: UnitErasure)]

  init(
    _ explained: ExplanationReport, game: UnitGame, kind: String, _ question: UnitsQuestion
  ) throws(ExplanationError) {
    (self.explained, self.kind, units, filling) = (explained, kind, game.units, game.filling)
    self.game = game
    let explanation = explained.explanation
    score = try game.answers([game.all])[0].score
    leaveOneOut = try game.leaveOneOut()
    shapley = question.asksShapley ? try UnitShapley(game, seed: question.seed) : nil
    sums = explanation.inputs.map { input in
      let step = input.space == .waveform ? 1 / Double(explanation.sampleRate) : explanation.hop
      return Sums(
        space: input.space, unit: explanation.unit(at: input.space),
        values: input.sums(over: game.units, isSigned: explanation.isSigned, step: step))
    }
    guard question.asksErasure else {
      erasures = []
      return
    }
    var found = [("leave-one-out", try game.erasure(leaveOneOut))]
    if let shapley { found.append(("Shapley", try game.erasure(shapley.values))) }
    if let own = Self.shown(sums) { found.append((explanation.method, try game.erasure(own.values))) }
    erasures = found + [("random", try game.randomErasure(seed: question.seed))]
  }

  /// The sums on the mel, or where the method has none there its first.
  private static func shown(_ sums: [Sums]) -> Sums? { sums.first { $0.space == .mel } ?? sums.first }

  public var shown: Sums? { Self.shown(sums) }

  /// "logits", or "value" of a dimension.
  private var scoreUnit: String { explained.explanation.targetValue == nil ? "logits" : "value" }

  /// What rankings are tested by: "probability", or "value" of a dimension.
  public var measured: String {
    let explanation = explained.explanation
    guard explanation.targetValue == nil else { return "value" }
    return "probability" + (explanation.target.versus.map { " against \(explanation.outputs[$0])" } ?? "")
  }

  /// "4 units (syllables), 1 of them a pause, filled with floor where taken out".
  public var summary: String {
    let pauses = units.count(where: \.isPause)
    let words = pauses > 0 ? ", \(pauses) of them \(pauses == 1 ? "a pause" : "pauses")" : ""
    return "\(units.count) units (\(visible(kind)))\(words), filled with \(visible(filling.name)) where taken out"
  }

  /// What stands where there is no room for the name: the number of a unit that is found. A pause is grey already, and its
  /// number would stand among theirs.
  private func brief(_ unit: SpeechUnit) -> String {
    guard !unit.isPause else { return "" }
    let parts = unit.name.split(separator: " ")
    return parts.count == 2 && Int(parts[1]) != nil ? String(parts[1]) : ""
  }

  // MARK: Figure

  public var figure: UnitsFigure {
    let explanation = explained.explanation
    var measures = [
      UnitsFigure.Measure(
        name: "Fall of the score of \(explanation.targetName) without the unit", unit: scoreUnit, values: leaveOneOut)
    ]
    if let shapley {
      measures.append(
        .init(
          name: shapley.errors == nil ? "Shapley value" : "Shapley value, sampled (± standard error)", unit: scoreUnit,
          values: shapley.values, errors: shapley.errors ?? []))
    }
    if let own = shown {
      measures.append(
        .init(
          name: "\(explanation.method) on the \(own.space.words), \(explanation.isSigned ? "sum" : "sum of sizes")",
          unit: own.unit, values: own.values))
    }
    return UnitsFigure(
      title: explained.title + [summary], waveform: waveform, duration: explanation.duration, place: explanation.place,
      units: units.map {
        .init(name: visible($0.name), brief: brief($0), range: $0.range, isPause: $0.isPause)
      }, measures: measures)
  }

  private var waveform: ExplanationFigure.Waveform {
    .init(samples: game.samples(of: game.all), sampleRate: Double(explained.explanation.sampleRate))
  }

  /// Words on the units that are worth most, for readers who cannot see the figure.
  var words: String {
    let order = leaveOneOut.indices.sorted { (leaveOneOut[$1], $0) < (leaveOneOut[$0], $1) }
    guard let first = order.first, leaveOneOut[first] > 0 else { return "The score falls without none of the units" }
    return "The score falls most without "
      + order.prefix(3).map { "\(units[$0].name) (\(String(format: "%.2f", leaveOneOut[$0])))" }.joined(separator: ", ")
  }

  // MARK: Sounds

  /// Each unit alone, and the clip without each, as a page has them.
  func sounds() throws(FigureError) -> (alone: [PageSound], without: [PageSound]) {
    let explanation = explained.explanation
    let (rate, whole) = (explanation.sampleRate, game.samples(of: game.all))
    let end = min(whole.count, Int(explanation.duration * Double(rate)))
    var (alone, without) = ([PageSound](), [PageSound]())
    for (index, unit) in units.enumerated() {
      let range = [unit.range.lowerBound, unit.range.upperBound].map { min(end, max(0, Int($0 * Double(rate)))) }
      alone.append(try PageSound(Array(whole[range[0]..<range[1]]), sampleRate: rate))
      without.append(try PageSound(Array(game.samples(of: game.without(index)).prefix(end)), sampleRate: rate))
    }
    return (alone, without)
  }

  /// About what the sounds take in a page: two bytes a sample, in base64.
  var soundBytes: Int {
    let samples = explained.explanation.duration * Double(explained.explanation.sampleRate)
    return Int(samples) * (units.count + 1) * 2 * 4 / 3
  }

  // MARK: Numbers

  /// A row for each unit, the header first.
  var csv: [[String]] {
    let start = explained.explanation.place.start
    func cell(_ value: Double?) -> String { value.map { String(format: "%.6g", $0) } ?? "" }
    var header = ["unit", "start", "end", "leave_one_out"]
    if let shapley { header += ["shapley"] + (shapley.errors == nil ? [] : ["shapley_error"]) }
    header += sums.map { "sum_\($0.space.rawValue)" }
    return [header]
      + units.enumerated().map { index, unit in
        var row = [
          unit.name, String(format: "%.3f", start + unit.range.lowerBound),
          String(format: "%.3f", start + unit.range.upperBound), cell(leaveOneOut[index]),
        ]
        if let shapley { row += [cell(shapley.values[index])] + (shapley.errors.map { [cell($0[index])] } ?? []) }
        return row + sums.map { cell($0.values[index]) }
      }
  }

  /// The entry of a line of `--json`.
  struct JSON: Encodable {
    struct Unit: Encodable {
      let unit: String
      let start, end, leaveOneOut: Double
      let shapley, shapleyError: Double?
      let sums: [String: Double]
    }
    struct Erasure: Encodable { let comprehensiveness, sufficiency: Double }
    let kind, filling: String
    let score: Double
    let units: [Unit]
    let erasure: [String: Erasure]?
    let figures: [String]
    let table: String
  }

  func json(_ files: UnitsFiles) -> JSON {
    let start = explained.explanation.place.start
    return JSON(
      kind: kind, filling: filling.name, score: score,
      units: units.enumerated().map { index, unit in
        .init(
          unit: unit.name, start: start + unit.range.lowerBound, end: start + unit.range.upperBound,
          leaveOneOut: leaveOneOut[index], shapley: shapley?.values[index], shapleyError: shapley?.errors?[index],
          sums: Dictionary(uniqueKeysWithValues: sums.map { ($0.space.rawValue, $0.values[index]) }))
      },
      erasure: erasures.isEmpty
        ? nil
        : Dictionary(
          uniqueKeysWithValues: erasures.map {
            ($0.ranking, .init(comprehensiveness: $0.erasure.comprehensiveness, sufficiency: $0.erasure.sufficiency))
          }), figures: files.figures, table: files.table)
  }

  /// Writes the figure and the table.
  func write(to folder: OutputFolder, as stem: String, figures: FigureFiles) throws -> UnitsFiles {
    let table = "\(stem).units.csv"
    try folder.write(CSV.text(of: csv), to: table)
    return UnitsFiles(
      figures: try figures.write(
        figure, to: folder, as: "\(stem).units",
        provenance: explained.provenance.merging(["Units": summary]) { $1 }), table: folder.file(table))
  }
}

/// The paths of what is written of a clip's units.
public struct UnitsFiles: Sendable {
  public let figures: [String]
  public let table: String
}
