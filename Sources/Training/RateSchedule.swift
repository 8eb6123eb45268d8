import Foundation
import Models

/// The rate of each epoch, by a recipe's schedule: PyTorch's ReduceLROnPlateau, with its defaults, MultiStepLR, or LinearLR
/// followed by CosineAnnealingLR.
struct RateSchedule {
  private(set) var rate: Double
  private let schedule: Recipe.Schedule
  /// The rate and the number of epochs of the recipe.
  private let first: Double
  private let last: Int
  private var epochs = 0
  private var best: Double?
  private var epochsWithout = 0

  private static let threshold = 1e-4  // PyTorch's: better is more than this part below the best
  private static let leastChange = 1e-8  // PyTorch's eps: a plateau does not make smaller changes of the rate

  init(_ recipe: Recipe) {
    (rate, schedule, first, last) = (recipe.rate, recipe.schedule, recipe.rate, recipe.epochs)
    if case .cosine(let warmup) = schedule { rate = cosine(warmup) }
  }

  /// The rate of the epoch after ``epochs``.
  private func cosine(_ warmup: Int) -> Double {
    if epochs < warmup { return first * Double(epochs + 1) / Double(warmup + 1) }
    return first * (1 + cos(.pi * Double(epochs - warmup) / Double(max(1, last - warmup)))) / 2
  }

  /// The schedule after the epochs of a history.
  init(_ recipe: Recipe, after history: [EpochRecord]) {
    self.init(recipe)
    for record in history { follow(record.validationLoss) }
  }

  /// Updates the rate after an epoch.
  /// - Parameter loss: The validation loss, which a plateau needs; nil without validation.
  mutating func follow(_ loss: Double?) {
    epochs += 1
    switch schedule {
    case .milestones(let factor, let milestones):
      if milestones.contains(epochs) { rate *= factor }
    case .cosine(let warmup):
      // The training ends before a rate of 0; epochs beyond its end keep the last one.
      if epochs < last { rate = cosine(warmup) }
    case .plateau(let factor, let patience):
      guard let loss else { return }
      if best == nil || loss < best! * (1 - Self.threshold) {
        (best, epochsWithout) = (loss, 0)
      } else {
        epochsWithout += 1
      }
      guard epochsWithout > patience else { return }
      epochsWithout = 0
      if rate - rate * factor > Self.leastChange { rate *= factor }
    }
  }
}
