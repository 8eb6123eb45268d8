import Attributions
import Basics
import Figures
import Foundation
import Models

/// The page of clips that one model was explained on: each clip's figures as printed, and the view that switches methods and
/// targets.
public struct ExplanationPage {
  /// Clips that a page has room for.
  public static let room = 24

  /// Clips for which there was no room.
  public private(set) var leftOut = 0
  private var unfinished: Page
  private var extras = PageExtras()
  /// What there is to know of each clip before its explanation is believed.
  private var warnings: [String] = []
  private let model: TrainedModel

  public init(model: TrainedModel, source: String, overlay: AttributionOverlay = .standard) {
    self.model = model
    unfinished = Page(
      title: "Explanations of the model \(model.name)", provenance: model.provenance(source: source), overlay: overlay)
    unfinished.sections = [.clips]
  }

  /// The page of what was added.
  public var page: Page {
    var page = unfinished
    page.sections = .warnings(warnings) + page.sections + extras.words
    return page
  }

  /// - Parameters:
  ///   - reports: Of one clip by each method, with the sounds that each makes of it and what it says of the units, if
  ///     anything; at least one.
  ///   - others: The clip explained for other targets, asked for only where there is room.
  public mutating func add(
    _ reports: [(report: ExplanationReport, listening: Listening?, units: UnitsReport?)], samples: [Float],
    others: () throws -> [Explanation]
  ) throws {
    guard unfinished.clips.count < Self.room else {
      leftOut += 1
      return
    }
    let (first, window) = (reports[0].report.explanation, reports[0].report.window)
    let file = shownName(reports[0].report.file)
    var clip = try PageClip(
      name: file, samples: samples,
      explanations: reports.map { .init(model.name, $0.report.explanation, listening: $0.listening) }, window: window)
    if let warning = first.resemblance?.warning { warnings.append("\(clip.name): \(warning)") }
    for (report, _, units) in reports {
      if extras.takesFigure(of: clip.name) {
        let figure = try Page.Section(report.figure.overlaid(unfinished.overlay), description: report.words)
        unfinished.sections.append(figure)
        extras.count(figure)
      }
      if !report.remarks.isEmpty { unfinished.sections.append(.text(heading: "", lines: report.remarks)) }
      // The sounds are those of every method.
      if let units { try add(units, of: clip.name, hasSounds: report.explanation.method == first.method) }
    }
    if extras.takesTargets(of: clip.name, bytes: clip.viewBytes * (model.outputs.count - 1)) {
      try clip.add(others().map { .init(model.name, $0) })
    }
    unfinished.clips.append(clip)
    func addTable(_ caption: String, _ names: [String], _ header: [String], _ numbers: [Double]) {
      guard !names.isEmpty else { return }
      unfinished.addTable(
        "\(caption) in \(clip.name)", [header] + zip(names, numbers).map { [$0, String(format: "%.3f", $1)] })
    }
    addTable("Probabilities", first.classes, ["emotion", "probability"], first.probabilities)
    addTable("Values", first.dimensions, ["dimension", "value"], first.values)
  }

  /// The units of a clip as a figure, and as a table whose rows play each unit and the clip without it.
  private mutating func add(_ units: UnitsReport, of clip: String, hasSounds: Bool) throws {
    if extras.takesFigure(of: clip) {
      let figure = try Page.Section(units.figure, description: units.words)
      unfinished.sections.append(figure)
      extras.count(figure)
    }
    let caption = "Units in \(clip), \(units.explained.explanation.method)"
    var rows = units.csv
    rows[0] = rows[0].map { $0.replacing("_", with: " ") }
    defer {
      if !units.erasures.isEmpty {
        unfinished.addTable(
          "Fall of the \(units.measured) in \(clip) without the first units of a ranking, and with them alone",
          [["ranking", "without", "alone"]]
            + units.erasures.map { ranking, erasure in
              [ranking] + [erasure.comprehensiveness, erasure.sufficiency].map { String(format: "%.3f", $0) }
            })
      }
    }
    guard hasSounds, extras.takesSounds(of: clip, bytes: units.soundBytes) else {
      return unfinished.addTable(caption, rows)
    }
    let sounds = try units.sounds()
    unfinished.sections.append(
      .playable(
        caption: caption, header: rows[0], rows: rows.dropFirst().map { $0.map(fourDigits) },
        sounds: [("alone", sounds.alone), ("without", sounds.without)], order: nil))
  }
}
