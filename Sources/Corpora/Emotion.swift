/// A label of a clip: any text. The seven of the report are the known ones, and come first, in the order of its models'
/// outputs.
public struct Emotion: RawRepresentable, Hashable, Sendable, Codable, CodingKeyRepresentable, CustomStringConvertible {
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }

  public static let angry = Emotion(rawValue: "angry")
  public static let disgust = Emotion(rawValue: "disgust")
  public static let fear = Emotion(rawValue: "fear")
  public static let happy = Emotion(rawValue: "happy")
  public static let neutral = Emotion(rawValue: "neutral")
  public static let sadness = Emotion(rawValue: "sadness")
  public static let surprise = Emotion(rawValue: "surprise")

  /// The label of a clip that is labelled with numbers only.
  public static let none = Emotion(rawValue: "")

  public var description: String { rawValue }

  /// The report's seven emotions.
  public static let known: [Emotion] = [.angry, .disgust, .fear, .happy, .neutral, .sadness, .surprise]

  /// Other words for the seven, as published models and corpora have them. The figures' colours know the same.
  public static let synonyms: [String: Emotion] = [
    "anger": .angry, "ang": .angry, "disgusted": .disgust, "dis": .disgust, "fearful": .fear, "fea": .fear,
    "happiness": .happy, "joy": .happy, "hap": .happy, "neu": .neutral, "sad": .sadness, "surprised": .surprise,
    "sur": .surprise,
  ]

  /// Whether two labels are words for one emotion: "hap" and "happy", "Anger" and "angry".
  public func means(_ other: Emotion) -> Bool { common == other.common }

  /// The word among the seven for the same emotion; of others the label in lower case.
  private var common: String {
    let word = rawValue.lowercased()
    return Self.synonyms[word]?.rawValue ?? word
  }
}

extension Manifest {
  /// The labels of the clips: the known ones in their order, then the others in the alphabet's.
  public var emotions: [Emotion] {
    let present = Set(entries.map(\.emotion)).subtracting([.none])
    return Emotion.known.filter(present.contains)
      + present.subtracting(Emotion.known).sorted { $0.rawValue < $1.rawValue }
  }
}
