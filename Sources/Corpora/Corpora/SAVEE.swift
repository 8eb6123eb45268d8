/// SAVEE (Haq and Jackson 2009).
enum SAVEE: Corpus {
  static let name = "savee"
  static let title = "SAVEE"
  static let summary = "480 clips of 4 men (Haq and Jackson 2009)"

  private static let speakers: Set = ["DC", "JE", "JK", "KL"]

  private static let emotions: [String: Emotion] = [
    "a": .angry, "d": .disgust, "f": .fear, "h": .happy, "n": .neutral, "sa": .sadness, "su": .surprise,
  ]

  /// An emotion's first sentences, which are the same for all seven; its other twelve are its own, but for the neutral
  /// ones, which repeat sentences of the emotions in an order that the corpus does not state.
  private static let commonSentences = 3

  /// `DC_a01`, or `a01` in the folder `DC`: speaker, emotion, number.
  static func label(of file: Substring, in folder: Substring?) -> CorpusLabel? {
    let fields = file.split(separator: "_", omittingEmptySubsequences: false)
    guard let speaker = fields.count == 2 ? fields[0] : folder, fields.count <= 2,
      speakers.contains(speaker.uppercased())
    else { return nil }
    // All letters together are the code: `sa` is sadness, not something that ends in `a`.
    let number = fields.last!.drop { !$0.isNumber }
    let code = fields.last!.dropLast(number.count).lowercased()
    guard number.isDigits(2), let emotion = emotions[code] else { return nil }
    let isCommon = Int(number)! <= commonSentences
    return .clip(
      emotion: emotion, speaker: "\(name)-\(speaker.uppercased())",
      traits: ClipTraits(sex: .male, sentence: "\(name)-\(isCommon ? "" : code)\(number)"))
  }
}
