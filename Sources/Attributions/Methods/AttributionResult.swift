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
  /// What there is to know before the values are read, if anything.
  public let note: String?

  public init(_ values: Tensor, completeness: Completeness? = nil, layer: String? = nil, note: String? = nil) {
    (self.values, self.completeness, self.layer, self.note) = (values, completeness, layer, note)
  }
}

/// The sum of attributions, and the difference that it should equal.
public struct Completeness: Equatable, Sendable {
  /// The part of the score that no attribution should have.
  public enum Remainder: Equatable, Sendable {
    /// f(baseline).
    case baseline
    /// What biases and other constants have of f(x) in relevance propagation.
    case constants

    /// For a formula: "f(x) − f(baseline)".
    public var words: String { self == .baseline ? "f(baseline)" : "constants' part" }
  }

  /// Σ attributions.
  public let sum: Double
  /// f(x), and f(baseline) or what the ``remainder`` is instead: logits of the target, or differences of two.
  public let score, baselineScore: Double
  public let remainder: Remainder

  public init(sum: Double, score: Double, baselineScore: Double, remainder: Remainder = .baseline) {
    (self.sum, self.score, self.baselineScore, self.remainder) = (sum, score, baselineScore, remainder)
  }

  /// The value of the remainder, if it is this one.
  public func value(of remainder: Remainder) -> Double? { self.remainder == remainder ? baselineScore : nil }

  /// What the attributions should sum to.
  public var difference: Double { score - baselineScore }

  /// Σ attributions − (f(x) − f(baseline)).
  public var gap: Double { sum - difference }

  /// |gap| as a share of |f(x) − f(baseline)|; of relevance, of |f(x)|.
  public var relativeGap: Double { abs(gap) / max(abs(remainder == .baseline ? difference : score), 1e-12) }

  /// The share from which a figure states the gap: 5 %.
  public static let tolerance = 0.05

  /// "12 %": the relative gap, never in scientific notation.
  public var relativeGapText: String {
    relativeGap > 10 ? "more than 1000 %" : String(format: relativeGap < 0.1 ? "%.1f %%" : "%.0f %%", 100 * relativeGap)
  }
}
