/// The colours of attributions and of what lies under them, for whoever draws elsewhere than on a canvas.
public enum AttributionColors {
  /// Colour and opacity of a magnitude, 0 to the scale's limit in 256 steps.
  public static var magnitude: [(color: Color, alpha: Double)] { AttributionScale([1], isSigned: false).layers }

  /// Of signed values, from the negative limit to the positive one.
  public static var signed: [(color: Color, alpha: Double)] { AttributionScale([1], isSigned: true).layers }

  /// Under an attribution, from the lowest value to the highest.
  public static var paper: [Color] { ColorMap.paper.colors }
}
