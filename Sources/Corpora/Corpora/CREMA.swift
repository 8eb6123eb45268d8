/// CREMA-D (Cao et al. 2014).
enum CREMA: Corpus {
  static let name = "crema"
  static let title = "CREMA-D"
  static let summary = "7,442 clips of 91 actors (Cao et al. 2014)"

  private static let emotions: [String: Emotion] = [
    "ANG": .angry, "DIS": .disgust, "FEA": .fear, "HAP": .happy, "NEU": .neutral, "SAD": .sadness,
  ]

  /// `1001_DFA_ANG_XX`: actor, sentence, emotion, intensity.
  static func label(of file: Substring, in folder: Substring?) -> CorpusLabel? {
    let fields = file.split(separator: "_", omittingEmptySubsequences: false)
    guard fields.count == 4, fields[0].isDigits(4), let emotion = emotions[fields[2].uppercased()] else { return nil }
    return .clip(emotion: emotion, speaker: "\(name)-\(fields[0])")
  }
}
