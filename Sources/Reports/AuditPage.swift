import Attributions
import Basics

extension AuditReport {
  /// The verdicts, the figure, and all tables.
  public func page() throws -> Page {
    var page = Page(title: "What \(model.name) leans on that is not emotion", provenance: provenance)
    page.addTable(
      "Verdicts on \(clipsWords)",
      [["topic", "verdict", "what was found"]]
        + AuditFinding.Verdict.allCases.flatMap { verdict in
          findings(verdict).map { [$0.topic, $0.verdict.rawValue, $0.words] }
        })
    page.sections.append(.text(heading: "The rules", lines: rules.sentences))
    try page.add(figure)
    page.addTable("Changes of the clips", changeRows)
    page.addTable(
      "What the changes are",
      [["change", "what it is"]] + AuditIntervention.allCases.map { [$0.rawValue, $0.summary] })
    page.addTable("What the steady noise of an emotion does", noiseRows)
    if !leakage.associations.isEmpty {
      page.addTable("How well a column alone tells the emotion", associationRows)
    }
    for own in gaps where !own.groups.isEmpty { page.addTable("By \(own.column)", Self.rows(of: own)) }
    page.addTable("Groups of saliency maps", clusterRows)
    return page
  }

  /// The header first.
  var associationRows: [[String]] {
    [["column", "clips", "uar", "chance", "p"]]
      + leakage.associations.map { [$0.column, "\($0.clips)", String($0.recall), String($0.chance), String($0.p)] }
  }

  /// A row for each group, and one for the difference of the best and the worst; the header first.
  public static func rows(of gaps: AuditGaps) -> [[String]] {
    let groups = gaps.groups.map { group in
      [group.name, "\(group.clips)"] + group.recall.cells
        + [group.calibrationError, group.silent, group.centroid].map { $0.map { String($0) } ?? "" }
    }
    let gap = gaps.gap.map { gap in
      [[gap.name, ""] + gap.recall.cells]
        .map { $0 + [gap.calibrationError, gap.silent, gap.centroid].map { $0.map(Self.words) ?? "" } }
    }
    return [["group", "clips", "uar", "low", "high", "calibration error", "on silence", "centroid (Hz)"]] + groups
      + (gap ?? [])
  }

  /// "0.12 (0.01 to 0.2)".
  private static func words(_ estimate: Estimate) -> String {
    let mean = fourDigits(String(estimate.mean))
    guard let low = estimate.low, let high = estimate.high else { return mean }
    return "\(mean) (\(fourDigits(String(low))) to \(fourDigits(String(high))))"
  }

  /// The header first.
  var clusterRows: [[String]] {
    [
      [
        "group", "clips", "predicted", "of them", "silhouette", "on silence", "eighth of the mels", "share",
        "in others",
      ]
    ]
      + clusters.clusters.enumerated().map { number, own in
        ["\(number + 1)", "\(own.clips)", model.classes[own.predicted], "\(own.ofPredicted)"]
          + [String(own.silhouette), String(own.silent), "\(own.band + 1)"]
          + [String(own.bandShare), String(own.bandShareOfOthers)]
      }
  }
}
