import Foundation

/// The fixed colours of the seven emotions: those of Okabe and Ito (2008), distinct under every common
/// colour blindness, with grey in the place of black and without their yellow, which is lost on white.
public enum EmotionColors {
  /// The classes in the order they have everywhere, with their colours.
  public static let all: [(name: String, color: Color)] = [
    ("angry", Color(0xD55E00)), ("disgust", Color(0x009E73)), ("fear", Color(0xCC79A7)),
    ("happy", Color(0xE69F00)), ("neutral", Color(0x8C8C8C)), ("sadness", Color(0x0072B2)),
    ("surprise", Color(0x56B4E9)),
  ]

  /// The names in order: angry, disgust, fear, happy, neutral, sadness, surprise.
  public static let names = all.map(\.name)

  /// Other words for the seven, as corpora and published models have them.
  private static let synonyms = [
    "anger": "angry", "ang": "angry", "disgusted": "disgust", "dis": "disgust", "fearful": "fear", "fea": "fear",
    "happiness": "happy", "joy": "happy", "hap": "happy", "neu": "neutral", "sad": "sadness", "surprised": "surprise",
    "sur": "surprise",
  ]

  /// For classes of other names: Tol's muted colours (2021) without those that are near the seven.
  private static let others = [
    0x332288, 0x882255, 0x999933, 0x44AA99, 0xAA4499, 0x661100, 0xDDCC77, 0x117733, 0xCC6677, 0x6699CC,
  ].map { Color(UInt32($0)) }

  /// The colour of a class outside the seven: the tenth and what is before it are Tol's; the others have hues a golden
  /// angle apart at three lightnesses of Oklab in turn, so that any number of them differ. Of the first thirty no two are
  /// nearer than 12 in CIELAB, nor the new ones to the seven.
  private static func other(_ index: Int) -> Color {
    guard index >= others.count else { return others[index] }
    let number = index - others.count
    let hue = (25 + 137.50776 * Double(number)) * .pi / 180
    return Color(lightness: [0.42, 0.6, 0.76][number % 3], a: 0.09 * cos(hue), b: 0.09 * sin(hue))
  }

  /// The colour of an emotion: the same everywhere for the seven, by whatever word; of another name by its place in the list
  /// of classes, and none of the seven's.
  public static func color(of name: String, index: Int) -> Color {
    let name = name.lowercased()
    let known = synonyms[name] ?? name
    return all.first { $0.name == known }?.color ?? other(index)
  }

  /// The places among the other colours of the dimensions that many corpora have: wine, teal and indigo, which differ in
  /// lightness too.
  private static let dimensions = ["arousal": 1, "valence": 3, "dominance": 0]

  /// The colour of a dimension: the same everywhere for arousal, valence and dominance; of another name by its place in the
  /// list of dimensions.
  public static func color(ofDimension name: String, index: Int) -> Color {
    other(dimensions[name.lowercased()] ?? index + 4)
  }
}
