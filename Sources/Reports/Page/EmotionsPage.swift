import Attributions
import Corpora
import Figures
import Foundation
import Models

/// The page of what a model hears by emotion: what all clips say together, the sheets, and some clips to listen to.
public struct EmotionsPage {
  /// Clips of each emotion that can be listened to.
  public static let clipsOfEmotion = 3

  public private(set) var page: Page
  private let selection: ClipSelection

  public init(_ selection: ClipSelection) {
    self.selection = selection
    page = Page(title: "What the model \(selection.model.name) hears, by emotion", provenance: selection.provenance)
  }

  /// A sheet.
  public mutating func add(_ sheet: ContactSheet) throws { try page.add(sheet) }

  /// A clip to listen to.
  public mutating func add(_ explanation: Explanation, _ samples: [Float], _ entry: Manifest.Entry) {
    page.clips.append(
      PageClip(
        name: URL(fileURLWithPath: entry.path).lastPathComponent, samples: samples,
        explanations: [(selection.model.name, explanation)], truth: entry.emotion.rawValue))
  }

  /// What all clips say together, which goes before the sheets.
  public mutating func add(_ report: ProfilesReport) throws {
    let sheets = page.sections
    page.sections = []
    try page.add(report.figure)
    try page.add(report.measuresFigure)
    page.addTable("What the report says, on these clips", report.claimRows)
    page.addTable("Measures", report.emotionRows)
    page.addTable("Profiles", report.profileRows)
    if !page.clips.isEmpty { page.sections.append(.clips) }
    page.sections += [.text(heading: "Sheets", lines: [])] + sheets
  }
}
