import Tensors

/// The gradients of one step: the mean over the clips of the batches that make it.
struct StepGradients {
  private var mean: [Tensor] = []
  private var clips = 0
  /// Batches since the last step.
  private(set) var batches = 0

  /// Takes in the gradients of a batch's loss, which is the mean over its clips.
  mutating func add(_ gradients: [Tensor], clips count: Int) {
    (clips, batches) = (clips + count, batches + 1)
    let share = Float(count) / Float(clips)
    mean = batches == 1 ? gradients : zip(mean, gradients).map { $0 * (1 - share) + $1 * share }
  }

  /// The gradients for the step, after which the next one begins.
  /// - Parameter norm: The most that the norm over all of them may be; longer ones are shortened to it as PyTorch's
  ///   `clip_grad_norm_` does. Nil for any.
  mutating func taken(norm: Double?) -> [Tensor] {
    defer { self = StepGradients() }
    guard let norm else { return mean }
    let own = mean.reduce(0) { $0 + Double($1.squared().sum().scalar) }.squareRoot()
    let factor = norm / (own + 1e-6)  // PyTorch's, against a division by 0
    return factor < 1 ? mean.map { $0 * Float(factor) } : mean
  }
}
