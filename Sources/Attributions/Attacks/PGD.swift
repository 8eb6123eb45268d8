import Basics

/// Projected gradient descent (Madry et al. 2018, "Towards deep learning models resistant to adversarial attacks",
/// arXiv:1706.06083): x ← P(x + α d), with P the projection onto what is allowed and d the step of the whole budget
/// along the loss's gradient (ε sign g in a box, r g/‖g‖ in a ball), from a random start. α is 2.5 / steps: the steps
/// reach across the budget, and back. Of all iterates of all restarts the best is kept.
public struct PGD: Attack {
  public static let name = "pgd"
  public static let summary = "projected gradient steps from random starts (Madry et al. 2018)"
  public static let isMinimal = false
  public static let usesGradients = true

  private let settings: AttackSettings
  /// Whether a run starts from a random change, or else from the clip itself; then every restart would be the same.
  var startsAtRandom = true
  /// α.
  var step: Double

  public init(_ settings: AttackSettings) {
    self.settings = settings
    step = 2.5 / Double(max(1, settings.steps))
  }

  public func run(_ clips: AttackedClips, progress: (Double) -> Void) throws(AttackError) -> [AttackedClip] {
    let run = try AttackRun(clips, settings)
    var best = BestChanges(run)
    var generators = run.numbers.map { _ in SeededGenerator(seed: settings.seed) }
    for restart in 0..<settings.restarts {
      let numbers = run.numbers.filter { restart == 0 || !best.isFooled[$0] }
      guard !numbers.isEmpty else { break }
      let starts = numbers.map { number in
        startsAtRandom ? run.allowed[number].random(using: &generators[number]) : run.allowed[number].none
      }
      ascend(run, numbers, from: starts) { done, changes, logits in
        best.consider(changes, logits, of: numbers)
        progress((Double(restart) + done) / Double(settings.restarts))
      }
    }
    progress(1)
    return try run.results(best.changes)
  }

  /// - Parameter visit: Called with the part of the steps that is done, and with the iterates of these clips and their
  ///   logits.
  func ascend(
    _ run: AttackRun, _ numbers: [Int], from starts: [[Float]],
    visit: (_ done: Double, _ changes: [[Float]], _ logits: [[Double]]) -> Void
  ) {
    var changes = starts
    for number in 0..<settings.steps {
      let found = run.lossSlopes(changes, of: numbers)
      visit(Double(number) / Double(settings.steps), changes, found.logits)
      for (place, clip) in numbers.enumerated() {
        let allowed = run.allowed[clip]
        changes[place] = allowed.project(
          combined(changes[place], 1, allowed.direction(found.slopes[place]), Float(step)))
      }
    }
    visit(1, changes, run.logits(changes, of: numbers))
  }
}

/// a · x + b · y.
func combined(_ x: [Float], _ a: Float, _ y: [Float], _ b: Float) -> [Float] { zip(x, y).map { a * $0 + b * $1 } }
