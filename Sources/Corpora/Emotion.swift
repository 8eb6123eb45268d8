/// The seven classes, in the order of a model's outputs.
public enum Emotion: String, CaseIterable, Sendable, Codable, CodingKeyRepresentable {
  case angry, disgust, fear, happy, neutral, sadness, surprise

  /// The class's place among a model's outputs, 0…6.
  public var index: Int { Self.allCases.firstIndex(of: self)! }
}
