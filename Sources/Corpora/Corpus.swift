import Foundation

/// The four corpora of the report, and the labels in their file names.
public enum Corpus: String, CaseIterable, Sendable {
  case crema, ravdess, savee, tess

  /// The label in a file name.
  public enum Label: Sendable, Equatable {
    case clip(emotion: Emotion, speaker: String)
    /// A file of the corpus that is not used.
    case leftOut(Omission)
  }

  /// The reason why a file of a corpus is left out. All three occur in RAVDESS only.
  public enum Omission: String, CaseIterable, Sendable {
    /// Calm speech, which is not one of the seven emotions.
    case calm
    /// A song, not speech.
    case song
    /// The sound of a video, which the corpus also has as a sound alone; or a video without sound.
    case video
  }

  /// The label in a path's last component (and for SAVEE in its folder), or nil if it is not a name of this
  /// corpus. Speakers' names begin with their corpus: `ravdess-01`.
  public func label(ofPath path: String) -> Label? {
    let components = path.split(separator: "/")
    guard let file = components.last else { return nil }
    let name = file.prefix(upTo: file.lastIndex(of: ".") ?? file.endIndex)
    return switch self {
    case .crema: Self.cremaLabel(name)
    case .ravdess: Self.ravdessLabel(name)
    case .savee: Self.saveeLabel(name, folder: components.dropLast().last)
    case .tess: Self.tessLabel(name)
    }
  }

  /// `1001_DFA_ANG_XX`: actor, sentence, emotion, intensity.
  private static func cremaLabel(_ name: Substring) -> Label? {
    let fields = name.split(separator: "_", omittingEmptySubsequences: false)
    guard fields.count == 4, fields[0].count == 4, isNumber(fields[0]),
      let emotion = cremaEmotions[fields[2].uppercased()]
    else { return nil }
    return .clip(emotion: emotion, speaker: "crema-\(fields[0])")
  }

  private static let cremaEmotions: [String: Emotion] = [
    "ANG": .angry, "DIS": .disgust, "FEA": .fear, "HAP": .happy, "NEU": .neutral, "SAD": .sadness,
  ]

  /// `03-01-05-01-02-01-12`: modality, channel, emotion, intensity, statement, repetition, actor.
  private static func ravdessLabel(_ name: Substring) -> Label? {
    let fields = name.split(separator: "-", omittingEmptySubsequences: false)
    guard fields.count == 7, fields.allSatisfy({ $0.count == 2 && isNumber($0) }) else { return nil }
    guard ["01", "02", "03"].contains(fields[0]), ["01", "02"].contains(fields[1]) else { return nil }
    if fields[0] != "03" { return .leftOut(.video) }
    if fields[1] == "02" { return .leftOut(.song) }
    if fields[2] == "02" { return .leftOut(.calm) }
    guard let emotion = ravdessEmotions[String(fields[2])] else { return nil }
    return .clip(emotion: emotion, speaker: "ravdess-\(fields[6])")
  }

  private static let ravdessEmotions: [String: Emotion] = [
    "01": .neutral, "03": .happy, "04": .sadness, "05": .angry, "06": .fear, "07": .disgust, "08": .surprise,
  ]

  /// `DC_a01`, or `a01` in the folder `DC`: speaker, emotion, number.
  private static func saveeLabel(_ name: Substring, folder: Substring?) -> Label? {
    let fields = name.split(separator: "_", omittingEmptySubsequences: false)
    guard let speaker = fields.count == 2 ? fields[0] : folder, fields.count <= 2,
      saveeSpeakers.contains(speaker.uppercased())
    else { return nil }
    // All letters together are the code: `sa` is sadness, not something that ends in `a`.
    let number = fields.last!.drop { !$0.isNumber }
    let code = fields.last!.dropLast(number.count).lowercased()
    guard number.count == 2, isNumber(number), let emotion = saveeEmotions[code] else { return nil }
    return .clip(emotion: emotion, speaker: "savee-\(speaker.uppercased())")
  }

  private static let saveeSpeakers: Set = ["DC", "JE", "JK", "KL"]

  private static let saveeEmotions: [String: Emotion] = [
    "a": .angry, "d": .disgust, "f": .fear, "h": .happy, "n": .neutral, "sa": .sadness, "su": .surprise,
  ]

  /// `OAF_back_angry`: speaker, word, emotion. One published file calls its speaker `OA`.
  private static func tessLabel(_ name: Substring) -> Label? {
    let fields = name.split(separator: "_", omittingEmptySubsequences: false).map { $0.lowercased() }
    guard fields.count == 3, ["oaf", "oa", "yaf"].contains(fields[0]),
      let emotion = tessEmotions[fields[2]]
    else { return nil }
    return .clip(emotion: emotion, speaker: fields[0] == "yaf" ? "tess-YAF" : "tess-OAF")
  }

  private static let tessEmotions: [String: Emotion] = [
    "angry": .angry, "disgust": .disgust, "fear": .fear, "happy": .happy, "neutral": .neutral,
    "sad": .sadness, "ps": .surprise,
  ]

  private static func isNumber(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
