/// EmoDB, the Berlin database of emotional speech (Burkhardt et al. 2005).
enum EmoDB: Corpus {
  static let name = "emodb"
  static let title = "EmoDB"
  static let summary = "535 clips of 10 actors, in German (Burkhardt et al. 2005)"

  private static let speakers: Set = ["03", "08", "09", "10", "11", "12", "13", "14", "15", "16"]
  private static let texts: Set = ["a01", "a02", "a04", "a05", "a07", "b01", "b02", "b03", "b09", "b10"]

  /// Labels by the first letter of the German word: Wut, Ekel, Angst, Freude, Langeweile, neutral, Trauer.
  private static let emotions: [Character: Emotion] = [
    "W": .angry, "E": .disgust, "A": .fear, "F": .happy, "L": Emotion(rawValue: "boredom"), "N": .neutral,
    "T": .sadness,
  ]

  /// `03a01Fa`: speaker, text, emotion, version, with nothing between.
  static func label(of file: Substring, in folder: Substring?) -> CorpusLabel? {
    let fields = (speaker: file.prefix(2), text: file.dropFirst(2).prefix(3), code: file.dropFirst(5))
    guard speakers.contains(String(fields.speaker)), texts.contains(String(fields.text)), fields.code.count == 2,
      let emotion = emotions[fields.code.first!], let version = fields.code.last, version.isASCII, version.isLowercase
    else { return nil }
    return .clip(emotion: emotion, speaker: "\(name)-\(fields.speaker)")
  }
}
