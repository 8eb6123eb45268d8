/// What attacks on explanations make of one clip's maps, within rising budgets, beside random noise as large: numbers only, as
/// maps are large.
public struct ClipExplanationAttacks: Sendable, Codable {
  public typealias Similarity = ClipStability.Similarity

  /// The change that was found against one map within one budget.
  public struct Change: Sendable, Codable {
    /// The loss of the attacked map after it: see ``ExplanationAim``.
    public let loss: Double
    /// The probability of the class, which is still the one predicted.
    public let probability: Double
    /// The signal-to-noise ratio in dB; nil where nothing is changed.
    public let ratio: Double?
    /// The most that a sample is changed.
    public let largest: Double
    /// How often the model was asked for a gradient, and for a prediction, in the search within this budget.
    public let gradients, predictions: Int
  }

  /// An attack on one map.
  public struct OfMap: Sendable, Codable {
    public let map: AttackedMap
    /// The loss of the map of the clip as it is.
    public let loss: Double
    /// By budget, the smallest first.
    public let changes: [Change]
  }

  /// Noise as large as one budget allows, over its draws.
  public struct Noise: Sendable, Codable {
    /// The mean probability of the class that is predicted of the clip as it is.
    public let probability: Double
    /// The share of draws of which it is still predicted.
    public let holds: Double
    /// How alike the maps before and after are, by method; the mean over the draws that have ranks, nil where none has.
    public let methods: [Similarity?]
  }

  /// The sound of a change, as it was written.
  public struct Written: Sendable, Codable {
    public let map: AttackedMap
    /// The budget's place.
    public let budget: Int
    public let sound: String?
    public let figures: [String]

    public init(map: AttackedMap, budget: Int, sound: String?, figures: [String]) {
      (self.map, self.budget, self.sound, self.figures) = (map, budget, sound, figures)
    }
  }

  /// The class that is predicted of the clip as it is, which is explained throughout, and its probability.
  public let predicted: Int
  public let probability: Double
  public let maps: [OfMap]
  /// How alike the maps before and after an attack are, [method][budget]: on the method's own map, or the one that stands for it.
  public let attacked: [[Similarity?]]
  /// By budget.
  public let noise: [Noise]
  /// How alike the maps are to those of another clip that is predicted the same, by method; nil where there is none.
  public let another: [Similarity?]?
  public var written: [Written] = []

  /// Whether the numbers, read from a file, can be what an examiner found.
  public func isPossible(by examiner: ExplanationAttackExaminer) -> Bool {
    let (classes, methods, budgets) = (
      examiner.model.classes.indices, examiner.methods.count, examiner.budgets.count
    )
    func arePossible(_ similarities: [Similarity?], _ count: Int) -> Bool {
      similarities.count == count && similarities.allSatisfy { $0?.isPossible ?? true }
    }
    func isShare(_ number: Double) -> Bool { (0...1.001).contains(number) }
    return classes.contains(predicted) && isShare(probability) && maps.map(\.map) == examiner.maps
      && maps.allSatisfy { map in
        map.loss.isFinite && map.changes.count == budgets
          && map.changes.allSatisfy {
            isShare($0.probability) && [$0.loss, $0.ratio ?? 0, $0.largest].allSatisfy(\.isFinite)
              && $0.gradients >= 0 && $0.predictions >= 0
          }
      } && attacked.count == methods && attacked.allSatisfy { arePossible($0, budgets) }
      && noise.count == budgets
      && noise.allSatisfy { isShare($0.probability) && isShare($0.holds) && arePossible($0.methods, methods) }
      && another.map { arePossible($0, methods) } ?? true
      && written.allSatisfy { (0..<budgets).contains($0.budget) && examiner.maps.contains($0.map) }
  }
}
