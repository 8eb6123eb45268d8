import Models

/// How far a model's prediction of a clip, and its explanations by several methods, stay when the sound is disturbed.
public struct ClipStability: Sendable, Codable {
  /// How alike two attributions are.
  public struct Similarity: Sendable, Codable {
    /// Spearman's rank correlation of the cells' sizes, −1…1.
    public let correlation: Double
    /// The share of the top tenth of the cells that both have in common, 0…1.
    public let overlap: Double

    var isPossible: Bool { abs(correlation) <= 1.001 && (0...1).contains(overlap) }
  }

  /// What became of the clip by one disturbance.
  public struct Disturbed: Sendable, Codable {
    /// The class that is predicted of it now.
    public let predicted: Int
    /// By how much the probability of the class predicted before is higher now.
    public let change: Double
    /// How alike the attributions before and after are, by method; nil where one of them has no ranks.
    public let methods: [Similarity?]
  }

  /// The class that is predicted of the clip as it is, which is explained throughout, and its probability.
  public let predicted: Int
  public let probability: Double
  /// By ``Disturbance/allCases``.
  public let disturbed: [Disturbed]
  /// How alike the attributions are to those of another clip that is predicted the same, by method; nil where there is none.
  public let another: [Similarity?]?
  /// Where the clip lies by the sound of those that the model was trained on.
  public let resemblance: Resemblance?

  /// Whether the numbers, read from a file, can be what an examiner found.
  public func isPossible(by examiner: StabilityExaminer) -> Bool {
    let (classes, methods) = (examiner.model.classes.indices, examiner.methods.count)
    func arePossible(_ similarities: [Similarity?]) -> Bool {
      similarities.count == methods
        && similarities.allSatisfy { $0?.isPossible ?? true }
    }
    return classes.contains(predicted) && (0...1.001).contains(probability)
      && disturbed.count == Disturbance.allCases.count && another.map(arePossible) ?? true
      && disturbed.allSatisfy { classes.contains($0.predicted) && abs($0.change) <= 1.001 && arePossible($0.methods) }
  }
}
