import Foundation
import Tensors

/// The attributions of one clip at one input space.
public struct AttributionResult {
  /// Attributions of the shape of the clip's input.
  public let values: Tensor
  /// The completeness check, where the method promises completeness.
  public let completeness: Completeness?
  /// The name of the layer that the method used, if any.
  public let layer: String?

  public init(_ values: Tensor, completeness: Completeness? = nil, layer: String? = nil) {
    (self.values, self.completeness, self.layer) = (values, completeness, layer)
  }
}

/// The sum of attributions, and the difference of scores that it should equal.
public struct Completeness: Equatable, Sendable {
  /// Σ attributions.
  public let sum: Double
  /// f(x), f(baseline): logits of the target, or differences of two.
  public let score, baselineScore: Double

  public init(sum: Double, score: Double, baselineScore: Double) {
    (self.sum, self.score, self.baselineScore) = (sum, score, baselineScore)
  }

  /// Σ attributions − (f(x) − f(baseline)).
  public var gap: Double { sum - (score - baselineScore) }

  /// |gap| as a share of |f(x) − f(baseline)|.
  public var relativeGap: Double { abs(gap) / max(abs(score - baselineScore), 1e-12) }

  /// The share from which a figure states the gap: 5 %.
  public static let tolerance = 0.05

  /// "12 %": the relative gap, never in scientific notation.
  public var relativeGapText: String {
    relativeGap > 10 ? "more than 1000 %" : String(format: relativeGap < 0.1 ? "%.1f %%" : "%.0f %%", 100 * relativeGap)
  }
}
