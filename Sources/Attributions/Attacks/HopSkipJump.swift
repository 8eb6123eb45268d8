import Basics
import Foundation

/// HopSkipJump (Chen et al. 2020, "HopSkipJumpAttack: a query-efficient decision-based attack", arXiv:1904.02144,
/// algorithm 2) in the 2-norm, of the predicted class only: from a change that fools, each step
///
/// 1. halves the way between the clip and the change until it is within 0.01/√d of the boundary, of d values;
/// 2. estimates the boundary's normal from 100 √t random directions u, v = Σ (φ − mean φ) u, φ = ±1 for whether x + δ u
///    fools, δ = 0.01 ‖change‖;
/// 3. goes ‖change‖/√t along v/‖v‖, halved until that fools.
///
/// t is the step, from 1. The constants 0.01 are those of ART's implementation: the paper's, which are smaller, are
/// below float32's rounding of a clip. The start is noise, each time 10 dB louder than the last, from 20 dB under the
/// clip to 20 dB above it; where none fools, as of most targets, it is the nearest of the other clips that does. A result
/// that fools among others, but by rounding not alone, is made larger by 0.02/√d, 0.04/√d and so on, until it does.
/// Restarts are not used.
public struct HopSkipJump: Attack {
  public static let name = "decision"
  public static let summary = "the nearest boundary by the predicted class alone: HopSkipJump (Chen et al. 2020)"
  public static let isMinimal = true
  public static let usesGradients = false

  /// The random directions of the first step.
  private static let firstDirections = 100.0
  private static let closeness = 0.01
  /// How often a step is halved at most.
  private static let halvings = 30
  /// How often a result that is lost to rounding is carried further, at most.
  private static let pushes = 5

  private let settings: AttackSettings

  public init(_ settings: AttackSettings) { self.settings = settings }

  public func run(_ clips: AttackedClips, progress: (Double) -> Void) throws(AttackError) -> [AttackedClip] {
    let run = try AttackRun(clips, settings)
    var generators = run.numbers.map { _ in SeededGenerator(seed: settings.seed) }
    var changes = starts(run, &generators)
    let open = run.numbers.filter { changes[$0] != nil && !run.isFooledAlready($0) }
    approach(run, open, &changes)
    var best = changes
    for step in 1...max(1, settings.steps) {
      let root = Double(step).squareRoot()
      let normals = open.map { number in
        normal(run, number, at: changes[number]!, count: Int(Self.firstDirections * root), &generators[number])
      }
      var lengths = open.map { changes[$0]!.norm / root }
      var left = Array(open.indices)
      for _ in 0..<Self.halvings {
        guard !left.isEmpty else { break }
        let tried = left.map { place in
          let number = open[place]
          return run.allowed[number].unbudgeted(combined(changes[number]!, 1, normals[place], Float(lengths[place])))
        }
        let logits = run.logits(tried, of: left.map { open[$0] })
        var next: [Int] = []
        for (index, place) in left.enumerated() {
          if run.isFooled(logits[index], open[place]) {
            changes[open[place]] = tried[index]
          } else {
            lengths[place] /= 2
            next.append(place)
          }
        }
        left = next
      }
      approach(run, open, &changes)
      for number in open where changes[number]!.norm < best[number]!.norm { best[number] = changes[number] }
      progress(Double(step) / Double(max(1, settings.steps)))
    }
    // So near the boundary rounding decides: a change that fools among others may not do so alone.
    for number in open {
      let closest = Self.closeness / Double(run.allowed[number].original.count).squareRoot()
      for push in 0..<Self.pushes {
        guard !run.isFooledAlone(best[number]!, number) else { break }
        let scale = Float(1 + 2 * closest * pow(2, Double(push)))
        best[number] = run.allowed[number].unbudgeted(best[number]!.map { $0 * scale })
      }
    }
    return try run.results(run.numbers.map { best[$0] ?? run.allowed[$0].none })
  }

