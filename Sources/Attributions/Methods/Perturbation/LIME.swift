import Basics
import Foundation
import Models
import Tensors

/// The coefficients of a linear model of the score near the clip: each tile is hidden with probability 1/2, samples
/// weighted by exp(−d²/0.25²) with d the cosine distance to the whole clip, ridge regression (Ribeiro, Singh and
/// Guestrin 2016).
public struct LIME: MaskingMethod {
  public static let description = MethodDescription(
    "lime", .perturbation, source: "Ribeiro, Singh and Guestrin 2016, arXiv:1602.04938",
    summary: "a linear model of the score near the clip, over time-frequency tiles",
    cost: "\(MaskingOptions.defaultDraws) predictions", isSigned: true, defaults: MaskingOptions.defaults)

  let masking: MaskingOptions

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) { masking = try MaskingOptions(options) }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let game = try game(clip, at: space, target: target)
    var generator = SeededGenerator(seed: masking.seed)
    // The first sample is the clip itself.
    let coalitions = (0..<masking.draws).map { draw in
      game.players.map { _ in draw == 0 || generator.uniform(in: 0..<1) < 0.5 }
    }
    let worth = try Self.worth(coalitions, scores: game.scores(coalitions).map(Double.init))
    return AttributionResult(game.attribution(worth))
  }

  /// The coefficient of each player, without the constant term of the fit.
  static func worth(_ coalitions: [[Bool]], scores: [Double]) -> [Double] {
    let count = coalitions[0].count
    let weights = coalitions.map { heard in
      let distance = 1 - (Double(heard.count { $0 }) / Double(max(1, count))).squareRoot()
      return exp(-distance * distance / (0.25 * 0.25)).squareRoot()
    }
    let rows = zip(coalitions, weights).map { heard, weight in heard.map { $0 ? weight : 0 } + [weight] }
    return Array(leastSquares(rows, zip(scores, weights).map { $0 * $1 }, ridge: 1, constant: true).dropLast())
  }
}
