/// TESS (Pichora-Fuller and Dupuis 2020).
enum TESS: Corpus {
  static let name = "tess"
  static let title = "TESS"
  static let summary = "2,800 clips of 2 women (Pichora-Fuller and Dupuis 2020)"

  private static let emotions: [String: Emotion] = [
    "angry": .angry, "disgust": .disgust, "fear": .fear, "happy": .happy, "neutral": .neutral,
    "sad": .sadness, "ps": .surprise,
  ]

  /// `OAF_back_angry`: speaker, word, emotion; all say "Say the word …", the older woman (OAF) at 64, the younger at 26. One published file calls its speaker `OA`.
  static func label(of file: Substring, in folder: Substring?) -> CorpusLabel? {
    let fields = file.split(separator: "_", omittingEmptySubsequences: false).map { $0.lowercased() }
    guard fields.count == 3, ["oaf", "oa", "yaf"].contains(fields[0]), let emotion = emotions[fields[2]]
    else { return nil }
    let isYounger = fields[0] == "yaf"
    return .clip(
      emotion: emotion, speaker: "\(name)-\(isYounger ? "YAF" : "OAF")",
      traits: ClipTraits(sex: .female, age: isYounger ? 26 : 64, sentence: "\(name)-\(fields[1])"))
  }
}
