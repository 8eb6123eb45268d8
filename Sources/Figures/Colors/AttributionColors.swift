/// The colours of attributions and of what lies under them, for whoever draws elsewhere than on a canvas.
public enum AttributionColors {
  /// Colour of a magnitude, 0 to the scale's limit in 256 steps, and how opaque it is where nothing lies under it.
  public static var magnitude: [(color: Color, alpha: Double)] { AttributionScale([1], isSigned: false).layers }

  /// Colour and opacity of a signed value, from the negative limit to the positive one in 256 steps.
  public static var signed: [(color: Color, alpha: Double)] { AttributionScale([1], isSigned: true).layers }

  /// Colours under an attribution, from the lowest value to the highest.
  public static var paper: [Color] { ColorMap.paper.colors }

  /// Colours under an attribution on cepstral coefficients, from the lowest value to the highest.
  public static var lightPaper: [Color] { ColorMap.lightPaper.colors }

  /// The percentile of the magnitudes below which an attribution leaves a matrix under it uncovered.
  public static let coveredPercentile = AttributionScale.covered
}
