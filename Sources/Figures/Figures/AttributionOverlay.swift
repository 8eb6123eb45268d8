/// The ways in which a figure shows an attribution together with the matrix that it belongs to.
public enum AttributionOverlay: String, CaseIterable, Sendable {
  /// Colours over a grey matrix, the more opaque the stronger the attribution; below its 80th percentile nothing covers
  /// the matrix.
  case alpha
  /// Lines around the strongest places of the attribution, over a grey matrix.
  case contour
  /// The matrix, and under it the attribution, each with its own colours.
  case side

  /// The one that figures have unless they are asked for another.
  public static let standard = AttributionOverlay.alpha
}

/// A figure with attributions that lie on something.
public protocol OverlaidFigure: Figure {
  var overlay: AttributionOverlay { get set }
}

extension Figure {
  /// This figure with its attributions shown in that way; a figure without attributions stays as it is.
  public func overlaid(_ overlay: AttributionOverlay) -> any Figure {
    guard var figure = self as? any OverlaidFigure else { return self }
    figure.overlay = overlay
    return figure
  }
}
