import Attributions
import Corpora
import Figures

/// The files that a comparison becomes: figures of clips and of all of them together, tables, and a page.
public struct ComparisonFiles {
  private let reports: [ComparisonReport]
  private var folder: OutputFolder
  private let figures: FigureFiles
  private var page: ComparisonPage?

  /// - Parameter reports: By method, of the same models.
  public init(_ reports: [ComparisonReport], in folder: OutputFolder, figures: FigureFiles, hasPage: Bool) {
    (self.reports, self.folder, self.figures) = (reports, folder, figures)
    page = hasPage ? ComparisonPage(reports, overlay: figures.overlay) : nil
  }

  /// Writes the figures of a clip, and returns their paths; those of an interrupted run are there already.
  public mutating func write(_ clip: ComparisonJob.Plotted) throws -> [String] {
    let (item, stem) = (clip.item, folder.stem(for: clip.item.path))
    guard !clip.compared.isEmpty else { return [] }
    let truth = item.truth?.rawValue
    var plotted: [(figure: any Figure, name: String, provenance: [String: String])] = []
    for (report, found) in zip(reports, clip.compared) {
      plotted.append(
        (
          report.figure(found, truth: truth, trueValues: item.trueValues), "\(stem).\(report.method)",
          report.provenance(item.path)
        ))
    }
    for own in clip.clips {
      guard let figure = reports[0].attentionFigure(own, path: item.path) else { continue }
      let name = "\(stem).attention-\(own.model.name.replacing("/", with: "-"))"
      plotted.append((figure, name, reports[0].provenance(item.path)))
    }
    try page?.add(
      clip.compared, clips: clip.clips, samples: clip.samples, figures: plotted.map(\.figure), truth: truth,
      trueValues: item.trueValues)
    guard !clip.isAgain else { return [] }
    return try plotted.flatMap { try figures.write($0.figure, to: folder, as: $0.name, provenance: $0.provenance) }
  }

  /// Writes the figures, the tables and the page of all clips.
  /// - Returns: The paths of all figures, those of single clips too, and of the page.
  public mutating func write(_ result: ComparisonJob.Result) throws -> (figures: [String], page: String?) {
    let found = Array(zip(reports, result.summaries))
    let own = try found.flatMap { report, summary in
      try figures.write(
        report.figure(summary), to: folder, as: "agreement.\(report.method)", provenance: report.provenance())
    }
    try folder.write(CSV.text(of: ComparisonReport.rows(found)), to: "agreement.csv")
    try folder.write(CSV.text(of: result.rows), to: "clips.csv")
    try page?.finish(result.summaries, clipRows: result.rows, warnings: result.warnings)
    return (result.figures + own, try page.map { try folder.write($0.page, named: "compare") })
  }
}
