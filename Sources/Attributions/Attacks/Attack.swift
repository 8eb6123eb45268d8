/// An adversarial attack: it seeks a small change of clips after which their model calls them something else.
///
/// A value holds all settings. A clip's random numbers start from the seed whatever clips are with it, so that one
/// value gives one clip the same result, to float32's rounding in another batch; ``Universal`` and targeted
/// ``HopSkipJump`` excepted, whose results depend on all clips.
public protocol Attack: Sendable {
  /// The name on the command line.
  static var name: String { get }
  /// One line for a list, with the paper.
  static var summary: String { get }
  /// Whether the smallest change is sought, which is judged by the budget afterwards; else the most is made of the
  /// budget.
  static var isMinimal: Bool { get }
  /// Whether gradients are asked for; else only the class that is predicted.
  static var usesGradients: Bool { get }

  init(_ settings: AttackSettings)

  /// - Parameter progress: Called with the part that is done, 0 to 1.
  func run(_ clips: AttackedClips, progress: (Double) -> Void) throws(AttackError) -> [AttackedClip]
}

/// What an attack may do.
public struct AttackSettings: Sendable, Hashable, Codable {
  public var budget: AttackBudget
  /// The change lies between these frequencies only, in Hz, by the discrete Fourier transform of the clip's own
  /// samples; on the waveform only. Where a sample would leave −1…1 it is cut there, which also changes other
  /// frequencies.
  public var band: ClosedRange<Double>?
  /// Steps of an attack, each of one gradient or more; what a step is, the attack says.
  public var steps: Int
  /// The number of starts, of attacks that have several: a clip that is not fooled is attacked again from another.
  public var restarts: Int
  public var seed: UInt64

  public init(
    budget: AttackBudget, band: ClosedRange<Double>? = nil, steps: Int = 40, restarts: Int = 1, seed: UInt64 = 1
  ) {
    (self.budget, self.band, self.steps, self.restarts, self.seed) = (budget, band, steps, restarts, seed)
  }

  /// These with another budget.
  public func with(_ budget: AttackBudget) -> AttackSettings {
    var settings = self
    settings.budget = budget
    return settings
  }

  /// Throws where no attack can have these settings.
  func check() throws(AttackError) {
    guard steps > 0 else { throw .value("\(steps) steps; there must be 1 or more") }
    guard restarts > 0 else { throw .value("\(restarts) restarts; there must be 1 or more") }
    switch budget {
    case .ratio(let number), .masked(let number):
      guard (-200...200).contains(number) else {
        throw .value("a budget of \(number) dB; it must be a number from -200 to 200")
      }
    case .largest(let number):
      guard number.isFinite, number >= 0 else {
        throw .value("a budget of \(number); it must be a finite number, 0 or more")
      }
    }
  }
}
