import Basics

/// One change for all clips (Moosavi-Dezfooli et al. 2017, "Universal adversarial perturbations", arXiv:1610.08401),
/// found as Shafahi et al. do (2020, arXiv:1811.11304), by projected gradient steps on the clips' mean loss, of which
/// each is cut at β = 9, so that no clip that is fooled already rules the others: v ← P(v + α d), where each clip is
/// changed by what of v lies in its own samples or frames, and α is 2.5 / steps. P is the
/// projection onto what is allowed in all clips: the smallest radius, the lowest threshold of each bin. The first start
/// is no change, others are random; the start's end with the most clips fooled is kept, of equal ones that of the
/// larger loss.
public struct Universal: Attack {
  public static let name = "universal"
  public static let summary = "one change for all clips, by steps on their mean loss (Moosavi-Dezfooli et al. 2017)"
  public static let isMinimal = false
  public static let usesGradients = true

  /// β, the paper's.
  static let mostLoss = 9.0

  private let settings: AttackSettings

  public init(_ settings: AttackSettings) { self.settings = settings }

  public func run(_ clips: AttackedClips, progress: (Double) -> Void) throws(AttackError) -> [AttackedClip] {
    try attack(clips, progress: progress).clips
  }

  /// The change, of the shape of a clip's input at the place, and the clips after it.
  public func attack(
    _ clips: AttackedClips, progress: (Double) -> Void = { _ in }
  ) throws(AttackError) -> (perturbation: [Float], clips: [AttackedClip]) {
    let run = try AttackRun(clips, settings)
    let common = AllowedChange(strictestOf: run.allowed)
    /// What each clip takes of a change.
    func shares(_ change: [Float]) -> [[Float]] { run.allowed.map { $0.project(change) } }
    var generator = SeededGenerator(seed: settings.seed)
    var best: (change: [Float], fooled: Int, loss: Double) = (common.none, -1, -.infinity)
    for restart in 0..<settings.restarts {
      var change = restart == 0 ? common.none : common.random(using: &generator)
      func consider(_ logits: [[Double]]) {
        let fooled = run.numbers.count { run.isFooled(logits[$0], $0) }
        let loss = run.numbers.reduce(0.0) { $0 + min(run.loss(logits[$1], of: $1), Self.mostLoss) }
        if (fooled, loss) > (best.fooled, best.loss) { best = (change, fooled, loss) }
      }
      for step in 0..<settings.steps {
        let found = run.slopes(shares(change), of: run.numbers) { number, logits in
          Self.weights(logits, run, number)
        }
        consider(found.logits)
        var slope = common.none
        for (allowed, own) in zip(run.allowed, found.slopes) { slope = combined(slope, 1, allowed.supported(own), 1) }
        change = common.project(combined(change, 1, common.direction(slope), Float(2.5 / Double(settings.steps))))
        progress((Double(restart) + Double(step + 1) / Double(settings.steps)) / Double(settings.restarts))
      }
      consider(run.logits(shares(change), of: run.numbers))
    }
    return (best.change, try run.results(shares(best.change)))
  }

  /// ``attack(_:progress:)``, and other clips of the same length after the same change, which was not fitted to them: each has
  /// what of it lies in its own samples or frames, and within its own budget.
  public func attack(
    _ clips: AttackedClips, others: AttackedClips, progress: (Double) -> Void = { _ in }
  ) throws(AttackError) -> (clips: [AttackedClip], others: [AttackedClip]) {
    let found = try attack(clips, progress: progress)
    let run = try AttackRun(others, settings)
    return (found.clips, try run.results(run.allowed.map { $0.project(found.perturbation) }))
  }

  /// ∂ min(loss, β) / ∂ logit.
  static func weights(_ logits: [Double], _ run: AttackRun, _ number: Int) -> [Double] {
    run.loss(logits, of: number) < mostLoss ? run.lossWeights(logits, of: number) : logits.map { _ in 0 }
  }
}
