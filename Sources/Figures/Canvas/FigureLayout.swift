/// The room that figures have, from which their margins, panels and ticks follow: a page's full width unless asked for
/// another, such as that of a journal's column.
///
/// Figures measure in points of the canvas, in which the numbers along the axes are ``Font/tick`` high whatever the
/// layout: larger text leaves fewer of them across the same paper.
public struct FigureLayout: Equatable, Sendable {
  /// The width in points of the canvas.
  public let width: Double
  /// Parts of 1/96 inch in a point of the canvas.
  public let unit: Double

  /// 8⅓ inches, text from about 7 points on.
  public static let standard = FigureLayout()
  /// The smallest text unless asked for another, in typographic points.
  public static let fontSize = Font.tick.size * 0.75

  /// The width on paper unless asked for another.
  public static let inches = 800.0 / 96

  /// - Parameters:
  ///   - inches: The width on paper.
  ///   - fontSize: The smallest text, that of the numbers along the axes, in typographic points of 1/72 inch.
  public init(inches: Double = Self.inches, fontSize: Double = Self.fontSize) {
    unit = fontSize / Self.fontSize
    width = inches * 96 / unit
  }

  /// The width below which text is too large for panels beside it.
  private static let leastWidth = 230.0
  /// False where text would be too large for panels beside it.
  public var hasRoom: Bool { width >= Self.leastWidth }

  /// The least width on paper that has room for a text size, in inches to a tenth.
  public static func leastInches(fontSize: Double) -> Double {
    (leastWidth / 96 * fontSize / Self.fontSize * 10).rounded(.up) / 10
  }

  /// The largest text size for which a width on paper has room, in typographic points to a tenth.
  public static func largestFontSize(inches: Double) -> Double {
    (inches * 96 / leastWidth * Self.fontSize * 10).rounded(.down) / 10
  }

  /// True where a figure is about as wide as a column: what else stands beside panels stands below them, and panels
  /// below each other.
  var isNarrow: Bool { width < 640 }

  /// From 0 in a column to 1 over a page's width.
  private var roominess: Double { max(0, min(1, (width - 320) / 480)) }

  /// At most about `count` ticks over a page's width are so many here.
  func ticks(_ count: Int) -> Int { max(3, Int((Double(count) * min(1, width / 800)).rounded())) }

  /// The height of a panel that is `height` high over a page's width.
  func height(_ height: Double) -> Double { roominess == 1 ? height : (height * (0.6 + 0.4 * roominess)).rounded() }

  /// Headings are larger than other text where there is room.
  var title: Font { Font(size: Font.tick.size + (Font.title.size - Font.tick.size) * roominess, isBold: true) }
  var subtitle: Font { Font(size: Font.tick.size + (Font.subtitle.size - Font.tick.size) * roominess) }

  /// Around the figure.
  var margin: Double { isNarrow ? 4 : 12 }
  /// Between two panels, one above the other.
  static let gap = 12.0
}
