import Figures

/// What was measured on the clips of a manifest: a figure, a table, and one line of JSON.
public protocol MeasurementReport {
  associatedtype Drawn: Figure
  var figure: Drawn { get }
  /// The entries from which the figure can be made again.
  var provenance: [String: String] { get }
  /// The table, its header first.
  var csv: [[String]] { get }
  /// - Parameter figures: The figures written.
  func json(figures: [String]) throws -> String
}
