import Basics

/// DeepFool (Moosavi-Dezfooli et al. 2016, "DeepFool: a simple and accurate method to fool deep neural networks",
/// arXiv:1511.04599, algorithm 2) in the 2-norm: the classes' boundaries are taken for planes, and the nearest is
/// stepped onto,
///
///     l = argmin |f_k − f₀| / ‖w_k‖,  x ← x + 1.02 |f_l − f₀| w_l / ‖w_l‖²,  w_k = ∂(f_k − f₀)/∂x,
///
/// over the classes k other than the predicted one, 0, until the model says another; of a targeted attack l is the
/// target, and 0 the class that is predicted after the last step. The overshoot of 0.02 is the paper's, taken in each
/// step as in the authors' program. A step takes a gradient for each class. Restarts and the seed are not used.
public struct DeepFool: Attack {
  public static let name = "deepfool"
  public static let summary = "steps onto the nearest boundary, as if it were flat (Moosavi-Dezfooli et al. 2016)"
  public static let isMinimal = true
  public static let usesGradients = true

  private static let overshoot = 0.02

  private let settings: AttackSettings

  public init(_ settings: AttackSettings) { self.settings = settings }

  public func run(_ clips: AttackedClips, progress: (Double) -> Void) throws(AttackError) -> [AttackedClip] {
    let run = try AttackRun(clips, settings)
    var changes = run.allowed.map(\.none)
    var open = run.numbers.filter { !run.isFooledAlready($0) }
    let classes = clips.model.classes.count
    for step in 0..<settings.steps {
      // The gradient at the first step is of the clip itself, whose class is known.
      if step > 0 {
        let logits = run.logits(open.map { changes[$0] }, of: open)
        open = zip(open, logits).filter { !run.isFooled($1, $0) }.map(\.0)
      }
      guard !open.isEmpty else { break }
      let pairs = open.flatMap { number in
        (clips.targets.map { [$0[number]] } ?? (0..<classes).filter { $0 != clips.predicted[number] })
          .map { (number: number, other: $0) }
      }
      /// The class whose boundary with another is stepped onto.
      func own(_ number: Int, _ logits: [Double]) -> Int {
        clips.targets == nil ? clips.predicted[number] : logits.likeliestClass
      }
      let found = run.slopes(pairs.map { changes[$0.number] }, of: pairs.map(\.number)) { place, logits in
        var weights = [Double](repeating: 0, count: classes)
        weights[pairs[place].other] += 1
        weights[own(pairs[place].number, logits)] -= 1
        return weights
      }
      var nearest: [Int: (distance: Double, step: [Float], scale: Double)] = [:]
      for (place, pair) in pairs.enumerated() {
        let slope = run.allowed[pair.number].supported(found.slopes[place])
        let logits = found.logits[place]
        let gap = abs(logits[pair.other] - logits[own(pair.number, logits)])
        let norm = slope.norm
        guard norm > 0, norm.isFinite, gap.isFinite else { continue }
        if gap / norm < nearest[pair.number]?.distance ?? .infinity {
          nearest[pair.number] = (gap / norm, slope, gap / (norm * norm))
        }
      }
      for (number, found) in nearest {
        let scale = Float((1 + Self.overshoot) * found.scale)
        changes[number] = run.allowed[number].unbudgeted(combined(changes[number], 1, found.step, scale))
      }
      // A clip without a gradient stays as it is.
      open = open.filter { nearest[$0] != nil }
      progress(Double(step + 1) / Double(settings.steps))
    }
    progress(1)
    return try run.results(changes)
  }
}
