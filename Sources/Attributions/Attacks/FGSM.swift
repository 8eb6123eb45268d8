/// The fast gradient sign method (Goodfellow et al. 2015, "Explaining and harnessing adversarial examples",
/// arXiv:1412.6572): one step of the whole budget along the loss's gradient, x + ε sign ∂L/∂x; in a ball x + r g/‖g‖.
/// Steps, restarts and the seed are not used.
public struct FGSM: Attack {
  public static let name = "fgsm"
  public static let summary = "one step along the gradient's sign (Goodfellow et al. 2015)"
  public static let isMinimal = false
  public static let usesGradients = true

  private let settings: AttackSettings

  public init(_ settings: AttackSettings) { self.settings = settings }

  public func run(_ clips: AttackedClips, progress: (Double) -> Void) throws(AttackError) -> [AttackedClip] {
    let run = try AttackRun(clips, settings)
    let found = run.lossSlopes(run.allowed.map(\.none), of: run.numbers)
    progress(1)
    return try run.results(zip(run.allowed, found.slopes).map { $0.project($0.direction($1)) })
  }
}
