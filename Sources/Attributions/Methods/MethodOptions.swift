/// The options of all methods; nil is the method's own default.
public struct MethodOptions: Sendable {
  /// The options' names on the command line.
  public enum Name: String, CaseIterable, Sendable {
    case steps, draws, noise, baseline, background, rule, layer, neuron, around, tile
  }

  /// The number of points on the path from the baseline to the input.
  public var steps: Int?
  /// The number of random samples: noisy copies, baselines or masks.
  public var draws: Int?
  /// The noise's standard deviation, as a share of the input's range.
  public var noise: Double?
  /// The reference input that attributions are measured against.
  public var baseline: Baseline?
  /// Typical clips of the model's data, used as baselines.
  public var background: Background?
  /// The name of a quadrature rule or of an LRP rule.
  public var rule: String?
  /// The name of the layer that is explained.
  public var layer: String?
  /// A channel or a single unit of the layer.
  public var neuron: Neuron?
  /// The name of the method that SmoothGrad, its square or VarGrad averages.
  public var around: String?
  /// The size of the tile that a perturbation hides.
  public var tile: TileSize?
  /// The seed of all random numbers.
  public var seed: UInt64 = 0

  public init() {}

  /// ``draws``, which must be positive.
  func draws(default count: Int) throws(MethodError) -> Int {
    let draws = draws ?? count
    guard draws > 0 else { throw .value(option: "draws", reason: "\(draws) is not a positive number") }
    return draws
  }

  /// ``steps``, at least `least`.
  func steps(default count: Int, least: Int) throws(MethodError) -> Int {
    let steps = steps ?? count
    guard steps >= least else { throw .value(option: "steps", reason: "\(steps) is less than \(least)") }
    return steps
  }

  /// ``rule`` as one of the method's own rules.
  func rule<Rule: RawRepresentable<String> & CaseIterable>(default other: Rule) throws(MethodError) -> Rule {
    guard let rule else { return other }
    guard let named = Rule(rawValue: rule) else {
      let known = Rule.allCases.map(\.rawValue).joined(separator: ", ")
      throw .value(option: "rule", reason: "there is no rule \"\(rule)\"; there is \(known)")
    }
    return named
  }

  /// The baselines of a method that takes several: the clips of ``background``, or ``baseline``, or silence.
  func baselines() throws(MethodError) -> [Baseline] {
    guard let background else { return [baseline ?? .silence] }
    guard baseline == nil else {
      throw .value(option: "baseline", reason: "the baselines are the clips of --background")
    }
    return background.clips.map { .clip($0, name: "a clip of the background") }
  }

  /// The options that have a value.
  public var given: Set<Name> {
    let values: [(Name, Any?)] = [
      (.steps, steps), (.draws, draws), (.noise, noise), (.baseline, baseline),
      (.background, background), (.rule, rule), (.layer, layer), (.neuron, neuron), (.around, around),
      (.tile, tile),
    ]
    return Set(values.filter { $0.1 != nil }.map(\.0))
  }
}
