import Figures

/// The files that a figure becomes.
public struct FigureFiles {
  public let formats: [FigureFormat]
  /// Pixels of a PNG in 1/96 inch.
  public let scale: Double
  /// The width of figures and the size of their text.
  public let layout: FigureLayout
  /// How attributions are shown over what they are on.
  public var overlay = AttributionOverlay.standard
  /// The parts of an explanation's figure; nil for all.
  public var parts: Set<ExplanationFigure.Part>?

  /// 300 pixels an inch, which journals ask for.
  public static let printScale = 300.0 / 96

  public init(formats: [FigureFormat], scale: Double, layout: FigureLayout = .standard) {
    (self.formats, self.scale, self.layout) = (formats, scale, layout)
  }

  /// Writes a figure in each format, and returns the paths.
  public func write(
    _ figure: any Figure, to folder: OutputFolder, as stem: String, provenance: [String: String]
  ) throws -> [String] {
    var drawn = figure.overlaid(overlay)
    if let parts, var explained = drawn as? ExplanationFigure {
      explained.parts = parts
      drawn = explained
    }
    return try formats.map { format in
      let path = folder.file("\(stem).\(format.rawValue)")
      // The heat maps in vector formats are for print.
      try drawn.write(
        to: path, as: format, layout: layout, scale: format == .png ? scale : max(scale, Self.printScale),
        provenance: provenance)
      return path
    }
  }
}
