/// The options of all methods by name, `options[.steps] = 100`; nil is the method's own default.
public struct MethodOptions: Sendable {
  /// An option of methods, as the command line has it.
  ///
  /// The compiler does not check a class with subclasses for `Sendable`; this one holds nothing but constants.
  public class Name: Hashable, @unchecked Sendable {
    public let name: String
    /// The placeholder of the option's value in a help text.
    public let valueName: String
    /// What the option does, with its unit or its values, for a help text.
    public let summary: String

    fileprivate init(_ name: String, _ valueName: String, _ summary: String) {
      (self.name, self.valueName, self.summary) = (name, valueName, summary)
    }

    public static func == (first: Name, second: Name) -> Bool { first.name == second.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
  }

  /// An option whose value has a type.
  public final class Key<Value: Sendable>: Name, @unchecked Sendable {}

  private var values: [Name: any Sendable] = [:]
  /// The seed of all random numbers.
  public var seed: UInt64 = 0

  public init() {}

  public subscript<Value>(key: Key<Value>) -> Value? {
    get { values[key] as? Value }
    set { values[key] = newValue }
  }

  /// The options that have a value.
  public var given: Set<Name> { Set(values.keys) }

  /// The same without the options of other names.
  func only(_ names: Set<Name>) -> MethodOptions {
    var options = self
    options.values = values.filter { names.contains($0.key) }
    return options
  }
}

extension MethodOptions.Name {
  public static let baseline = MethodOptions.Key<Baseline>(
    "baseline", "baseline",
    """
    The reference input that attributions are measured against: silence, zero, blurred, noise:DECIBELS (0 or less, \
    re a full-scale sine), file:PATH, or mean (of --background).
    """)
  public static let background = MethodOptions.Key<Background>(
    "background", "file",
    """
    A manifest of typical clips, of which at most \(Background.mostClips) are sampled: the baselines of a method that \
    takes several, or, with --baseline mean, of any method with a baseline.
    """)
  public static let steps = MethodOptions.Key<Int>(
    "steps", "count",
    "The number of points on the path from the baseline to the clip: 1 or more, with --rule trapezoid 2 or more.")
  /// ``steps`` of a method whose rule cannot be chosen.
  static let stepsOfOneRule = MethodOptions.Key<Int>(
    "steps", "count", "The number of points on the path: 1 or more.")
  public static let draws = MethodOptions.Key<Int>(
    "draws", "count", "The number of random samples (noisy copies, baselines or masks): 1 or more.")
  public static let noise = MethodOptions.Key<Double>(
    "noise", "share", "The noise's standard deviation, as a share of the input's range: 0 or more.")
  public static let rule = MethodOptions.Key<String>(
    "rule", "name",
    """
    The quadrature rule along a path (\(names(Quadrature.self))), the rule by which LRP shares relevance \
    (\(names(LRP.Rule.self))), or the way through the layers of value zeroing (\(names(ValueZeroing.Rule.self))).
    """)
  /// ``rule`` of a method with a path, and of LRP: the same option, with the words for that method alone.
  static let quadratureRule = MethodOptions.Key<String>(
    "rule", "name", "The quadrature rule along the path: \(names(Quadrature.self)).")
  static let relevanceRule = MethodOptions.Key<String>(
    "rule", "name", "The rule by which relevance is shared: \(names(LRP.Rule.self)).")
  public static let per = MethodOptions.Key<String>(
    "per", "unit",
    """
    The unit of the slope on the waveform and the spectrogram: dB (of each element's level) or amplitude (the plain \
    derivative).
    """)
  public static let layer = MethodOptions.Key<String>(
    "layer", "name",
    "The layer to explain, such as blocks.2 or encoder.layers.11; the error about an unknown name lists them.")
  public static let neuron = MethodOptions.Key<Neuron>(
    "neuron", "unit",
    "The unit of the layer: channel (12) or channel,row,frame (12,3,20; 12,0,20 of frames), each counted from 0.")
  public static let around = MethodOptions.Key<String>(
    "around", "method", "The method whose attributions of noisy copies are averaged; any that adds no noise itself.")
  public static let tile = MethodOptions.Key<TileSize>(
    "tile", "size", "The size of the hidden tiles: seconds x Hz, each above 0, such as 0.1x500.")

  private static func names<Choice: CaseIterable & RawRepresentable<String>>(_ choice: Choice.Type) -> String {
    Choice.allCases.map(\.rawValue).joined(separator: ", ")
  }
}

extension MethodOptions {
  /// The value of ``Name/draws``, which must be positive.
  func draws(default count: Int) throws(MethodError) -> Int {
    let draws = self[.draws] ?? count
    guard draws > 0 else { throw .value(option: "draws", reason: "\(draws) is not a positive number") }
    return draws
  }

  /// The value of ``Name/steps``, at least `least`.
  func steps(default count: Int, least: Int) throws(MethodError) -> Int {
    let steps = self[.steps] ?? count
    guard steps >= least else { throw .value(option: "steps", reason: "\(steps) is less than \(least)") }
    return steps
  }

  /// The value of ``Name/rule`` as one of the method's own rules.
  func rule<Rule: RawRepresentable<String> & CaseIterable>(default other: Rule) throws(MethodError) -> Rule {
    guard let rule = self[.rule] else { return other }
    guard let named = Rule(rawValue: rule) else {
      let known = Rule.allCases.map(\.rawValue).joined(separator: ", ")
      throw .value(option: "rule", reason: "there is no rule \"\(rule)\"; there is \(known)")
    }
    return named
  }

  /// The defaults of the options that ``baselines()`` reads.
  static let baselineDefaults: [Name: String] = [
    .baseline: Baseline.standard.name, .background: "none",
  ]

  /// The baselines of a method that takes several: the clips of ``Name/background``, or ``Name/baseline``, or the standard one.
  func baselines() throws(MethodError) -> [Baseline] {
    guard let background = self[.background] else { return [self[.baseline] ?? .standard] }
    guard self[.baseline] == nil else {
      throw .value(option: "baseline", reason: "the baselines are the clips of --background")
    }
    return background.clips.map { .clip($0, name: "a clip of the background") }
  }
}