  /// Changes that fool; nil where none is found.
  private func starts(_ run: AttackRun, _ generators: inout [SeededGenerator]) -> [[Float]?] {
    var found: [[Float]?] = run.numbers.map { run.isFooledAlready($0) ? run.allowed[$0].none : nil }
    for decibels in stride(from: -20.0, through: 20, by: 10) {
      let open = run.numbers.filter { found[$0] == nil }
      guard !open.isEmpty else { return found }
      let tried = open.map { number in
        let allowed = run.allowed[number]
        let noise = allowed.supported(generators[number].normals(allowed.original.count, deviation: 1))
        let scale = Float(allowed.original.norm / max(noise.norm, .leastNonzeroMagnitude) * pow(10, decibels / 20))
        return allowed.unbudgeted(noise.map { $0 * scale })
      }
      let logits = run.logits(tried, of: open)
      for (place, number) in open.enumerated() where run.isFooled(logits[place], number) {
        found[number] = tried[place]
      }
    }
    for number in run.numbers where found[number] == nil {
      let allowed = run.allowed[number]
      let others = run.numbers.filter { other in
        let said = run.clips.predicted[other]
        return run.clips.targets.map { said == $0[number] } ?? (said != run.clips.predicted[number])
      }
      // Of the padding, the band and all bounds another clip is cut to, and may then be called something else.
      let tried = others.map { other in
        allowed.unbudgeted(combined(run.allowed[other].original, 1, allowed.original, -1))
      }
      let logits = run.logits(tried, of: tried.map { _ in number })
      found[number] = zip(tried, logits).filter { run.isFooled($1, number) }.map(\.0).min { $0.norm < $1.norm }
    }
    return found
  }

  /// Makes each change that fools smaller, in its direction, as long as it fools.
  private func approach(_ run: AttackRun, _ numbers: [Int], _ changes: inout [[Float]?]) {
    var bounds = numbers.map { _ in (low: 0.0, high: 1.0) }
    while true {
      let open = numbers.indices.filter { place in
        let closest = Self.closeness / Double(run.allowed[numbers[place]].original.count).squareRoot()
        return bounds[place].high - bounds[place].low > closest
      }
      guard !open.isEmpty else { break }
      let middles = open.map { (bounds[$0].low + bounds[$0].high) / 2 }
      let tried = zip(open, middles).map { place, middle in changes[numbers[place]]!.map { $0 * Float(middle) } }
      let logits = run.logits(tried, of: open.map { numbers[$0] })
      for (index, place) in open.enumerated() {
        if run.isFooled(logits[index], numbers[place]) {
          bounds[place].high = middles[index]
        } else {
          bounds[place].low = middles[index]
        }
      }
    }
    for (place, number) in numbers.enumerated() {
      let scale = Float(bounds[place].high)
      changes[number] = changes[number]!.map { $0 * scale }
    }
  }

  /// The estimated normal of the boundary near a change, towards what fools, of length 1.
  private func normal(
    _ run: AttackRun, _ number: Int, at change: [Float], count: Int, _ generator: inout SeededGenerator
  ) -> [Float] {
    let allowed = run.allowed[number]
    let radius = Self.closeness * change.norm
    guard radius > 0 else { return allowed.none }
    // Σ φ u and Σ u: directions are not kept.
    var (signed, plain, total) = (allowed.none, allowed.none, 0.0)
    let most = run.clips.clips[0].batch
    for first in stride(from: 0, to: count, by: most) {
      let tried = (first..<min(first + most, count)).map { _ in
        let direction = allowed.supported(generator.normals(change.count, deviation: 1))
        let scale = Float(radius / max(direction.norm, .leastNonzeroMagnitude))
        return allowed.unbudgeted(combined(change, 1, direction, scale))
      }
      let logits = run.logits(tried, of: tried.map { _ in number })
      for (tried, logits) in zip(tried, logits) {
        // What is left of the direction within the bounds.
        let direction = combined(tried, Float(1 / radius), change, Float(-1 / radius))
        let sign: Float = run.isFooled(logits, number) ? 1 : -1
        total += Double(sign)
        signed = combined(signed, 1, direction, sign)
        plain = combined(plain, 1, direction, 1)
      }
    }
    let mean = total / Double(count)
    // Where all are the same the mean says nothing: along them, or away from them.
    let sum = abs(mean) == 1 ? signed : combined(signed, 1, plain, Float(-mean))
    let norm = sum.norm
    return norm > 0 ? sum.map { Float(Double($0) / norm) } : allowed.none
  }
}
