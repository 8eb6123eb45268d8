import ArgumentParser
import Figures
import Reports

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

/// The options of figures with attributions on them.
struct OverlaidFigureOption: ParsableArguments {
  @OptionGroup var figure: FigureOption

  @Option(
    help: ArgumentHelp(
      """
      How attributions are shown: alpha (colours over the grey spectrogram, only the strongest fifth), contour (lines \
      around the strongest 20, 5 and 1 %), side (the spectrogram, and under it the attribution).
      """))
  var overlay = AttributionOverlay.standard

  func files() throws -> FigureFiles {
    var files = try figure.files()
    files.overlay = overlay
    return files
  }
}

extension AttributionOverlay: ExpressibleByArgument {}
