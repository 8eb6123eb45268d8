/// CREMA-D (Cao et al. 2014).
enum CREMA: Corpus {
  static let name = "crema"
  static let title = "CREMA-D"
  static let summary = "7,442 clips of 91 actors (Cao et al. 2014)"

  private static let emotions: [String: Emotion] = [
    "ANG": .angry, "DIS": .disgust, "FEA": .fear, "HAP": .happy, "NEU": .neutral, "SAD": .sadness,
  ]

  private static let sentences: Set = [
    "DFA", "IEO", "IOM", "ITH", "ITS", "IWL", "IWW", "MTI", "TAI", "TIE", "TSI", "WSI",
  ]

  /// XX is a clip for which no level was asked; one published file has a single X.
  private static let intensities: [String: ClipTraits.Intensity?] = [
    "LO": .low, "MD": .medium, "HI": .high, "XX": nil, "X": nil,
  ]

  static let speakerTable: SpeakerTable? = SpeakerTable(
    file: "VideoDemographics.csv", speaker: "ActorID", age: "Age", sex: "Sex")

  /// `1001_DFA_ANG_XX`: actor, sentence, emotion, intensity.
  static func label(of file: Substring, in folder: Substring?) -> CorpusLabel? {
    let fields = file.split(separator: "_", omittingEmptySubsequences: false)
    guard fields.count == 4, fields[0].isDigits(4), sentences.contains(fields[1].uppercased()),
      let emotion = emotions[fields[2].uppercased()], let intensity = intensities[fields[3].uppercased()]
    else { return nil }
    return .clip(
      emotion: emotion, speaker: "\(name)-\(fields[0])",
      traits: ClipTraits(sentence: "\(name)-\(fields[1].uppercased())", intensity: intensity))
  }
}
