import Tensors

/// A batch norm's mean and variance of each channel, [width], under PyTorch's names: training moves them towards each
/// batch's, and inference uses them.
public struct RunningStatistics {
  public let mean, variance: Parameter
  private let batches: Parameter

  private static let momentum: Float = 0.1  // PyTorch's: a tenth of the way

  public init(_ width: Int, from source: ParameterSource) throws(ParameterError) {
    mean = try source.parameter("running_mean", [width], .zeros, role: .statistic)
    variance = try source.parameter("running_var", [width], .ones, role: .statistic)
    batches = try source.parameter("num_batches_tracked", [], .zeros, role: .counter)
  }

  /// Moves them towards those of a batch with `count` values a channel; the variance is kept unbiased, as PyTorch does.
  public func follow(mean batchMean: Tensor, variance batchVariance: Tensor, count: Int) {
    let unbiased = batchVariance * (Float(count) / Float(max(count - 1, 1)))
    mean.value = mean.value * (1 - Self.momentum) + batchMean * Self.momentum
    variance.value = variance.value * (1 - Self.momentum) + unbiased * Self.momentum
    batches.value = batches.value + 1
  }
}
