import Models
import Tensors

/// input · ∂ target / ∂ input: the contribution of each part to the score of a linear model.
///
/// A model whose first step is a norm answers the same at any loudness, f(αx) = f(x). Then Σ xᵢ ∂f/∂xᵢ = 0 (Euler's theorem of
/// homogeneous functions): whatever the clip, parts for the target and against it balance.
public struct InputXGradient: GradientMethod {
  public static let description = MethodDescription(
    "input-x-gradient", .gradient, source: "Shrikumar et al. 2016, arXiv:1605.01713",
    summary: "the gradient times the input: each part's contribution to a linear model",
    cost: "1 gradient", isSigned: true)

  public init(_ options: MethodOptions = MethodOptions()) {}

  public func attribute(_ clip: Clip, at space: InputSpace, target: Target) -> AttributionResult {
    let values = attribution(of: clip, at: space, target: target)
    let (sum, size) = (values.sum().scalar, values.absolute().sum().scalar)
    // Values of both signs can sum to little by chance.
    let isBalanced =
      [.waveform, .spectrogram].contains(space) && size > 0 && abs(sum) < 1e-3 * size
      && ignoresLoudness(of: clip, at: space, target: target)
    return AttributionResult(
      values,
      note: isBalanced
        ? "input × gradient sums to 0: the score does not depend on the clip's loudness (Euler's theorem)" : nil)
  }

  /// Whether twice the input has the same score, by the model's own normalisation.
  private func ignoresLoudness(of clip: Clip, at space: InputSpace, target: Target) -> Bool {
    let score = target.score(clip.logits).scalar
    let twice = target.score(clip.logits(clip[space] * 2, at: space, normalization: .own)).scalar
    return abs(twice - score) < 1e-3 * max(abs(score), 1e-3)
  }

  func attribution(of inputs: Tensor, slope: Tensor, at space: InputSpace) -> Tensor { inputs * slope }
}
