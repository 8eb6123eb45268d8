import Models

/// What the classes' probabilities are to be in training, by a recipe: labels smoothed, and classes weighted.
struct TrainingTargets {
  private let smoothing: Float
  /// [classes]: the factors on the targets, whose mean over the training clips is 1.
  private let weights: [Float]

  /// Nil where a recipe leaves labels as they are.
  init?(_ recipe: Recipe, classes: Int, of training: FeatureSet) {
    guard classes > 0, recipe.labelSmoothing > 0 || recipe.classWeights != .equal else { return nil }
    smoothing = Float(recipe.labelSmoothing)
    guard recipe.classWeights == .balanced else {
      weights = Array(repeating: 1, count: classes)
      return
    }
    var counts = [Int](repeating: 0, count: classes)
    for clip in training.clips { if let label = clip.label { counts[label] += 1 } }
    let (all, present) = (counts.reduce(0, +), counts.count { $0 > 0 })
    // A class without clips is in no target of a label, and takes its part of the smoothing as it is.
    weights = counts.map { $0 == 0 ? 1 : Float(all) / Float(present * $0) }
  }

  /// The truth of a batch with its targets smoothed and weighted.
  func applied(to truth: FeatureSet.Truth) -> FeatureSet.Truth {
    guard let own = truth.targets(classes: weights.count) else { return truth }
    var truth = truth
    truth.targets = own.map { row in
      row.indices.map { weights[$0] * ((1 - smoothing) * row[$0] + smoothing / Float(row.count)) }
    }
    return truth
  }
}

extension FeatureSet.Truth {
  /// What the classes' probabilities are to be, [batch][classes]: the targets, or 1 for the label; nil without classes.
  func targets(classes: Int) -> [[Float]]? {
    targets ?? labels?.map { label in (0..<classes).map { $0 == label ? 1 : 0 } }
  }
}
