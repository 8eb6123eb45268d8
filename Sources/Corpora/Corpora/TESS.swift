/// TESS (Pichora-Fuller and Dupuis 2020).
enum TESS: Corpus {
  static let name = "tess"
  static let title = "TESS"
  static let summary = "2,800 clips of 2 women (Pichora-Fuller and Dupuis 2020)"

  private static let emotions: [String: Emotion] = [
    "angry": .angry, "disgust": .disgust, "fear": .fear, "happy": .happy, "neutral": .neutral,
    "sad": .sadness, "ps": .surprise,
  ]

  /// `OAF_back_angry`: speaker, word, emotion. One published file calls its speaker `OA`.
  static func label(of file: Substring, in folder: Substring?) -> CorpusLabel? {
    let fields = file.split(separator: "_", omittingEmptySubsequences: false).map { $0.lowercased() }
    guard fields.count == 3, ["oaf", "oa", "yaf"].contains(fields[0]), let emotion = emotions[fields[2]]
    else { return nil }
    return .clip(emotion: emotion, speaker: fields[0] == "yaf" ? "\(name)-YAF" : "\(name)-OAF")
  }
}
