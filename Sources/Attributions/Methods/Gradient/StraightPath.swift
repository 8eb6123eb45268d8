import Models
import Tensors

/// The straight path from a baseline to a clip, as methods that integrate along it have it: where it starts, and the points
/// of a quadrature rule on it.
struct StraightPath {
  static let defaultSteps = 50
  private static let defaultRule = Quadrature.gaussLegendre

  /// The options that it reads.
  static let defaults: [MethodOptions.Name: String] = [
    .steps: "\(defaultSteps)", .baseline: Baseline.standard.name, .quadratureRule: defaultRule.rawValue,
  ]

  private let steps: Int
  private let rule: Quadrature
  private let baseline: Baseline
  private let seed: UInt64

  init(_ options: MethodOptions) throws(MethodError) {
    rule = try options.rule(default: Self.defaultRule)
    steps = try options.steps(default: Self.defaultSteps, least: rule == .trapezoid ? 2 : 1)
    baseline = options[.baseline] ?? .standard
    seed = options.seed
  }

  var parameters: [String: String] {
    ["steps": String(steps), "rule": rule.rawValue, "baseline": baseline.name]
  }

  /// The baseline's input at a space.
  func start(for clip: Clip, at space: InputSpace) throws(MethodError) -> Tensor {
    try baseline.tensor(for: clip, at: space, seed: seed)
  }

  /// (end − start) · ∫₀¹ slope(start + α(end − start)) dα.
  /// - Parameters:
  ///   - power: The p with which points lie at αᵖ: see `Clip.pathPower`.
  ///   - slope: Of a batch of points [points, …], of their shape.
  func integral(
    from start: Tensor, to end: Tensor, on clip: Clip, power: Double = 1, slope: (Tensor) -> Tensor
  ) throws(MethodError) -> Tensor {
    let difference = end - start
    let points = rule.points(steps, power: power)
    return try difference
      * clip.mean(points.map(\.weight)) { numbers in
        slope(start.moved(by: difference, shares: points[numbers].map { Float($0.place) }))
      }
  }
}

extension Clip {
  /// The p with which the points of a path from a baseline to the clip lie at uᵖ for even u.
  ///
  /// A network that reads the waveform normalises it, by group or layer norm in its first convolutions, and answers the
  /// same at any loudness well above the √ε of that norm: from silence on, all changes within the first hundredths of the
  /// path.
  var pathPower: Double { model.kind.input == .waveform ? 4 : 1 }
}

extension Tensor {
  /// The points start + share · difference of the straight path from this start, one for each share: [shares, …].
  /// - Parameter difference: The end of the path minus its start; both may be batches of as many as there are shares.
  func moved(by difference: Tensor, shares: [Float]) -> Tensor {
    self + difference * Tensor(shares, shape: [shares.count] + shape.dropFirst().map { _ in 1 })
  }
}
