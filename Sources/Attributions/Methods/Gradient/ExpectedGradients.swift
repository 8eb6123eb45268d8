import Basics
import Foundation
import Layers
import Models
import Tensors

/// The mean of (x − b) · ∂ target / ∂ input at b + α(x − b) over baselines b sampled from a set of clips and α sampled
/// uniformly from 0 to 1 (Erion et al. 2021); Captum calls it GradientSHAP, after Lundberg and Lee 2017, and can add
/// noise to x.
///
/// Each baseline is drawn equally often, with α = u² and the weight 2u (or a higher power: see `Clip.pathPower`), and one
/// u from each of as many equal parts of 0 to 1. The expected value is the same, and its error is far smaller: near a quiet
/// baseline the score changes most.
public struct ExpectedGradients: AttributionMethod {
  public static let description = MethodDescription(
    "expected-gradients", .gradient, source: "Erion et al. 2021, arXiv:1906.10670 (GradientSHAP)",
    summary: "integrated gradients, averaged over baselines sampled from a set of clips",
    cost: "\(defaultDraws) gradients", isSigned: true, promisesCompleteness: true,
    defaults: MethodOptions.baselineDefaults.merging([.draws: "\(defaultDraws)"]) { $1 })

  private static let defaultDraws = 200

  private let draws: Int
  private let baselines: [Baseline]
  private let seed: UInt64

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) {
    draws = try options.draws(default: Self.defaultDraws)
    baselines = try options.baselines()
    seed = options.seed
  }

  public var parameters: [String: String] {
    ["draws": String(draws), "seed": String(seed), "baseline": baselines.stated]
  }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    var generator = SeededGenerator(seed: seed)
    var starts: [Tensor] = []
    for baseline in baselines { starts.append(try baseline.tensor(for: clip, at: space, seed: seed, fitting: true)) }
    let power = Float(max(2, clip.pathPower))
    let order = generator.shuffled(starts.indices)
    let drawn = (0..<draws).map { draw in
      let (place, part) = (draw % starts.count, draw / starts.count)
      // The first baselines have one draw more where they do not come out even.
      let parts = (draws - place + starts.count - 1) / starts.count
      let root = Float((Double(part) + generator.uniform(in: 0..<1)) / Double(parts))
      return Draw(start: order[place], place: pow(root, power), weight: power * pow(root, power - 1))
    }
    let (values, score) = try Self.attribute(clip, at: space, target: target, starts: starts, draws: drawn)
    return AttributionResult(
      values,
      completeness: Completeness(
        sum: Double(values.sum().scalar), score: clip.score(clip[space], at: space, target: target),
        baselineScore: score))
  }

  /// A point between a baseline and the clip.
  struct Draw {
    /// The index of the baseline.
    let start: Int
    /// α.
    let place: Float
    var weight: Float = 1
  }

  /// - Returns: The mean attribution, and the mean score of the sampled baselines.
  static func attribute(
    _ clip: Clip, at space: InputSpace, target: Target, starts: [Tensor], draws: [Draw]
  ) throws(MethodError) -> (values: Tensor, baselineScore: Double) {
    let input = clip[space]
    var sum = Tensor.zeros(input.shape)
    try clip.inBatches(draws.count) { numbers in
      let batch = draws[numbers]
      let start = Tensor.concatenated(batch.map { starts[$0.start] }, axis: 0)
      let difference = input - start
      let inputs = start.moved(by: difference, shares: batch.map(\.place))
      let gradients = clip.gradient(inputs, at: space, target: target, normalization: .held)
      let weights = Tensor(batch.map(\.weight), shape: [batch.count] + input.shape.dropFirst().map { _ in 1 })
      sum = sum + (difference * gradients * weights).sum(axes: [0])
    }
    let scores = starts.map { clip.score($0, at: space, target: target) }
    return (sum / Float(draws.count), draws.reduce(0) { $0 + scores[$1.start] } / Double(draws.count))
  }
}
