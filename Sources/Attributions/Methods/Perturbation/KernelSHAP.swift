import Basics
import Models
import Tensors

/// Shapley values of time-frequency tiles, by least squares over coalitions sampled with the Shapley kernel's weights
/// (n − 1)/((n over s) s (n − s)), each with its complement, the sum held at f(x) − f(baseline) (Lundberg and Lee
/// 2017).
public struct KernelSHAP: MaskingMethod {
  public static let description = MethodDescription(
    "kernel-shap", .perturbation, source: "Lundberg and Lee 2017, arXiv:1705.07874",
    summary: "Shapley values of tiles: what each adds to the score, over sets of others",
    cost: "\(MaskingOptions.defaultDraws) predictions", isSigned: true, promisesCompleteness: true,
    defaults: MaskingOptions.defaults)

  let masking: MaskingOptions

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) { masking = try MaskingOptions(options) }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let game = try game(clip, at: space, target: target)
    var generator = SeededGenerator(seed: masking.seed)
    let ends = try game.scores([game.players.map { _ in false }, game.players.map { _ in true }]).map(Double.init)
    let coalitions = Self.coalitions(of: game.players.count, draws: masking.draws, using: &generator)
    let worth = try Self.worth(
      coalitions, scores: game.scores(coalitions).map(Double.init), nothing: ends[0], everything: ends[1])
    let values = game.attribution(worth)
    return AttributionResult(
      values,
      completeness: Completeness(sum: worth.reduce(0, +), score: ends[1], baselineScore: ends[0]))
  }

  /// Random coalitions, neither empty nor whole, their sizes sampled with the kernel's weight, each followed by its
  /// complement.
  static func coalitions(of count: Int, draws: Int, using generator: inout SeededGenerator) -> [[Bool]] {
    guard count > 1 else { return [] }
    let weights = (1..<count).map { 1 / (Double($0) * Double(count - $0)) }
    let total = weights.reduce(0, +)
    return (0..<max(1, draws / 2)).flatMap { _ in
      var rest = generator.uniform(in: 0..<1) * total
      let size =
        1
        + (weights.firstIndex {
          rest -= $0; return rest < 0
        } ?? count - 2)
      var heard = [Bool](repeating: false, count: count)
      for player in (0..<count).shuffled(using: &generator).prefix(size) { heard[player] = true }
      return [heard, heard.map { !$0 }]
    }
  }

  /// The players' worths by least squares of the scores, their sum fixed: the last worth is the total less the others.
  static func worth(_ coalitions: [[Bool]], scores: [Double], nothing: Double, everything: Double) -> [Double] {
    guard let count = coalitions.first?.count else { return [everything - nothing] }
    let last = count - 1
    let rows = coalitions.map { heard in (0..<last).map { (heard[$0] ? 1.0 : 0) - (heard[last] ? 1 : 0) } }
    let values = zip(coalitions, scores).map { heard, score in
      score - nothing - (heard[last] ? everything - nothing : 0)
    }
    let found = leastSquares(rows, values, ridge: 1e-9)
    return found + [everything - nothing - found.reduce(0, +)]
  }
}
