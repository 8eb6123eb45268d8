/// What the name of a corpus's clip says beside its emotion and speaker; nil where the corpus does not tell.
public struct ClipTraits: Sendable, Equatable {
  public enum Sex: String, Sendable { case female, male }

  /// How strongly the actor was asked to show the emotion, in the corpus's own words.
  public enum Intensity: String, Sendable {
    /// CREMA-D's levels.
    case low, medium, high
    /// RAVDESS's.
    case normal, strong
  }

  /// The speaker's.
  public var sex: Sex?
  /// The speaker's, in years.
  public var age: Int?
  /// What is said, with the corpus in front, as two corpora may number theirs alike: `ravdess-01`.
  public var sentence: String?
  public var intensity: Intensity?

  public init(sex: Sex? = nil, age: Int? = nil, sentence: String? = nil, intensity: Intensity? = nil) {
    (self.sex, self.age, self.sentence, self.intensity) = (sex, age, sentence, intensity)
  }
}

extension ClipTraits {
  /// A manifest's columns for the traits, in the order in which they are written.
  static let columns = ["sex", "age", "sentence", "intensity"]

  /// The values of ``columns`` by name, without those that are not known.
  var values: [String: String] {
    let values = [sex?.rawValue, age.map(String.init), sentence, intensity?.rawValue]
    return zip(Self.columns, values).reduce(into: [:]) { $0[$1.0] = $1.1 }
  }
}

extension Manifest.Entry {
  /// The traits in the columns that ``CorpusScan`` writes; nil where a value is another than it would write.
  public var traits: ClipTraits {
    ClipTraits(
      sex: extra["sex"].flatMap { ClipTraits.Sex(rawValue: $0.lowercased()) }, age: extra["age"].flatMap { Int($0) },
      sentence: extra["sentence"], intensity: extra["intensity"].flatMap { ClipTraits.Intensity(rawValue: $0) })
  }
}
