import Models
import Tensors

/// (x − b) · ∫₀¹ ∂ target / ∂ input at b + α(x − b) dα (Sundararajan, Taly and Yan 2017): sums to f(x) − f(b).
public struct IntegratedGradients: AttributionMethod {
  public static let name = "integrated-gradients"
  public static let family = MethodFamily.gradient
  public static let source = "Sundararajan, Taly and Yan 2017, arXiv:1703.01365"
  public static let summary = "gradients along a path from baseline to clip; sums to f(x) − f(baseline)"
  public static let cost = "50 gradients"
  public static let isSigned = true
  public static let promisesCompleteness = true
  public static let options: Set<MethodOptions.Name> = [.steps, .baseline, .rule]

  private let steps: Int
  private let rule: Quadrature
  private let baseline: Baseline
  private let seed: UInt64

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) {
    rule = try options.rule(default: Quadrature.gaussLegendre)
    steps = try options.steps(default: 50, least: rule == .trapezoid ? 2 : 1)
    baseline = options.baseline ?? .silence
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
    let points = rule.points(steps)
    let mean = clip.meanGradient(points.map(\.weight), at: space, target: target) { numbers in
      let places = Tensor(
        numbers.map { Float(points[$0].place) }, shape: [numbers.count] + input.shape.dropFirst().map { _ in 1 })
      return start + difference * places
    }
    let values = difference * mean
    return AttributionResult(
      values, completeness: clip.completeness(of: values, baseline: start, at: space, target: target))
  }
}
