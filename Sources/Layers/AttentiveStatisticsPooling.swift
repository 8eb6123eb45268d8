import Tensors

/// The mean and the deviation of each feature over the steps, weighted by attention (Okabe, Koshinaka and Shinoda 2018): with
/// α = softmax over steps of vᵀ tanh(W x + b), μ = Σ α x and σ = √(Σ α x² − μ²).
public final class AttentiveStatisticsPooling: Layer {
  private let hidden: Linear
  private let score: LinearMap
  public let parameters: [Parameter]
  /// Under the root, where a feature does not change.
  private let epsilon: Float = 1e-4

  /// - Parameter attention: Features of the attention's middle.
  public init(from features: Int, attention: Int, from source: ParameterSource) throws(ParameterError) {
    hidden = try Linear(from: features, to: attention, from: source.part("hidden"))
    score = try LinearMap(from: attention, to: 1, from: source.part("score"))
    parameters = source.taken
  }

  /// [batch, steps, features] → [batch, 2 · features], the means first.
  ///
  /// An observer of the pass receives `attention.weights` and `attention.values` as of a ``ChannelAttention`` whose channels are
  /// the steps: each output takes the same share of a step, and a step's values are 1 at its own place in time.
  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let scores = score(hidden(x, pass).hyperbolicTangent(), pass)  // [batch, steps, 1]
    let weights = pass.attending(by: observed(scores.transposed().softmax(), pass))  // [batch, 1, steps]
    let mean = weights.matrixProduct(x)
    let variance = weights.matrixProduct(x.squared()) - mean.squared()
    let deviation = variance.maximum(Tensor(epsilon)).squareRoot()
    return .concatenated([mean, deviation], axis: 2).reshaped([-1, 2 * x.shape[2]])
  }

  private func observed(_ weights: Tensor, _ pass: ForwardPass) -> Tensor {
    guard pass.isObserved else { return weights }
    let (batch, steps) = (weights.shape[0], weights.shape[2])
    let square = weights.reshaped([batch, 1, 1, steps]).broadcast(to: [batch, 1, steps, steps])
    let found = pass.observed(square, as: "attention.weights", .channelAttention)
    let places = (0..<(steps * steps)).map { Float($0 / steps == $0 % steps ? 1 : 0) }
    _ = pass.observed(
      Tensor(places, shape: [1, 1, steps, steps]).broadcast(to: [batch, 1, steps, steps]), as: "attention.values",
      .channelValues(rows: 1, columns: steps))
    return found.slice(axis: 2, 0..<1).reshaped([batch, 1, steps])
  }
}
