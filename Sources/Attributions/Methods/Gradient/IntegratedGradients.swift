import Models
import Tensors

/// (x − b) · ∫₀¹ ∂ target / ∂ input at b + α(x − b) dα (Sundararajan, Taly and Yan 2017): sums to f(x) − f(b). Points of the
/// path are closer near the baseline where the model reads the waveform: see `Clip.pathPower`. Such a model bends more along the
/// path too: of four tiny encoders with random weights 50 points miss the sum by 2 to 19 %, 300 by 0.002 logits at most.
public struct IntegratedGradients: AttributionMethod {
  public static let description = MethodDescription(
    "integrated-gradients", .gradient, source: "Sundararajan, Taly and Yan 2017, arXiv:1703.01365",
    summary: "gradients along a path from baseline to clip; sums to f(x) − f(baseline)",
    cost: "\(StraightPath.defaultSteps) gradients", isSigned: true, promisesCompleteness: true,
    defaults: StraightPath.defaults)

  private let path: StraightPath

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) { path = try StraightPath(options) }

  public var parameters: [String: String] { path.parameters }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let start = try path.start(for: clip, at: space)
    let values = try path.integral(from: start, to: clip[space], on: clip, power: clip.pathPower) {
      clip.gradient($0, at: space, target: target, normalization: .held)
    }
    return AttributionResult(
      values, completeness: clip.completeness(of: values, baseline: start, at: space, target: target))
  }
}
