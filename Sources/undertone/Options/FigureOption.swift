import ArgumentParser
import Figures
import Foundation
import Reports

/// How figures are written.
struct FigureOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Figure formats: png, svg, pdf; separate several with commas. (default: png)", valueName: "formats"))
  var format: String?

  @OptionGroup var size: FigureSizeOption

  func files() throws -> FigureFiles {
    try size.files(format.map { try several($0, kind: "format") } ?? [.png])
  }
}

/// How figures are written by a command that plots only where it is asked to.
struct RequestedFigureOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Also plot figures, in these formats: png, svg, pdf; separate several with commas. (default: no figures)",
      valueName: "formats"))
  var format: String?

  @OptionGroup var size: FigureSizeOption

  func validate() throws {
    guard format == nil, let option = size.given else { return }
    throw ValidationError("\(option) is of figures, and none are plotted: it needs --format")
  }

  /// The formats are empty where none is named.
  func files() throws -> FigureFiles {
    try size.files(format.map { try several($0, kind: "format") } ?? [])
  }
}

/// The size of figures and of their text.
struct FigureSizeOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The figure's width on paper in in, cm, mm or pt, \(short(PaperLength.bounds.lowerBound))in to \
      \(short(PaperLength.bounds.upperBound))in, such as 84mm for a journal's column; heights follow. Text of the \
      default size needs \(short(FigureLayout.leastInches(fontSize: FigureLayout.fontSize)))in. \
      (default: \(standardWidth))
      """, valueName: "length"), transform: PaperLength.init)
  var width: PaperLength?

  @Option(
    help: ArgumentHelp(
      """
      The size of the numbers along the axes, the smallest text: \(short(fontSizes.lowerBound)) to \
      \(short(fontSizes.upperBound)) points. (default: \(short(FigureLayout.fontSize)))
      """, valueName: "points"))
  var fontSize: Double?

  @Option(
    help: ArgumentHelp(
      """
      The resolution of PNG in units of 96 dpi: \(scales.lowerBound) to \(short(scales.upperBound)). \
      (default: \(short(standardScale)), which is \(short(standardScale * 96)) dpi; with --width \
      \(short(FigureFiles.printScale * 96)) dpi)
      """, valueName: "ratio"))
  var scale: Double?

  /// The first of the options that is given; nil where none is.
  var given: String? {
    width != nil ? "--width" : fontSize != nil ? "--font-size" : scale != nil ? "--scale" : nil
  }

  private static let fontSizes = 4.0...24
  private static let scales = 0.25...8
  private static let standardScale = 2.0
  private static let standardWidth = "\(short(FigureLayout.inches, digits: 2))in"

  func validate() throws {
    guard Self.scales.contains(scale ?? 1) else {
      throw ValidationError(
        "--scale must lie between \(Self.scales.lowerBound) and \(Self.short(Self.scales.upperBound))")
    }
    guard Self.fontSizes.contains(fontSize ?? Self.fontSizes.lowerBound) else {
      throw ValidationError(
        "--font-size must lie between \(Self.short(Self.fontSizes.lowerBound)) and "
          + "\(Self.short(Self.fontSizes.upperBound)) points")
    }
    guard layout.hasRoom else {
      let size = fontSize ?? FigureLayout.fontSize
      let inches = width?.inches ?? FigureLayout.inches
      let largest = FigureLayout.largestFontSize(inches: inches)
      throw ValidationError(
        "--width \(width?.text ?? Self.standardWidth) is too narrow for text of --font-size \(Self.short(size)): it "
          + "needs --width \(Self.short(FigureLayout.leastInches(fontSize: size)))in"
          + (largest >= Self.fontSizes.lowerBound ? ", or --font-size \(Self.short(largest))" : ""))
    }
  }

  /// "7.1": a number with few digits.
  private static func short(_ number: Double, digits: Int = 1) -> String {
    number.formatted(.number.precision(.fractionLength(0...digits)))
  }

  private var layout: FigureLayout {
    FigureLayout(
      inches: width?.inches ?? FigureLayout.inches, fontSize: fontSize ?? FigureLayout.fontSize)
  }

  func files(_ formats: [FigureFormat]) -> FigureFiles {
    FigureFiles(
      formats: formats, scale: scale ?? (width == nil ? Self.standardScale : FigureFiles.printScale), layout: layout)
  }
}

/// A length on paper with its unit: "3.3in", "84mm".
struct PaperLength {
  let inches: Double
  /// As it was given.
  let text: String

  private static let units = ["in": 1, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72.0]
  static let bounds = 2.0...20

  init(_ text: String) throws {
    guard let unit = Self.units.first(where: { text.hasSuffix($0.key) }),
      // As it is written on paper: `Double` also reads 0x4, 1e1 and nan.
      text.dropLast(unit.key.count).allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." }),
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
