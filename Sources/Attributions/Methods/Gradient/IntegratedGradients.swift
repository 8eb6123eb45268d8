import Models
import Tensors

/// (x − b) · ∫₀¹ ∂ target / ∂ input at b + α(x − b) dα (Sundararajan, Taly and Yan 2017): sums to f(x) − f(b). Points of the
/// path are closer near the baseline where the model reads the waveform: see `Clip.pathPower`.
public struct IntegratedGradients: AttributionMethod {
  public static let description = MethodDescription(
    "integrated-gradients", .gradient, source: "Sundararajan, Taly and Yan 2017, arXiv:1703.01365",
    summary: "gradients along a path from baseline to clip; sums to f(x) − f(baseline)",
    cost: "\(defaultSteps) gradients", isSigned: true, promisesCompleteness: true,
    defaults: [.steps: "\(defaultSteps)", .baseline: Baseline.standard.name, .quadratureRule: defaultRule.rawValue])

  private static let defaultSteps = 50
  private static let defaultRule = Quadrature.gaussLegendre

  private let steps: Int
  private let rule: Quadrature
  private let baseline: Baseline
  private let seed: UInt64

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) {
    rule = try options.rule(default: Self.defaultRule)
    steps = try options.steps(default: Self.defaultSteps, least: rule == .trapezoid ? 2 : 1)
    baseline = options[.baseline] ?? .standard
    seed = options.seed
  }

  public var parameters: [String: String] {
    ["steps": String(steps), "rule": rule.rawValue, "baseline": baseline.name]
  }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let (input, start) = (clip[space], try baseline.tensor(for: clip, at: space, seed: seed))
    let difference = input - start
    let points = rule.points(steps, power: clip.pathPower)
    let mean = clip.meanGradient(points.map(\.weight), at: space, target: target) { numbers in
      start.moved(by: difference, shares: points[numbers].map { Float($0.place) })
    }
    let values = difference * mean
    return AttributionResult(
      values, completeness: clip.completeness(of: values, baseline: start, at: space, target: target))
  }
}
