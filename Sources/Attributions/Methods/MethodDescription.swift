/// The properties that all values of a method share: its name, its origin and what its attributions are.
public struct MethodDescription: Sendable {
  /// The method's name on the command line.
  public let name: String
  public let family: MethodFamily
  /// The paper that introduced the method.
  public let source: String
  /// One line for a list.
  public let summary: String
  /// The cost of one clip at one input space, in words: "1 gradient", "50 gradients".
  public let cost: String
  /// Whether values have a sign; without one, only their size has a meaning.
  public let isSigned: Bool
  /// The kind of number that the attributions are, which gives their unit.
  public let quantity: Quantity
  /// Completeness: whether the values should sum to f(x) − f(baseline), or as relevance to f(x) less what constants have.
  public let promisesCompleteness: Bool
  /// Whether the input itself is changed or differentiated, so that a model must depend on it; else a map over time is
  /// laid on it, whichever it is.
  public let goesThroughInput: Bool
  /// How a model that normalises its waveform does so for the inputs that the method makes.
  public let normalization: Normalization
  /// The options that the method reads, each with its default as the command line would have it; the command line
  /// refuses the others.
  public let defaults: [MethodOptions.Name: String]

  public init(
    _ name: String, _ family: MethodFamily, source: String, summary: String, cost: String, isSigned: Bool,
    quantity: Quantity = .score, promisesCompleteness: Bool = false, goesThroughInput: Bool? = nil,
    normalization: Normalization? = nil, defaults: [MethodOptions.Name: String] = [:]
  ) {
    (self.name, self.family, self.source, self.summary) = (name, family, source, summary)
    (self.cost, self.isSigned, self.quantity) = (cost, isSigned, quantity)
    (self.promisesCompleteness, self.defaults) = (promisesCompleteness, defaults)
    self.goesThroughInput = goesThroughInput ?? ![.attention, .control].contains(family)
    // Methods that compare inputs.
    self.normalization = normalization ?? (family == .perturbation || promisesCompleteness ? .held : .own)
  }

  public var options: Set<MethodOptions.Name> { Set(defaults.keys) }
}
