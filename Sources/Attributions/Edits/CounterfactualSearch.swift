import AudioFeatures
import Basics
import Foundation

/// The search for the smallest edit after which a model says another emotion: smallest in the sum of just-noticeable steps.
///
/// First all edits of one kind are tried, one step further each time, until one flips the prediction. Then edits of two and
/// three kinds that are smaller, from the smallest on; of one size those are tried first that would go furthest if the effects
/// of kinds on the logits added up. What is found is made smaller by quarters of a step, and without what it does not need.
/// Edits of one kind are thus tried in whole, those of several as far as the budget allows.
public struct CounterfactualSearch: Sendable {
  public var kinds: [SoundEdits.Kind]
  /// The number of kinds that are changed at once, 1 to 3.
  public var most: Int
  /// How many edits are tried before the search among those of several kinds ends.
  public var budget: Int

  /// The largest sum of steps of an edit of several kinds.
  private static let largest = 16
  /// By how much steps become smaller at the end.
  private static let refinement = 0.25

  public init(kinds: [SoundEdits.Kind] = SoundEdits.Kind.voice, most: Int = 3, budget: Int = 300) {
    demand((1...3).contains(most), "edits of \(most) kinds at once")
    demand(budget > 0 && !kinds.isEmpty, "a search among nothing")
    (self.kinds, self.most, self.budget) = (kinds, most, budget)
  }

  /// The kinds that can be changed in a clip.
  public func possible(in clip: EditedClip) -> [SoundEdits.Kind] {
    kinds.filter { clip.hasVoice || !$0.needsVoice }
  }

  /// - Parameters:
  ///   - target: The class that the model is to say; nil for any but the one it says.
  ///   - progress: Called with the number of edits tried.
  public func run(
    _ clip: EditedClip, to target: Int?, progress: @escaping (Int) -> Void = { _ in }
  ) throws -> Counterfactual {
    let own = clip.own
    demand(own.predicted != nil && own.predicted != target, "a counterfactual of what is predicted")
    var trial = Trial(clip, target: target, kinds: possible(in: clip), budget: budget, progress: progress)
    var found = try trial.singles()
    if most > 1 { found = try trial.several(most, below: found.map { Int($0.size) } ?? Self.largest + 1) ?? found }
    guard let found else { return trial.result(trial.nearest, isFound: false) }
    return trial.result(try trial.refined(found, by: Self.refinement), isFound: true)
  }

  /// An edit as large as another and of as many kinds, drawn at random; nil where there is hardly one beside it.
  public func random(
    like found: [SoundEdits.Kind: Double], in clip: EditedClip, using generator: inout SeededGenerator
  ) -> SoundEdits? {
    let size = found.values.reduce(0) { $0 + abs($1) }
    for _ in 0..<100 {
      var left = size
      var steps: [SoundEdits.Kind: Double] = [:]
      let kinds = generator.shuffled(possible(in: clip)).prefix(found.count)
      for (number, kind) in kinds.enumerated() {
        let share = number == kinds.count - 1 ? left : left * generator.uniform()
        let isUp = kind.steps.lowerBound == 0 || generator.uniform() < 0.5
        steps[kind] = isUp ? share : -share
        left -= share
      }
      let canBeMade = steps.allSatisfy { kind, own in
        own >= Double(kind.steps.lowerBound) && own <= Double(kind.steps.upperBound)
      }
      if canBeMade, steps.count == found.count, steps != found { return SoundEdits(steps: steps) }
    }
    return nil
  }
}

extension SoundEdits.Kind {
  /// The kinds that are a speaker's doing.
  public static let voice = allCases.filter(\.isOfTheVoice)
}

/// An edit and what a model says after it.
public struct Counterfactual: Sendable {
  /// The classes before and after.
  public let from, to: Int
  /// Of each kind, in just-noticeable steps.
  public let steps: [SoundEdits.Kind: Double]
  public let answer: EditedClip.Answer
  /// Whether the model says what it was to say; else the edit is the one that came nearest.
  public let isFound: Bool
  /// How many edits were tried.
  public let tried: Int

  public var edits: SoundEdits { SoundEdits(steps: steps) }
  /// The sum of the steps' sizes.
  public var size: Double { steps.values.reduce(0) { $0 + abs($1) } }
}

/// What a search knows.
private struct Trial {
  typealias Steps = [SoundEdits.Kind: Double]

  struct Candidate {
    let steps: Steps
    let answer: EditedClip.Answer
    let margin: Double
    var size: Double { steps.values.reduce(0) { $0 + abs($1) } }
  }

  let clip: EditedClip
  let target: Int?
  let kinds: [SoundEdits.Kind]
  let budget: Int
  let progress: (Int) -> Void
  /// The changes of the logits by edits of one kind, by kind and steps.
  private var effects: [SoundEdits.Kind: [Int: [Double]]] = [:]
  private(set) var nearest: Candidate
  /// What this search has asked about; other searches of the clip do not count.
  private var asked: Set<SoundEdits> = []

  init(
    _ clip: EditedClip, target: Int?, kinds: [SoundEdits.Kind], budget: Int, progress: @escaping (Int) -> Void
  ) {
    (self.clip, self.target, self.kinds, self.budget, self.progress) = (clip, target, kinds, budget, progress)
    nearest = Candidate(steps: [:], answer: clip.own, margin: -.infinity)
  }

