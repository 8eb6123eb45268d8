/// A clip after an attack.
public struct AttackedClip: Sendable, Codable {
  /// At the attacked place, of the clip's shape there, padding included.
  public let values: [Float]
  /// The classes before and after; that after is predicted of the values alone, as of any file.
  public let from, to: Int
  /// Whether the clip is called something else, or of a targeted attack the target, and the change is within the
  /// budget.
  public let isFooled: Bool
  /// Whether the change is within the budget, but for rounding.
  public let isWithinBudget: Bool
  /// Of the values, by class.
  public let probabilities: [Double]
  /// The signal-to-noise ratio in dB, of the clip's own samples; on the waveform only, and nil where nothing is changed
  /// or the clip is silent.
  public let ratio: Double?
  /// The most that a value is changed.
  public let largest: Double
  /// How often the model was asked for a gradient of the clip, and for a prediction without one.
  public let gradients, predictions: Int
}
