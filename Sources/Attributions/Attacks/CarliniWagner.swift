import Basics
import Foundation

/// Carlini's and Wagner's attack in the 2-norm (2017, "Towards evaluating the robustness of neural networks",
/// arXiv:1608.04644): Adam minimises
///
///     ‖x′ − x‖² + c f(x′),  f = max(z₀ − max z_k, 0) over the classes k other than the predicted one, 0;
///     of a targeted attack f = max(max z_k − z_t, 0) over those other than the target t,
///
/// on the waveform over w with x′ = tanh w, which stays in −1…1; on mel and MFCC, in a band, and of a clip beyond −1…1
/// over x′ itself. Five values of c are tried: c becomes ten times larger until it fools, and is then halved between what
/// did and what did not. The first c, and Adam's rate, are of the clip's own scale, by the distance d = f/‖∂f/∂x‖ at
/// which the boundary would be, were it flat: c = 2 d²/f, with which both terms weigh the same there, and 10 d/√n by
/// the steps for n values, so that the steps reach ten times as far. ``AttackSettings/steps`` are Adam's for each c, of
/// which fewer are taken where the loss has not fallen in a tenth of them. The smallest change that fools is kept; of
/// none, that of the least f. Restarts and the seed are not used.
public struct CarliniWagner: Attack {
  public static let name = "carlini-wagner"
  public static let summary = "the smallest change by Adam, weighed against the logits (Carlini and Wagner 2017)"
  public static let isMinimal = true
  public static let usesGradients = true

  private let settings: AttackSettings
  /// The first c, in place of the one of the clip.
  var firstWeight: Double?
  /// Adam's rate, in place of the one of the clip.
  var rate: Double?
  /// How many values of c are tried.
  var weights = 5

  public init(_ settings: AttackSettings) { self.settings = settings }

  public func run(_ clips: AttackedClips, progress: (Double) -> Void) throws(AttackError) -> [AttackedClip] {
    let run = try AttackRun(clips, settings)
    var searches = run.allowed.map { allowed in
      Search(
        allowed, throughTangent: clips.space == .waveform && settings.band == nil && allowed.original.largest <= 1,
        steps: settings.steps, firstWeight: firstWeight, rate: rate)
    }
    let tried = run.numbers.filter { !run.isFooledAlready($0) }
    for number in run.numbers where run.isFooledAlready(number) { searches[number].best = run.allowed[number].none }
    let interval = max(settings.steps / 10, 1)
    for round in 0..<weights {
      for number in tried { searches[number].begin() }
      var open = tried
      for step in 0..<settings.steps {
        guard !open.isEmpty else { break }
        let changes = open.map { searches[$0].change }
        let found = run.slopes(changes, of: open) { place, logits in
          Self.excess(logits, run, open[place]).weights
        }
        var stopped: Set<Int> = []
        for (place, number) in open.enumerated() {
          let logits = found.logits[place]
          let excess = Self.excess(logits, run, number).value
          let cost = searches[number].arrive(
            changes[place], excess: excess, isFooled: run.isFooled(logits, number), slope: found.slopes[place])
          guard step % interval == 0 else { continue }
          if cost > searches[number].lastCost { stopped.insert(number) }
          searches[number].lastCost = cost
        }
        open.removeAll(where: stopped.contains)
        progress((Double(round) + Double(step + 1) / Double(settings.steps)) / Double(weights))
      }
      for number in tried { searches[number].weigh() }
    }
    progress(1)
    return try run.results(searches.map { $0.best ?? $0.nearest.change })
  }

  /// f, and ∂f/∂ logit.
  private static func excess(
    _ logits: [Double], _ run: AttackRun, _ number: Int
  ) -> (value: Double, weights: [Double]) {
    let target = run.clips.targets?[number]
    let own = target ?? run.clips.predicted[number]
    let other = logits.indices.filter { $0 != own }.max { logits[$0] < logits[$1] } ?? own
    let (above, below) = target == nil ? (own, other) : (other, own)
    var weights = logits.map { _ in 0.0 }
    let value = logits[above] - logits[below]
    guard value > 0 else { return (0, weights) }
    weights[above] += 1
    weights[below] -= 1
    return (value, weights)
  }