  private var tried: Int { asked.count }

  /// How far the target is ahead of the other classes, in logits; or of no target any class ahead of the one predicted.
  private func margin(_ logits: [Double]) -> Double {
    let ahead = target ?? clip.own.predicted!
    let others = logits.indices.filter { $0 != ahead }.map { logits[$0] }.max() ?? -.infinity
    return target == nil ? others - logits[ahead] : logits[ahead] - others
  }

  private mutating func ask(_ all: [Steps]) throws -> [Candidate] {
    let edits = all.map(SoundEdits.init(steps:))
    let answers = try clip.answers(edits)
    asked.formUnion(edits)
    progress(tried)
    var found: [Candidate] = []
    for (steps, answer) in zip(all, answers) {
      guard let answer else { continue }
      let candidate = Candidate(steps: steps, answer: answer, margin: margin(answer.logits))
      if candidate.margin > nearest.margin { nearest = candidate }
      found.append(candidate)
    }
    return found
  }

  /// The best of candidates that flip the prediction.
  private func best(_ candidates: [Candidate]) -> Candidate? {
    candidates.filter { $0.margin > 0 }.max { $0.margin < $1.margin }
  }

  /// The smallest edit of one kind.
  mutating func singles() throws -> Candidate? {
    let furthest = kinds.map { max($0.steps.upperBound, -$0.steps.lowerBound) }.max() ?? 0
    for ring in stride(from: 1, through: furthest, by: 1) {
      let asked = kinds.flatMap { kind in
        [ring, -ring].filter(kind.steps.contains).map { [kind: Double($0)] }
      }
      let found = try ask(asked)
      for candidate in found {
        for (kind, steps) in candidate.steps {
          effects[kind, default: [:]][Int(steps)] = zip(candidate.answer.logits, clip.own.logits).map { $0 - $1 }
        }
      }
      if let best = best(found) { return best }
    }
    return nil
  }

  /// The smallest edit of two or more kinds that was found, smaller than a size.
  mutating func several(_ most: Int, below end: Int) throws -> Candidate? {
    let sizes = Array(stride(from: 2, to: end, by: 1))
    for (index, size) in sizes.enumerated() {
      let share = max(8, (budget - tried) / (sizes.count - index))
      let likely = combinations(of: size, most: most).prefix(share)
      for first in stride(from: 0, to: likely.count, by: 8) {
        guard tried < budget else { return nil }
        let some = likely[first..<min(first + 8, likely.count)]
        if let best = best(try ask(some.map(\.steps))) { return best }
      }
    }
    return nil
  }

  /// Edits of two and more kinds of one size, those first that would go furthest if effects added up.
  private func combinations(of size: Int, most: Int) -> [(steps: Steps, expected: Double)] {
    let own = clip.own.logits
    let least = margin(own)
    // By kind: its steps of one size each, with the logits after them.
    func choices(_ kind: SoundEdits.Kind, _ size: Int) -> [(steps: Int, effect: [Double])] {
      [size, -size].compactMap { steps in effects[kind]?[steps].map { (steps, $0) } }
    }
    var found: [(steps: Steps, expected: Double, order: Int)] = []
    func add(_ steps: Steps, _ logits: [Double]) {
      let expected = margin(logits)
      if expected > least { found.append((steps, expected, found.count)) }
    }
    func extend(_ steps: Steps, _ logits: [Double], from first: Int, left: Int, kindsLeft: Int) {
      guard left > 0 else {
        if steps.count > 1 { add(steps, logits) }
        return
      }
      guard kindsLeft > 0 else { return }
      for index in kinds.indices.dropFirst(first) {
        for own in stride(from: 1, through: left, by: 1) {
          // One kind alone takes all that is left only where it is the last.
          for choice in choices(kinds[index], own) {
            var next = steps
            next[kinds[index]] = Double(choice.steps)
            extend(
              next, zip(logits, choice.effect).map { $0 + $1 }, from: index + 1, left: left - own,
              kindsLeft: kindsLeft - 1)
          }
        }
      }
    }
    extend([:], own, from: 0, left: size, kindsLeft: most)
    return found.sorted { ($1.expected, $0.order) < ($0.expected, $1.order) }.map { ($0.steps, $0.expected) }
  }

  /// The edit without what it does not need, and smaller by parts of a step as long as it flips the prediction.
  mutating func refined(_ found: Candidate, by part: Double) throws -> Candidate {
    var found = found
    func order(_ steps: Steps) -> [SoundEdits.Kind] {
      kinds.filter { steps[$0] != nil }.sorted { abs(steps[$0]!) > abs(steps[$1]!) }
    }
    for kind in order(found.steps).reversed() where found.steps.count > 1 {
      var steps = found.steps
      steps[kind] = nil
      if let best = best(try ask([steps])) { found = best }
    }
    for kind in order(found.steps) {
      while let own = found.steps[kind], abs(own) > part {
        var steps = found.steps
        steps[kind] = own < 0 ? own + part : own - part
        guard let best = best(try ask([steps])) else { break }
        found = best
      }
    }
    return found
  }

  func result(_ candidate: Candidate, isFound: Bool) -> Counterfactual {
    Counterfactual(
      from: clip.own.predicted!, to: candidate.answer.predicted!, steps: candidate.steps, answer: candidate.answer,
      isFound: isFound, tried: tried)
  }
}
