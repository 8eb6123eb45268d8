import Attributions
import Corpora
import Figures
import Foundation
import Models

/// The page of a model's explanations by emotion: the summary of all clips, the sheets, and some clips to listen to.
public struct EmotionsPage {
  /// Clips of each emotion that can be listened to.
  public static let clipsOfEmotion = 3

  public private(set) var page: Page
  private let selection: ClipSelection

  public init(_ selection: ClipSelection, overlay: AttributionOverlay = .standard) {
    self.selection = selection
    page = Page(
      title: "Explanations of the model \(selection.model.name), by emotion", provenance: selection.provenance,
      overlay: overlay)
  }

  /// Adds a sheet.
  public mutating func add(_ sheet: ContactSheet) throws { try page.add(sheet) }

  /// Adds a clip to listen to.
  public mutating func add(_ explanation: Explanation, _ samples: [Float], _ entry: Manifest.Entry) throws {
    page.clips.append(
      try PageClip(
        name: URL(fileURLWithPath: entry.path).lastPathComponent, samples: samples,
        explanations: [.init(selection.model.name, explanation)],
        truth: entry.emotion == .none ? nil : entry.emotion.rawValue,
        trueValues: entry.values(of: selection.model.dimensions)))
  }

  /// Adds the summary of all clips before the sheets.
  /// - Parameter warnings: What there is to know of the clips before the results are believed.
  public mutating func add(_ report: ProfilesReport, clipRows: [[String]], warnings: [String]) throws {
    let sheets = page.sections
    page.sections = .warnings(warnings)
    try page.add(report.figure)
    try page.add(report.measuresFigure)
    if selection.explainsEmotions {
      page.addTable("Claims of the report, tested on these clips", report.claimRows)
    }
    page.addTable("Clips", clipRows)
    page.addTable("Measures", report.emotionRows)
    page.addTable("Profiles", report.profileRows)
    if !page.clips.isEmpty { page.sections.append(.clips) }
    page.sections += [.text(heading: "Sheets", lines: [])] + sheets
  }
}
