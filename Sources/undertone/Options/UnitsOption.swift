import ArgumentParser
import AudioFeatures
import AudioFiles
import Foundation
import Attributions
import Models
import Reports

/// What is asked about the units that clips are made of.
struct UnitsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Also say what each unit of the clip is worth, and write clip.saliency.units.png and .csv: syllables, voiced (voiced and \
      unvoiced stretches), phrases (between pauses), edges (the first and the last syllable of phrases), or those of a \
      TextGrid, CTM or ELAN file, or of a folder in which the file has the clip's name. Pauses of 0.2 s or more are units \
      too. (default: none)
      """, valueName: "units"))
  var units: String?

  @Option(
    help: ArgumentHelp(
      "The tier of the file of --units. (default: the only one, or that of words)", valueName: "name"))
  var tier: String?

  @Option(
    help: ArgumentHelp(
      """
      What stands where a unit is taken out: silence, floor (noise like the clip's quietest tenth), neighbours (noise that \
      passes over from what is before to what is after), or file:PATH (another take, at the same part of it).
      """, valueName: "filling"))
  var filling = "floor"

  @Flag(
    help: """
      Also compute the units' Shapley values: exact for at most \(UnitShapley.mostExact) units (a prediction for each set of \
      them), sampled with a standard error for more.
      """)
  var shapley = false

  @Flag(
    help: """
      Also test each ranking of the units by taking out the first ones, and by leaving only these (comprehensiveness and \
      sufficiency, ERASER), beside random rankings.
      """)
  var erasure = false

  func validate() throws {
    guard units == nil else {
      if tier != nil, units.flatMap(UnitKind.init(rawValue:)) != nil {
        throw ValidationError("--tier needs a file in --units")
      }
      return
    }
    let unused = [
      ("--tier", tier != nil), ("--filling", filling != "floor"), ("--shapley", shapley), ("--erasure", erasure),
    ]
    if let option = unused.first(where: \.1)?.0 { throw ValidationError("\(option) needs --units") }
  }

  /// Nil where nothing is asked.
  func question(for model: TrainedModel, seed: UInt64) throws -> UnitsQuestion? {
    guard let units else { return nil }
    let source: UnitsSource
    if let kind = UnitKind(rawValue: units) {
      source = .found(kind)
    } else {
      guard FileManager.default.fileExists(atPath: units) else {
        let kinds = UnitKind.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--units: there is no file \"\(units)\", and no such kind; there is \(kinds)")
      }
      source = .annotated(units, tier: tier)
    }
    return UnitsQuestion(source, filling: try filling(for: model), shapley: shapley, erasure: erasure, seed: seed)
  }

  private func filling(for model: TrainedModel) throws -> UnitFilling {
    if filling.hasPrefix("file:") {
      let path = String(filling.dropFirst("file:".count))
      return .take(try readSpeech(path, for: model).samples, name: path)
    }
    guard let named = UnitFilling(filling) else {
      throw ValidationError("there is no filling \"\(filling)\"; there is silence, floor, neighbours, file:PATH")
    }
    return named
  }
}
