import Basics
import Encoders
import Layers
import Models
import Tensors

/// What linear classifiers read from each state of an encoder that is left as it is: which layer knows the emotion.
///
/// A classifier of the mean over steps (features standardised on its training clips) is trained for each state on all
/// folds but one and tried on that one. A control of the same kind learns labels that are shuffled among the training clips:
/// what it reaches, any vectors of that size would give (Hewitt and Liang 2019, arXiv:1909.03368).
public struct LayerProbes: Sendable {
  /// For each state, from the first layer's input on, whether each clip's emotion was found.
  public internal(set) var correct: [[Bool]]
  /// The same of the control.
  public internal(set) var control: [[Bool]]

  /// Full-batch steps of AdamW for a classifier: losses no longer fall after so many on standardised features.
  private static let steps = 120
  private static let rate = 0.02, decay = 0.05

  /// - Parameters:
  ///   - set: Clips with an encoder's pooled states, each with a label.
  ///   - folds: The indices of the clips that each fold tries; the others train it.
  ///   - classes: The number of labels.
  ///   - progress: Called after each state with the number done.
  /// - Returns: Nil where `shouldStop` was true before a state.
  public init?(
    _ set: FeatureSet, folds: [[Int]], classes: Int, seed: UInt64, progress: (Int) -> Void = { _ in },
    shouldStop: () -> Bool = { false }
  ) {
    let pooled = set.clips.map { clip in
      guard let encoded = clip.encoded, encoded.stage == .pooled else { fault("a clip without pooled states") }
      return encoded.values.tensor
    }
    let labels = set.clips.map { $0.label! }
    let states = pooled[0].shape[1]
    (correct, control) = ([], [])
    for state in 0..<states {
      if shouldStop() { return nil }
      let features = Tensor.concatenated(pooled.map { $0.slice(axis: 1, state..<(state + 1)) }, axis: 0)
        .reshaped([pooled.count, -1])
      var found = [[Bool]](repeating: Array(repeating: false, count: labels.count), count: 2)
      for (number, fold) in folds.enumerated() {
        let held = Set(fold)
        let training = labels.indices.filter { !held.contains($0) }
        var generator = SeededGenerator(seed: seed &+ UInt64(number))
        let own = training.map { labels[$0] }
        for (kind, taught) in [own, generator.shuffled(own)].enumerated() {
          let predicted = Self.predictions(
            features.rows(training), taught, of: features.rows(fold), classes: classes, seed: seed)
          for (clip, label) in zip(fold, predicted) { found[kind][clip] = label == labels[clip] }
        }
      }
      correct.append(found[0])
      control.append(found[1])
      progress(state + 1)
    }
  }

  /// The labels of `tried` by a classifier that is trained on rows of features and their labels.
  private static func predictions(
    _ training: Tensor, _ labels: [Int], of tried: Tensor, classes: Int, seed: UInt64
  ) -> [Int] {
    let mean = training.mean(axes: [0])
    let deviation = ((training - mean).squared().mean(axes: [0]) + 1e-8).squareRoot()
    let x = (training - mean) / deviation
    guard let linear = try? Linear(from: x.shape[1], to: classes, from: .drawn(seed: seed)) else {
      fault("a linear map that cannot be drawn")
    }
    let optimizer = Adam(.adamw, parts: [Recipe.Part("", weightDecay: decay)], of: linear)
    for _ in 0..<steps {
      let pass = ForwardPass(.training, learning: optimizer.parameters)
      let loss = linear(x, pass).crossEntropy(labels: labels)
      optimizer.step(pass.gradients(of: loss, at: optimizer.parameters), rate: rate)
    }
    let logits = linear((tried - mean) / deviation, .inference).floats
    return (0..<tried.shape[0]).map { row in
      let own = logits[(row * classes)..<((row + 1) * classes)]
      return own.indices.max { own[$0] < own[$1] }! - own.startIndex
    }
  }
}
