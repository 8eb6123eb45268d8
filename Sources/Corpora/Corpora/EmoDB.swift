/// EmoDB, the Berlin database of emotional speech (Burkhardt et al. 2005).
enum EmoDB: Corpus {
  static let name = "emodb"
  static let title = "EmoDB"
  static let summary = "535 clips of 10 actors, in German (Burkhardt et al. 2005)"

  /// Sex and age as the database's page states them.
  private static let speakers: [String: (sex: ClipTraits.Sex, age: Int)] = [
    "03": (.male, 31), "08": (.female, 34), "09": (.female, 21), "10": (.male, 32), "11": (.male, 26),
    "12": (.male, 30), "13": (.female, 32), "14": (.female, 35), "15": (.male, 25), "16": (.female, 31),
  ]
  private static let texts: Set = ["a01", "a02", "a04", "a05", "a07", "b01", "b02", "b03", "b09", "b10"]

  /// Labels by the first letter of the German word: Wut, Ekel, Angst, Freude, Langeweile, neutral, Trauer.
  private static let emotions: [Character: Emotion] = [
    "W": .angry, "E": .disgust, "A": .fear, "F": .happy, "L": Emotion(rawValue: "boredom"), "N": .neutral,
    "T": .sadness,
  ]

  /// `03a01Fa`: speaker, text, emotion, version, with nothing between.
  static func label(of file: Substring, in folder: Substring?) -> CorpusLabel? {
    let fields = (speaker: file.prefix(2), text: file.dropFirst(2).prefix(3), code: file.dropFirst(5))
    guard let speaker = speakers[String(fields.speaker)], texts.contains(String(fields.text)), fields.code.count == 2,
      let emotion = emotions[fields.code.first!], let version = fields.code.last, version.isASCII, version.isLowercase
    else { return nil }
    return .clip(
      emotion: emotion, speaker: "\(name)-\(fields.speaker)",
      traits: ClipTraits(sex: speaker.sex, age: speaker.age, sentence: "\(name)-\(fields.text)"))
  }
}
