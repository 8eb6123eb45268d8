import Attributions
import Basics
import Figures
import Foundation

/// The page of a comparison: how far the models agree, the clips' figures as printed, and the view that switches models,
/// methods and targets.
public struct ComparisonPage {
  public private(set) var page: Page
  private let reports: [ComparisonReport]
  private var ofClips: [Page.Section] = []
  private var extras = PageExtras()

  /// - Parameter reports: By method, of the same models.
  public init(_ reports: [ComparisonReport], overlay: AttributionOverlay = .standard) {
    self.reports = reports
    page = Page(
      title: "Explanations of " + reports[0].comparer.models.map(\.name).joined(separator: ", "),
      provenance: reports[0].provenance(), overlay: overlay)
  }

  /// Adds a clip with its figures, by method; where there is no room for more clips, nothing.
  public mutating func add(
    _ compared: [ComparedClip], clips: [Clip], samples: [Float], figures: [any Figure], truth: String?,
    trueValues: [String: Double] = [:]
  ) throws {
    guard page.clips.count < ExplanationPage.room else { return }
    let models = reports[0].comparer.models
    var clip = try PageClip(
      name: shownName(compared[0].path), samples: samples, models: models.map(\.name),
      comparisons: compared, truth: truth, trueValues: trueValues)
    for figure in figures {
      let own = try extras.figure(of: compared[0].path) { try PageFigure(figure.overlaid(page.overlay)) }
      if let own { ofClips.append(.figure(own)) }
    }
    // Every output that all models have, so that the page can switch.
    let targets = models[0].outputs.filter { name in models.allSatisfy { $0.outputs.contains(name) } }
    if extras.takesTargets(of: compared[0].path, bytes: clip.viewBytes * targets.count) {
      for report in reports {
        for target in targets {
          let comparison = try report.comparer.compare(clips, path: compared[0].path) {
            $0.outputs.firstIndex(of: target)
          }
          try clip.add([comparison], of: models.map(\.name))
        }
      }
    }
    page.clips.append(clip)
  }

  /// Adds the summary of all clips before the single ones.
  /// - Parameter warnings: What there is to know of the clips before the results are believed.
  public mutating func finish(_ summaries: [AgreementSummary], clipRows: [[String]], warnings: [String]) throws {
    page.sections += .warnings(warnings)
    if !page.clips.isEmpty { page.sections.append(.clips) }
    page.sections.append(.text(heading: "All clips", lines: []))
    for (report, summary) in zip(reports, summaries) { try page.add(report.figure(summary)) }
    page.addTable("Agreement", ComparisonReport.rows(Array(zip(reports, summaries))))
    page.addTable("Clips", clipRows)
    if !ofClips.isEmpty { page.sections.append(.text(heading: "Each clip", lines: [])) }
    page.sections += ofClips + extras.words
  }
}
