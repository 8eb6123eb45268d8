import Corpora
import Foundation
import Models

/// Table 4 of the report: accuracy and macro F1 of each model on clips that it has not learned from, where there are several
/// runs as means and standard deviations (with n − 1).
public struct RunsTable {
  public enum Format: String, CaseIterable, Sendable { case markdown, latex, csv }

  private struct Row {
    let name: String
    let results: [(accuracy: Double, macroF1: Double)]

    /// Of accuracy and of macro F1; there is no deviation of a single run.
    var columns: [(mean: Double, deviation: Double?)] {
      [results.map { $0.accuracy }, results.map { $0.macroF1 }].map { values in
        (values.statistics.mean, values.count > 1 ? values.statistics.deviation : nil)
      }
    }
  }

  private let rows: [Row]
  /// Folders without scores: trained without validation, or without classes.
  public let leftOut: [String]

  public init(_ runs: [ListedRun]) {
    leftOut = runs.filter(\.results.isEmpty).map(\.folder)
    var groups: [[ListedRun]] = []
    for run in runs where !run.results.isEmpty {
      if let index = groups.firstIndex(where: { $0[0].kind == run.kind }) {
        groups[index].append(run)
      } else {
        groups.append([run])
      }
    }
    let order = EmotionModels.names
    func place(_ group: [ListedRun]) -> Int { order.firstIndex(of: group[0].architecture) ?? order.count }
    groups = groups.enumerated().sorted { (place($0.element), $0.offset) < (place($1.element), $1.offset) }
      .map(\.element)
    // As much of a name as tells its row from the others.
    let names: [(ListedRun) -> String] = [
      { $0.title }, { "\($0.title) (\($0.recipe))" }, { "\($0.title) (\($0.folder))" },
    ]
    rows = groups.map { group in
      let own = names.first { name in groups.count { name($0[0]) == name(group[0]) } == 1 } ?? names[2]
      return Row(name: own(group[0]), results: group.flatMap(\.results))
    }
  }

  public var isEmpty: Bool { rows.isEmpty }

  private var hasSeveral: Bool { rows.contains { $0.results.count > 1 } }

  /// The table with its header; the number of runs stands there where a row has more than one.
  public func text(_ format: Format) -> String {
    switch format {
    case .markdown:
      let lines = cells.map { "| \($0.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |" }
      let rule = "| --- |" + String(repeating: " ---: |", count: hasSeveral ? 3 : 2)
      return ([lines[0], rule] + lines.dropFirst()).joined(separator: "\n")
    case .latex:
      let lines = cells.map { row in
        row.map { Self.latex($0).replacing("±", with: "$\\pm$") }.joined(separator: " & ") + " \\\\"
      }
      let columns = hasSeveral ? "lrrr" : "lrr"
      return
        (["\\begin{tabular}{\(columns)}", "\\hline", lines[0], "\\hline"] + lines.dropFirst() + [
          "\\hline", "\\end{tabular}",
        ]).joined(separator: "\n")
    case .csv:
      let header = ["model", "accuracy", "accuracy_deviation", "f1_macro", "f1_macro_deviation", "runs"]
      let lines = rows.map { row in
        [row.name] + row.columns.flatMap { ["\($0.mean)", $0.deviation.map { "\($0)" } ?? ""] }
          + ["\(row.results.count)"]
      }
      return ([header] + lines).map(CSV.line).joined(separator: "\n")
    }
  }

  private var cells: [[String]] {
    func number(_ value: Double) -> String { String(format: "%.4f", value) }
    let header = ["Model", "Accuracy", "F1 Macro"] + (hasSeveral ? ["Runs"] : [])
    return [header]
      + rows.map { row in
        [row.name] + row.columns.map { number($0.mean) + ($0.deviation.map { " ± \(number($0))" } ?? "") }
          + (hasSeveral ? ["\(row.results.count)"] : [])
      }
  }

  /// Text in which nothing is a command of LaTeX.
  private static func latex(_ text: String) -> String {
    text.map { character in
      switch character {
      case "&", "%", "$", "#", "_", "{", "}": "\\\(character)"
      case "\\": "\\textbackslash{}"
      case "~": "\\textasciitilde{}"
      case "^": "\\textasciicircum{}"
      default: String(character)
      }
    }.joined()
  }
}
