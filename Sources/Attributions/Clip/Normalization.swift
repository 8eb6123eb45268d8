/// The mean and the variance by which a model that normalises its waveform does so for inputs that replace a clip's.
/// Models that do not normalise have the same results with both.
///
/// - A method that explains the model's answer to one input (gradient, saliency, LRP, smoothed gradients) takes the model
///   as it is: the gradient passes through the mean and the variance of the ``own`` input. As such a model answers
///   the same at any loudness, Σ x · ∂ target / ∂ x is 0, as it is behind group norm.
/// - A method that compares inputs (hiding parts, or a path from a baseline: integrated and expected gradients, DeepLIFT,
///   conductances, and the measures of deletion, insertion and infidelity) has them normalised by the clip's numbers,
///   ``held``: hiding a part changes nothing of what is kept, a path in samples is a straight one before the encoder, and
///   a quiet baseline stays quiet. The score of the clip itself is the model's.
///
/// Which it is, ``MethodDescription/normalization`` states of a method, and ``Explanation/normalization`` of an explanation.
public enum Normalization: String, Sendable {
  /// Each input's own.
  case own
  /// The clip's, as constants.
  case held

  /// What it means, in words.
  public var summary: String {
    switch self {
    case .own: "each input is normalised by its own mean and variance"
    case .held: "all inputs are normalised by the clip's mean and variance, held fixed"
    }
  }
}
