import ArgumentParser
import Figures

/// How figures are written.
struct FigureOption: ParsableArguments {
  @Option(help: "Figure formats: png, svg, pdf; separate several with commas. (default: png)")
  var format: String?

  @Option(help: "PNG resolution: 1 = 96 dpi, 2 = 192 dpi.")
  var scale = 2.0

  func validate() throws {
    guard scale >= 0.25, scale <= 8 else { throw ValidationError("--scale must lie between 0.25 and 8") }
  }

  /// - Parameter unnamed: The formats where none is named.
  func files(unnamed: [FigureFormat] = [.png]) throws -> FigureFiles {
    FigureFiles(formats: try format.map { try several($0, kind: "format") } ?? unnamed, scale: scale)
  }
}

/// The files that a figure becomes.
struct FigureFiles {
  let formats: [FigureFormat]
  let scale: Double

  /// Writes a figure in each format, and returns where.
  func write(
    _ figure: any Figure, to folder: OutputFolder, as stem: String, provenance: [String: String]
  ) throws -> [String] {
    try formats.map { format in
      let path = folder.file("\(stem).\(format.rawValue)")
      try figure.write(to: path, as: format, scale: scale, provenance: provenance)
      return path
    }
  }
}
