import Tensors

/// The mean and the variance of a clip's samples, by which a model that normalises its waveform does so.
///
/// A clip in which parts are hidden has another variance, and by its own it would be scaled up as a whole: what is kept
/// would change with what is hidden. So inputs that are compared with a clip are normalised by the clip's numbers.
public struct WaveformScale: Equatable, Sendable {
  public let mean: Double
  /// Σ (x − mean)² / samples.
  public let variance: Double

  /// - Parameter waveform: [1, samples].
  public init(_ waveform: Tensor) {
    (mean, variance) = waveform.withFloats { samples in
      let count = Double(max(samples.count, 1))
      let mean = samples.reduce(0) { $0 + Double($1) } / count
      return (mean, samples.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count)
    }
  }
}
