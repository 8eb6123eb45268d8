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

  /// The colour of an emotion, or of a class of another name by its place in the list.
  public static func color(of name: String, index: Int) -> Color {
    all.first { $0.name == name }?.color ?? all[index % all.count].color
  }
}
