import Foundation
import Models
import Tensors

/// Integrated gradients along a path on which the clip's rows are blurred less and less over frequency (Xu, Venugopalan
/// and Sundararajan 2020): Σ ∂ target / ∂ input at the middle of each step · the step, from a Gaussian blur as wide as
/// the input down to the clip itself. No baseline has to be chosen, and the path adds no sound that the clip does not
/// have.
public struct BlurredIntegratedGradients: AttributionMethod {
  public static let description = MethodDescription(
    "blurred-integrated-gradients", .gradient, source: "Xu, Venugopalan and Sundararajan 2020, arXiv:2004.03383",
    summary: "integrated gradients from the blurred clip; no baseline to choose",
    cost: "\(defaultSteps) gradients", isSigned: true, promisesCompleteness: true,
    defaults: [.stepsOfOneRule: "\(defaultSteps)"])

  private static let defaultSteps = 50

  private let steps: Int

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) {
    steps = try options.steps(default: Self.defaultSteps, least: 1)
  }

  public var parameters: [String: String] { ["steps": String(steps), "baseline": "blurred over frequency"] }

  public func checkApplies(to clip: Clip, at space: InputSpace) throws(MethodError) {
    guard space != .waveform else {
      throw .inapplicable(
        method: name, model: clip.model.name,
        reason: "the waveform has no axis of frequency; --input spectrogram, mel or mfcc has")
    }
  }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    try checkApplies(to: clip, at: space)
    let input = clip[space]
    let rows = input.shape[2]
    /// The input at a share of the path, blurred by a Gaussian whose width falls as a square, so that steps near the
    /// clip are small.
    func point(_ share: Double) -> Tensor {
      share == 1
        ? input : Self.blur(rows: rows, deviation: Double(rows) * (1 - share) * (1 - share)).matrixProduct(input)
    }
    var values = Tensor.zeros(input.shape)
    try clip.inBatches(steps) { batch in
      let middles = Tensor.concatenated(batch.map { point((Double($0) + 0.5) / Double(steps)) }, axis: 0)
      let ends = Tensor.concatenated(
        batch.map { point(Double($0 + 1) / Double(steps)) - point(Double($0) / Double(steps)) }, axis: 0)
      let slopes = clip.gradient(middles, at: space, target: target, normalization: .held)
      values = values + (ends * slopes).sum(axes: [0])
    }
    return AttributionResult(
      values, completeness: clip.completeness(of: values, baseline: point(0), at: space, target: target))
  }

  /// A Gaussian over rows whose weights sum to one at every row, the edges included: [rows, rows].
  static func blur(rows: Int, deviation: Double) -> Tensor {
    let weights = (0..<rows).flatMap { row -> [Float] in
      let line = (0..<rows).map { other in
        deviation > 0 ? exp(-0.5 * pow(Double(other - row) / deviation, 2)) : (other == row ? 1 : 0)
      }
      let sum = line.reduce(0, +)
      return line.map { Float($0 / sum) }
    }
    return Tensor(weights, shape: [rows, rows])
  }
}
