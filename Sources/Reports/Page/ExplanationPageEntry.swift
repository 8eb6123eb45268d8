import Attributions
import Basics
import Figures
import Foundation
import Models

/// A clip of an ``ExplanationPage``, with what there was room for as it was made. A page with less room has less of it.
struct ExplanationPageEntry: Codable, Sendable {
  private struct Method: Codable {
    let figure: PagePart<PageFigure?>
    let remarks: [String]
    let units: Units?
  }

  fileprivate struct Units: Codable {
    let figure: PagePart<PageFigure?>
    let caption: String
    /// A row for each unit, the header first.
    let rows: [[String]]
    /// Whether the sounds are this method's to show; they are those of every method.
    let hasSounds: Bool
    let soundBytes: Int
    let sounds: PagePart<Sounds?>
    let erasureCaption: String
    /// A row for each ranking; empty where that was not asked for.
    let erasures: [[String]]
  }

  /// Each unit alone, and the clip without it.
  fileprivate struct Sounds: Codable, Sendable {
    let alone, without: [PageSound]
  }

  private let clip: PageClip
  /// What there is to know of the clip before its explanation is believed.
  let warning: String?
  private let methods: [Method]
  /// The clip's views for other targets, and what they take in a page, as far as can be told before they are made.
  private let others: PagePart<[PageClip.View]?>
  private let otherBytes: Int
  /// A row for each class, and for each dimension.
  private let probabilities, values: [[String]]

  /// - Parameters:
  ///   - reports: As of ``ExplanationPage/add(_:samples:others:)``.
  ///   - extras: What there is room for.
  ///   - told: How an error of such a thing is told, which is kept; nil where it is thrown.
  init(
    _ reports: [(report: ExplanationReport, listening: Listening?, units: UnitsReport?)], samples: [Float],
    model: TrainedModel, overlay: AttributionOverlay, _ extras: inout PageExtras,
    told: ((any Error) -> ToldError)?, others: () throws -> [Explanation]
  ) throws {
    let (first, window) = (reports[0].report.explanation, reports[0].report.window)
    let clip = try PageClip(
      name: shownName(reports[0].report.file), samples: samples,
      explanations: reports.map { .init(model.name, $0.report.explanation, listening: $0.listening) }, window: window)
    self.clip = clip
    warning = first.resemblance?.warning.map { "\(clip.name): \($0)" }
    methods = try reports.map { report, _, units in
      let figure = try PagePart(told) {
        try extras.figure(of: clip.name) {
          try PageFigure(report.figure.overlaid(overlay), description: report.words)
        }
      }
      return Method(
        figure: figure, remarks: report.remarks,
        units: try units.map {
          try Units($0, of: clip.name, hasSounds: report.explanation.method == first.method, &extras, told)
        })
    }
    let otherBytes = clip.viewBytes * (model.outputs.count - 1)
    self.otherBytes = otherBytes
    self.others = try PagePart(told) {
      guard extras.takesTargets(of: clip.name, bytes: otherBytes) else { return nil }
      var whole = clip
      try whole.add(others().map { .init(model.name, $0) })
      return Array(whole.views.dropFirst(clip.views.count))
    }
    func rows(_ names: [String], _ numbers: [Double]) -> [[String]] {
      zip(names, numbers).map { [$0, String(format: "%.3f", $1)] }
    }
    probabilities = rows(first.classes, first.probabilities)
    values = rows(first.dimensions, first.values)
  }

  /// Adds the clip to a page, as far as that has room.
  /// - Throws: The error of what it has room for and could not be made.
  func add(to page: inout Page, _ extras: inout PageExtras) throws(ToldError) {
    var clip = clip
    for method in methods {
      try method.figure.add(to: &page, of: clip.name, &extras)
      if !method.remarks.isEmpty { page.sections.append(.text(heading: "", lines: method.remarks)) }
      try method.units?.add(to: &page, of: clip.name, &extras)
    }
    if extras.takesTargets(of: clip.name, bytes: otherBytes) { try others.content?.forEach { clip.add($0) } }
    page.clips.append(clip)
    func addTable(_ caption: String, _ header: [String], _ rows: [[String]]) {
      guard !rows.isEmpty else { return }
      page.addTable("\(caption) in \(clip.name)", [header] + rows)
    }
    addTable("Probabilities", ["emotion", "probability"], probabilities)
    addTable("Values", ["dimension", "value"], values)
  }
}

extension PagePart<PageFigure?> {
  /// Adds a figure of a clip to a page, if that has room.
  fileprivate func add(to page: inout Page, of clip: String, _ extras: inout PageExtras) throws(ToldError) {
    let figure = try extras.figure(of: clip) { () throws(ToldError) in try content }
    if let figure { page.sections.append(.figure(figure)) }
  }
}

extension ExplanationPageEntry.Units {
  fileprivate init(
    _ units: UnitsReport, of clip: String, hasSounds: Bool, _ extras: inout PageExtras,
    _ told: ((any Error) -> ToldError)?
  ) throws {
    figure = try PagePart(told) {
      try extras.figure(of: clip) { try PageFigure(units.figure, description: units.words) }
    }
    caption = "Units in \(clip), \(units.explained.explanation.method)"
    var rows = units.csv
    rows[0] = rows[0].map { $0.replacing("_", with: " ") }
    self.rows = rows
    (self.hasSounds, soundBytes) = (hasSounds, units.soundBytes)
    sounds = try PagePart(told) {
      guard hasSounds, extras.takesSounds(of: clip, bytes: units.soundBytes) else { return nil }
      let found = try units.sounds()
      return .init(alone: found.alone, without: found.without)
    }
    erasureCaption =
      "Fall of the \(units.measured) in \(clip) without the first units of a ranking, and with them alone"
    erasures = units.erasures.map { ranking, erasure in
      [ranking] + [erasure.comprehensiveness, erasure.sufficiency].map { String(format: "%.3f", $0) }
    }
  }

  /// Adds the units as a figure, and as a table whose rows play each unit and the clip without it.
  fileprivate func add(to page: inout Page, of clip: String, _ extras: inout PageExtras) throws(ToldError) {
    try figure.add(to: &page, of: clip, &extras)
    if hasSounds, extras.takesSounds(of: clip, bytes: soundBytes), let sounds = try sounds.content {
      page.sections.append(
        .playable(
          caption: caption, header: rows[0], rows: rows.dropFirst().map { $0.map(fourDigits) },
          sounds: [("alone", sounds.alone), ("without", sounds.without)], order: nil))
    } else {
      page.addTable(caption, rows)
    }
    if !erasures.isEmpty { page.addTable(erasureCaption, [["ranking", "without", "alone"]] + erasures) }
  }
}
