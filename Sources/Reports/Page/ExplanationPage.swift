import Attributions
import Figures
import Foundation
import Models

/// The page of clips that one model was explained on: each clip's figures as printed, and the view that switches methods and
/// targets.
public struct ExplanationPage {
  /// Clips that a page has room for: one takes up to 1 MB.
  public static let room = 24

  public private(set) var page: Page
  /// Clips for which there was no room.
  public private(set) var leftOut = 0
  private let model: TrainedModel

  public init(model: TrainedModel, source: String, overlay: AttributionOverlay = .standard) {
    self.model = model
    page = Page(
      title: "Explanations of the model \(model.name)", provenance: model.provenance(source: source), overlay: overlay)
    page.sections = [.clips]
  }

  /// - Parameters:
  ///   - reports: Of one clip by each method; at least one.
  ///   - others: The clip explained for other targets, asked for only where there is room.
  public mutating func add(
    _ reports: [ExplanationReport], samples: [Float], others: () throws -> [Explanation]
  ) throws {
    guard page.clips.count < Self.room else {
      leftOut += 1
      return
    }
    let name = ExplanationReport.place(URL(fileURLWithPath: reports[0].file).lastPathComponent, reports[0].window)
    let explanations = reports.map(\.explanation) + (try others())
    page.clips.append(
      try PageClip(name: name, samples: samples, explanations: explanations.map { (model.name, $0) }))
    for report in reports {
      try page.add(report.figure, description: report.words)
      if !report.remarks.isEmpty { page.sections.append(.text(heading: "", lines: report.remarks)) }
    }
    let first = explanations[0]
    func addTable(_ caption: String, _ names: [String], _ header: [String], _ numbers: [Double]) {
      guard !names.isEmpty else { return }
      page.addTable(
        "\(caption) in \(name)", [header] + zip(names, numbers).map { [$0, String(format: "%.3f", $1)] })
    }
    addTable("Probabilities", first.classes, ["emotion", "probability"], first.probabilities)
    addTable("Values", first.dimensions, ["dimension", "value"], first.values)
  }
}
