import ArgumentParser
import Figures
import Foundation
import Reports

/// How figures are written.
struct FigureOption: ParsableArguments {
  @Option(help: "Figure formats: png, svg, pdf; separate several with commas. (default: png)")
  var format: String?

  @Option(
    help: ArgumentHelp(
      """
      The figure's width on paper in in, cm, mm or pt, as 3.3in or 84mm for a journal's column; heights follow. \
      (default: 8.33in)
      """, valueName: "length"), transform: PaperLength.init)
  var width: PaperLength?

  @Option(
    help: ArgumentHelp(
      "The size of the numbers along the axes, the smallest text, as 7. (default: 7.1)", valueName: "points"))
  var fontSize: Double?

  @Option(help: "PNG resolution: 1 = 96 dpi, 2 = 192 dpi. (default: 2; 300 dpi with --width)")
  var scale: Double?

  func validate() throws {
    guard (0.25...8).contains(scale ?? 1) else { throw ValidationError("--scale must lie between 0.25 and 8") }
    guard Self.fontSizes.contains(fontSize ?? Self.fontSizes.lowerBound) else {
      throw ValidationError("--font-size must lie between 4 and 24 points")
    }
    guard layout.hasRoom else {
      throw ValidationError("--width \(width?.text ?? "8.33in") is too narrow for text of --font-size \(pointsText)")
    }
  }

  private static let fontSizes = 4.0...24

  private var pointsText: String {
    (fontSize ?? FigureLayout.fontSize).formatted(.number.precision(.fractionLength(0...1)))
  }

  var layout: FigureLayout {
    FigureLayout(
      inches: width?.inches ?? FigureLayout.inches, fontSize: fontSize ?? FigureLayout.fontSize)
  }

  /// - Parameter unnamed: The formats where none is named.
  func files(unnamed: [FigureFormat] = [.png]) throws -> FigureFiles {
    FigureFiles(
      formats: try format.map { try several($0, kind: "format") } ?? unnamed,
      scale: scale ?? (width == nil ? 2 : FigureFiles.printScale), layout: layout)
  }
}

/// A length on paper with its unit: "3.3in", "84mm".
struct PaperLength {
  let inches: Double
  /// As it was given.
  let text: String

  private static let units = ["in": 1, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72.0]
  private static let bounds = 2.0...20

  init(_ text: String) throws {
    guard let unit = Self.units.first(where: { text.hasSuffix($0.key) }),
      let number = Double(text.dropLast(unit.key.count))
    else { throw ValidationError("it needs a number with its unit, in, cm, mm or pt, as 3.3in") }
    inches = number * unit.value
    guard Self.bounds.contains(inches) else { throw ValidationError("it must lie between 2in and 20in") }
    self.text = text
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

  /// The formats, the size and the overlay.
  func files() throws -> FigureFiles {
    var files = try figure.files()
    files.overlay = overlay
    return files
  }
}

extension AttributionOverlay: ExpressibleByArgument {}