  /// A clip's search.
  private struct Search {
    private static let decays = (first: 0.9, second: 0.999)  // Adam's own
    private static let epsilon: Float = 1e-8
    /// atanh of a sample of 1 is infinite.
    private static let widest: Float = 0.999_999

    let allowed: AllowedChange
    private let throughTangent: Bool
    private let start: [Float]
    private let steps: Int
    /// c, and Adam's rate; nil until the first gradient tells the clip's scale.
    private var weight, rate: Double?
    private var bounds = (0.0, Double.infinity)
    private var point: [Float] = []
    private var moments: (first: [Float], second: [Float]) = ([], [])
    private var taken = 0
    private var hasFooled = false
    var lastCost = Double.infinity
    /// The smallest change that fools.
    var best: [Float]?
    private var smallest = Double.infinity
    /// The change of the least f.
    private(set) var nearest: (change: [Float], excess: Double)

    init(_ allowed: AllowedChange, throughTangent: Bool, steps: Int, firstWeight: Double?, rate: Double?) {
      (self.allowed, self.throughTangent) = (allowed, throughTangent)
      (weight, self.rate, self.steps) = (firstWeight, rate, steps)
      start = throughTangent ? allowed.original.map { atanh(min(max($0, -Self.widest), Self.widest)) } : allowed.none
      nearest = (allowed.none, .infinity)
    }

    mutating func begin() {
      let zeros = allowed.none
      (point, moments, taken, hasFooled, lastCost) = (start, (zeros, zeros), 0, false, .infinity)
    }

    /// The change that is now tried.
    var change: [Float] {
      guard throughTangent else { return allowed.unbudgeted(point) }
      return allowed.unbudgeted(zip(point, allowed.original).map { tanh($0) - $1 })
    }

    /// Takes a step; returns ‖change‖² + c f before it.
    mutating func arrive(_ change: [Float], excess: Double, isFooled: Bool, slope: [Float]) -> Double {
      let steepness = allowed.supported(slope).norm
      let distance = excess > 0 && steepness > 0 && steepness.isFinite ? excess / steepness : 1
      let weight = self.weight ?? 2 * distance * distance / max(excess, 1e-9)
      let rate = Float(self.rate ?? 10 * distance / (Double(allowed.count).squareRoot() * Double(steps)))
      (self.weight, self.rate) = (weight, Double(rate))
      let norm = change.norm
      let cost = norm * norm + weight * excess
      if isFooled {
        hasFooled = true
        if norm < smallest { (best, smallest) = (change, norm) }
      }
      if excess < nearest.excess { nearest = (change, excess) }
      let factor = Float(weight)
      var gradient = allowed.supported(combined(change, 2, slope, factor))
      if throughTangent {
        for place in gradient.indices {
          let value = tanh(point[place])
          gradient[place] *= 1 - value * value
        }
      }
      guard cost.isFinite, gradient.norm.isFinite else { return cost }
      // Adam (Kingma and Ba 2015).
      taken += 1
      let bias = (
        first: Float(1 - pow(Self.decays.first, Double(taken))),
        second: Float(1 - pow(Self.decays.second, Double(taken)))
      )
      let part = (first: Float(1 - Self.decays.first), second: Float(1 - Self.decays.second))
      for (place, slope) in gradient.enumerated() {
        moments.first[place] += part.first * (slope - moments.first[place])
        moments.second[place] += part.second * (slope * slope - moments.second[place])
        let size = (moments.second[place] / bias.second).squareRoot() + Self.epsilon
        point[place] -= rate * moments.first[place] / bias.first / size
      }
      return cost
    }

    /// The next c.
    mutating func weigh() {
      guard let weight else { return }
      if hasFooled { bounds.1 = min(bounds.1, weight) } else { bounds.0 = max(bounds.0, weight) }
      self.weight = bounds.1.isFinite ? (bounds.0 + bounds.1) / 2 : weight * 10
    }
  }
}
