import Figures

/// The files that a figure becomes.
public struct FigureFiles {
  public let formats: [FigureFormat]
  /// Pixels of a PNG for each of a figure's points.
  public let scale: Double
  /// How attributions are shown over what they are on.
  public var overlay = AttributionOverlay.standard

  public init(formats: [FigureFormat], scale: Double) { (self.formats, self.scale) = (formats, scale) }

  /// Writes a figure in each format, and returns the paths.
  public func write(
    _ figure: any Figure, to folder: OutputFolder, as stem: String, provenance: [String: String]
  ) throws -> [String] {
    try formats.map { format in
      let path = folder.file("\(stem).\(format.rawValue)")
      try figure.overlaid(overlay).write(to: path, as: format, scale: scale, provenance: provenance)
      return path
    }
  }
}
