/// RAVDESS (Livingstone and Russo 2018).
enum RAVDESS: Corpus {
  static let name = "ravdess"
  static let title = "RAVDESS"
  static let summary = "1,440 clips of 24 actors (Livingstone and Russo 2018)"

  static let calm = CorpusOmission("calm", one: "'calm' clip", because: "not one of the seven emotions")
  static let song = CorpusOmission("songs", one: "song")
  /// The sound of a video, which the corpus also has as a sound alone; or a video without sound.
  static let video = CorpusOmission("videos", one: "video")
  static let omissions = [calm, song, video]

  private static let emotions: [String: Emotion] = [
    "01": .neutral, "03": .happy, "04": .sadness, "05": .angry, "06": .fear, "07": .disgust, "08": .surprise,
  ]

  private static let intensities: [String: ClipTraits.Intensity] = ["01": .normal, "02": .strong]

  /// `03-01-05-01-02-01-12`: modality, channel, emotion, intensity, statement, repetition, actor; actors with odd numbers
  /// are men.
  static func label(of file: Substring, in folder: Substring?) -> CorpusLabel? {
    let fields = file.split(separator: "-", omittingEmptySubsequences: false)
    guard fields.count == 7, fields.allSatisfy({ $0.isDigits(2) }) else { return nil }
    guard ["01", "02", "03"].contains(fields[0]), ["01", "02"].contains(fields[1]) else { return nil }
    if fields[0] != "03" { return .leftOut(video) }
    if fields[1] == "02" { return .leftOut(song) }
    if fields[2] == "02" { return .leftOut(calm) }
    guard let emotion = emotions[String(fields[2])], let intensity = intensities[String(fields[3])],
      ["01", "02"].contains(fields[4]), let actor = Int(fields[6])
    else { return nil }
    return .clip(
      emotion: emotion, speaker: "\(name)-\(fields[6])",
      traits: ClipTraits(
        sex: actor.isMultiple(of: 2) ? .female : .male, sentence: "\(name)-\(fields[4])", intensity: intensity))
  }
}
