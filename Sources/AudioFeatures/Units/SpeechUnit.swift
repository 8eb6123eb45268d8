/// A stretch of speech that has a name, and that can be heard or taken out.
public struct SpeechUnit: Equatable, Sendable {
  /// "syllable 3", or a word.
  public var name: String
  /// Seconds from the start of the speech.
  public var range: Range<Double>
  /// Whether nobody speaks.
  public var isPause: Bool

  public init(_ name: String, _ range: Range<Double>, isPause: Bool = false) {
    (self.name, self.range, self.isPause) = (name, range, isPause)
  }
}

/// What speech is divided into without knowing its words. The units of a kind follow one another without gaps.
public enum UnitKind: String, CaseIterable, Encodable, Sendable {
  /// Around each nucleus, as far as the weakest moment before the next; and pauses.
  case syllables
  /// Voiced and unvoiced stretches, and pauses.
  case voiced
  /// What is spoken between two pauses (a breath group), and pauses.
  case phrases
  /// The first and the last syllable of each phrase, and what is between; and pauses.
  case edges
}
