import ArgumentParser
import Corpora
import Reports

/// The options of a command that measures something on the clips of a manifest, and how its results are written.
struct MeasurementOptions: ParsableArguments {
  @Option(help: .manifest())
  var data: String

  @OptionGroup var drawing: FigureOption

  @OptionGroup var threads: ThreadOption

  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  /// Writes the figure and the table under a name, and prints the line of JSON, or the text with the paths.
  func write(_ report: some MeasurementReport, text: String, to folder: OutputFolder, named name: String) throws {
    let figures = try drawing.files().write(report.figure, to: folder, as: name, provenance: report.provenance)
    try folder.write(CSV.text(of: report.csv), to: "\(name).csv")
    try Console.print(
      json
        ? report.json(figures: figures) : ([text] + figures + ["\(folder.path)/\(name).csv"]).joined(separator: "\n"))
  }
}
