import Basics

/// Auto-PGD on the cross-entropy (Croce and Hein 2020, "Reliable evaluation of adversarial robustness with an ensemble
/// of diverse parameter-free attacks", arXiv:2003.01690, algorithm 1): from a random start, with P the projection and d
/// the step of the whole budget along the loss's gradient,
///
///     z = P(x⁽ᵏ⁾ + η d),  x⁽ᵏ⁺¹⁾ = P(x⁽ᵏ⁾ + α (z − x⁽ᵏ⁾) + (1 − α)(x⁽ᵏ⁾ − x⁽ᵏ⁻¹⁾)),  α = 0.75 (1 in the first step),
///
/// where η begins at 2. At checkpoints it is halved, and the search goes back to the best iterate, where in at most
/// 0.75 of the steps since the last one the loss rose, or where η was not halved then and the best loss has not risen
/// since. The first checkpoint is after 0.22 of the steps; each further is 0.03 of them nearer, 0.06 at least, as in
/// the authors' program. Of all iterates of all restarts the best is kept.
public struct APGD: Attack {
  public static let name = "apgd"
  public static let summary = "PGD that chooses its own steps, with momentum (Croce and Hein 2020)"
  public static let isMinimal = false
  public static let usesGradients = true

  private static let momentum: Float = 0.75
  private static let mostStuck = 0.75

  private let settings: AttackSettings

  public init(_ settings: AttackSettings) { self.settings = settings }

  /// A clip's search.
  private struct Search {
    var change: [Float]
    var previous: [Float]
    var slope: [Float] = []
    var loss = -Double.infinity
    var step: Float = 2
    var best: (change: [Float], slope: [Float], loss: Double) = ([], [], -.infinity)
    /// How often the loss rose since the last checkpoint.
    var rises = 0
    var bestAtCheckpoint = -Double.infinity
    var wasHalved = true

    init(_ change: [Float]) { (self.change, previous) = (change, change) }

    mutating func arrive(_ loss: Double, _ slope: [Float]) {
      if loss > self.loss { rises += 1 }
      (self.loss, self.slope) = (loss, slope)
      if loss > best.loss { best = (change, slope, loss) }
    }

    mutating func move(_ allowed: AllowedChange, isFirst: Bool) {
      let last = previous
      previous = change
      let ahead = allowed.project(combined(change, 1, allowed.direction(slope), step))
      guard !isFirst else { return change = ahead }
      let mixed = combined(combined(ahead, momentum, change, 2 - 2 * momentum), 1, last, momentum - 1)
      change = allowed.project(mixed)
    }

    /// - Parameter steps: Since the last checkpoint.
    mutating func check(after steps: Int) {
      let isStuck = Double(rises) <= mostStuck * Double(steps)
      let isHalved = isStuck || (!wasHalved && bestAtCheckpoint >= best.loss)
      if isHalved {
        step /= 2
        // The momentum is towards the best from where the search was, as in the authors' program.
        (change, slope) = (best.change, best.slope)
      }
      (rises, wasHalved, bestAtCheckpoint) = (0, isHalved, best.loss)
    }
  }

  public func run(_ clips: AttackedClips, progress: (Double) -> Void) throws(AttackError) -> [AttackedClip] {
    let run = try AttackRun(clips, settings)
    var best = BestChanges(run)
    var generators = run.numbers.map { _ in SeededGenerator(seed: settings.seed) }
    for restart in 0..<settings.restarts {
      let numbers = run.numbers.filter { restart == 0 || !best.isFooled[$0] }
      guard !numbers.isEmpty else { break }
      ascend(run, numbers, from: numbers.map { run.allowed[$0].random(using: &generators[$0]) }) {
        done, changes, logits in
        best.consider(changes, logits, of: numbers)
        progress((Double(restart) + done) / Double(settings.restarts))
      }
    }
    progress(1)
    return try run.results(best.changes)
  }

  /// - Parameter visit: See ``PGD/ascend(_:_:from:visit:)``.
  func ascend(
    _ run: AttackRun, _ numbers: [Int], from starts: [[Float]],
    visit: (_ done: Double, _ changes: [[Float]], _ logits: [[Double]]) -> Void
  ) {
    let steps = settings.steps
    func share(_ part: Double) -> Int { max(1, Int(part * Double(steps))) }
    var (interval, since) = (share(0.22), 0)
    var searches = starts.map(Search.init)
    func arrive(_ done: Int) {
      let changes = searches.map(\.change)
      let found = run.lossSlopes(changes, of: numbers)
      visit(Double(done) / Double(steps), changes, found.logits)
      for (place, number) in numbers.enumerated() {
        searches[place].arrive(run.loss(found.logits[place], of: number), found.slopes[place])
      }
    }
    arrive(0)
    for place in searches.indices {
      searches[place].bestAtCheckpoint = searches[place].loss
      // The first arrival is not a rise.
      searches[place].rises = 0
    }
    for step in 0..<steps {
      for (place, number) in numbers.enumerated() { searches[place].move(run.allowed[number], isFirst: step == 0) }
      arrive(step + 1)
      since += 1
      guard since == interval else { continue }
      for place in searches.indices { searches[place].check(after: since) }
      (since, interval) = (0, max(interval - share(0.03), share(0.06)))
    }
  }
}
