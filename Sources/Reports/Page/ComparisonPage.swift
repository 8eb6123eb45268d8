import Attributions
import Figures
import Foundation

/// The page of a comparison: how far the models agree, the clips' figures as printed, and the view that switches models and
/// targets.
public struct ComparisonPage {
  public private(set) var page: Page
  private let report: ComparisonReport
  private var ofClips: [Page.Section] = []

  public init(_ report: ComparisonReport) {
    self.report = report
    page = Page(
      title: "What " + report.comparer.models.map(\.name).joined(separator: ", ") + " heard",
      provenance: report.provenance())
  }

  /// A clip, with its figures; where there is no room for more clips, nothing.
  public mutating func add(
    _ clip: ComparedClip, samples: [Float], figures: [any Figure], truth: String?
  ) throws {
    guard page.clips.count < ExplanationPage.room else { return }
    // Every emotion that all models know, so that the page can switch.
    let models = report.comparer.models
    let targets = models[0].classes.filter { name in models.allSatisfy { $0.classes.contains(name) } }
    var comparisons = [clip]
    for target in targets {
      comparisons.append(
        try report.comparer.compare(samples, path: clip.path) { $0.classes.firstIndex(of: target) })
    }
    page.clips.append(
      PageClip(
        name: URL(fileURLWithPath: clip.path).lastPathComponent, samples: samples, models: models.map(\.name),
        comparisons: comparisons, truth: truth))
    for figure in figures { ofClips.append(try .init(figure)) }
  }

  /// What there is to say of all clips goes before each of them.
  public mutating func finish(_ summary: AgreementSummary, clipRows: [[String]]) throws {
    if !page.clips.isEmpty { page.sections.append(.clips) }
    page.sections.append(.text(heading: "All clips", lines: []))
    try page.add(report.figure(summary))
    page.addTable("Agreement", report.rows(summary))
    page.addTable("Clips", clipRows)
    if !ofClips.isEmpty { page.sections.append(.text(heading: "Each clip", lines: [])) }
    page.sections += ofClips
  }
}
