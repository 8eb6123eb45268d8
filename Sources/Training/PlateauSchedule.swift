/// The rate, multiplied by `factor` once the validation loss has not become better for more than `patience` epochs:
/// PyTorch's ReduceLROnPlateau with its defaults.
public struct PlateauSchedule: Codable, Equatable, Sendable {
  public private(set) var rate: Double
  private let factor: Double
  private let patience: Int
  private var best: Double?
  private(set) var epochsWithout = 0

  private static let threshold = 1e-4  // PyTorch's: better is more than this part below the best
  private static let leastChange = 1e-8  // PyTorch's eps: smaller changes of the rate are not made

  public init(rate: Double, factor: Double, patience: Int) {
    (self.rate, self.factor, self.patience) = (rate, factor, patience)
  }

  /// Updates the rate after an epoch with this validation loss.
  public mutating func follow(_ loss: Double) {
    if best == nil || loss < best! * (1 - Self.threshold) {
      best = loss
      epochsWithout = 0
    } else {
      epochsWithout += 1
    }
    guard epochsWithout > patience else { return }
    epochsWithout = 0
    if rate - rate * factor > Self.leastChange { rate *= factor }
  }
}
