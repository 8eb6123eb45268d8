import Models
import Tensors

/// (x − b) · m with the multipliers m of the rescale rule, which are Δy/Δx from a baseline b instead of dy/dx
/// (Shrikumar, Greenside and Kundaje 2017); over several baselines their mean (DeepSHAP, Lundberg and Lee 2017).
///
/// The values sum to f(x) − f(b) in networks with pooling, attention and LSTM too: see `BackwardRule.rescale`.
public struct DeepLIFT: RuleMethod {
  public static let description = MethodDescription(
    "deeplift", .modifiedBackward, source: "Shrikumar, Greenside and Kundaje 2017, arXiv:1704.02685 (rescale rule)",
    summary: "differences from a baseline in one pass; sum to f(x) − f(baseline)",
    cost: "2 gradients a baseline", isSigned: true, promisesCompleteness: true,
    defaults: MethodOptions.baselineDefaults)

  private let baselines: [Baseline]
  private let seed: UInt64

  let backwardRule = BackwardRule.rescale

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) {
    baselines = try options.baselines()
    seed = options.seed
  }

  public var parameters: [String: String] { ["baseline": baselines.stated] }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let input = clip[space]
    var sum = Tensor.zeros(input.shape)
    var score = 0.0
    let pairs = max(1, clip.batch / 2)
    for first in stride(from: 0, to: baselines.count, by: pairs) {
      try clip.progress?(first, baselines.count)
      var starts: [Tensor] = []
      for baseline in baselines[first..<min(first + pairs, baselines.count)] {
        starts.append(try baseline.tensor(for: clip, at: space, seed: seed, fitting: baselines.count > 1))
      }
      let start = Tensor.concatenated(starts, axis: 0)
      let halves = Tensor.concatenated([input.broadcast(to: start.shape), start], axis: 0)
      let multiplier = try gradient(halves, of: clip, at: space, target: target)
        .slice(axis: 0, 0..<starts.count)
      sum = sum + ((input - start) * multiplier).sum(axes: [0])
      score += starts.reduce(0) { $0 + clip.score($1, at: space, target: target) }
    }
    let values = sum / Float(baselines.count)
    return AttributionResult(
      values,
      completeness: Completeness(
        sum: Double(values.sum().scalar), score: clip.score(input, at: space, target: target),
        baselineScore: score / Double(baselines.count)))
  }
}
