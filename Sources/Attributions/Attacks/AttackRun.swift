import Basics
import Foundation
import Models
import Tensors

/// Clips while they are attacked: what may be changed of each, and the model's answers to their changes, several in a
/// pass and counted. Inputs are normalised by their own scale, as a file that is read is.
///
/// A clip is called by its number, and a change of it is [values].
final class AttackRun {
  let clips: AttackedClips
  let allowed: [AllowedChange]
  private let classes: Int
  private var gradientCounts, predictionCounts: [Int]

  init(_ clips: AttackedClips, _ settings: AttackSettings) throws(AttackError) {
    try settings.check()
    let model = clips.model
    guard !model.classes.isEmpty else { throw .noClasses(model: model.name) }
    guard clips.space != .spectrogram else { throw .space(clips.space) }
    guard clips.clips[0].isOnPath(clips.space) else { throw .notOnPath(model: model.name, space: clips.space) }
    guard clips.clips.allSatisfy({ $0.logits.isFinite }) else { throw .noPrediction(model: model.name) }
    var allowed: [AllowedChange] = []
    for clip in clips.clips { allowed.append(try AllowedChange(clip, at: clips.space, settings)) }
    (self.clips, self.allowed, classes) = (clips, allowed, model.classes.count)
    gradientCounts = allowed.map { _ in 0 }
    predictionCounts = gradientCounts
  }

  /// The clips' numbers.
  var numbers: [Int] { Array(allowed.indices) }

  // MARK: Answers

  /// The logits of the classes, [inputs, classes], of inputs [inputs, …] at a place, each on a path.
  private func logits(_ inputs: Tensor, at space: InputSpace, on paths: [SignalPath]) -> Tensor {
    let model = clips.model
    let needed = model.kind.inputs
    func input(_ values: Tensor, _ path: SignalPath) -> NetworkInput {
      path.input(values, at: space, for: needed, through: true)
    }
    let made: NetworkInput
    if space == .waveform || paths.allSatisfy({ $0 === paths[0] }) {
      made = input(inputs, paths[0])
    } else {
      // What is upstream, or beside the values, is each path's own.
      let parts = paths.enumerated().map { input(inputs.slice(axis: 0, $0.offset..<($0.offset + 1)), $0.element) }
      made = NetworkInput(
        Dictionary(
          uniqueKeysWithValues: needed.map { place in (place, .concatenated(parts.map { $0[place] }, axis: 0)) }))
    }
    return model.network(made, model.pass()).slice(axis: 1, 0..<classes)
  }

  /// The logits of the classes, [inputs, classes], of inputs [inputs, …], each of a clip.
  private func logits(_ inputs: Tensor, of numbers: ArraySlice<Int>) -> Tensor {
    logits(inputs, at: clips.space, on: numbers.map { clips.clips[$0].path })
  }

  private func inBatches(_ changes: [[Float]], of numbers: [Int], _ body: (Tensor, ArraySlice<Int>) -> Void) {
    demand(changes.count == numbers.count, "\(changes.count) changes of \(numbers.count) clips")
    let most = clips.clips[0].batch
    for first in stride(from: 0, to: numbers.count, by: most) {
      let part = first..<min(first + most, numbers.count)
      let values = part.flatMap { allowed[numbers[$0]].applied(changes[$0]) }
      body(Tensor(values, shape: [part.count] + clips.shape), numbers[part])
    }
  }

  private func rows(_ logits: Tensor) -> [[Double]] {
    let floats = logits.floats
    return stride(from: 0, to: floats.count, by: classes).map { floats[$0..<($0 + classes)].map(Double.init) }
  }

  /// The logits of clips after changes.
  func logits(_ changes: [[Float]], of numbers: [Int]) -> [[Double]] {
    var found: [[Double]] = []
    inBatches(changes, of: numbers) { inputs, numbers in found += rows(logits(inputs, of: numbers)) }
    for number in numbers { predictionCounts[number] += 1 }
    return found
  }

  /// ∂ Σ weight · logit / ∂ input of clips after changes, and the logits.
  /// - Parameter weights: Of the classes, for a place among `numbers` and its logits. They are held fixed, so that a
  ///   loss's gradient is that with ∂ loss / ∂ logit as weights.
  func slopes(
    _ changes: [[Float]], of numbers: [Int], weights: (Int, [Double]) -> [Double]
  ) -> (logits: [[Double]], slopes: [[Float]]) {
    var (answers, slopes): ([[Double]], [[Float]]) = ([], [])
    inBatches(changes, of: numbers) { inputs, numbers in
      let inputs = inputs.variable()
      let logits = logits(inputs, of: numbers)
      let found = rows(logits)
      let weight = found.enumerated().flatMap { weights(numbers.startIndex + $0.offset, $0.element).map(Float.init) }
      let gradient = gradients(of: logits, weight: Tensor(weight, shape: logits.shape), at: [inputs])[0].floats
      let size = gradient.count / numbers.count
      answers += found
      slopes += stride(from: 0, to: gradient.count, by: size).map { Array(gradient[$0..<($0 + size)]) }
    }
    for number in numbers { gradientCounts[number] += 1 }
    return (answers, slopes)
  }

  /// ∂ logit / ∂ input of each input's own class, of their shape, of inputs [inputs, …] at a place of the paths of changed
  /// clips; and the logits. All are one pass.
  /// - Parameter numbers: Of the clips, of which each has the class that is predicted of it unchanged.
  func classSlopes(
    _ inputs: Tensor, at space: InputSpace, on paths: [SignalPath], of numbers: [Int]
  ) -> (logits: [[Double]], slopes: Tensor) {
    demand(paths.count == numbers.count, "\(paths.count) paths of \(numbers.count) clips")
    let inputs = inputs.variable()
    let logits = logits(inputs, at: space, on: paths)
    let weight = numbers.flatMap { number in (0..<classes).map { Float($0 == clips.predicted[number] ? 1 : 0) } }
    let slopes = gradients(of: logits, weight: Tensor(weight, shape: logits.shape), at: [inputs])[0]
    for number in numbers { gradientCounts[number] += 1 }
    return (rows(logits), slopes)
  }

  // MARK: The attacked loss

  /// What an attack raises: the cross-entropy of the predicted class, log Σ exp z − z_predicted; of a targeted attack
  /// the negative of the target's.
  func loss(_ logits: [Double], of number: Int) -> Double {
    let top = logits.max()!
    let total = top + log(logits.reduce(0) { $0 + exp($1 - top) })
    guard let target = clips.targets?[number] else { return total - logits[clips.predicted[number]] }
    return logits[target] - total
  }

  /// ∂ loss / ∂ logit: p − e_predicted, or e_target − p. That class's own is summed from the others', so that it does
  /// not round to zero where the model is sure.
  func lossWeights(_ logits: [Double], of number: Int) -> [Double] {
    let top = logits.max()!
    let exponentials = logits.map { exp($0 - top) }
    let total = exponentials.reduce(0, +)
    let label = clips.targets?[number] ?? clips.predicted[number]
    let sign: Double = clips.targets == nil ? 1 : -1
    var weights = exponentials.map { sign * $0 / total }
    weights[label] = 0
    weights[label] = -weights.reduce(0, +)
    return weights
  }

  /// The gradients of ``loss(_:of:)``, and the logits.
  func lossSlopes(_ changes: [[Float]], of numbers: [Int]) -> (logits: [[Double]], slopes: [[Float]]) {
    slopes(changes, of: numbers) { place, logits in lossWeights(logits, of: numbers[place]) }
  }

  /// Whether the model says what the attack is after.
  func isFooled(_ logits: [Double], _ number: Int) -> Bool {
    guard logits.allSatisfy(\.isFinite) else { return false }
    let found = logits.likeliestClass
    return clips.targets.map { found == $0[number] } ?? (found != clips.predicted[number])
  }

  /// Whether a clip is what the attack is after as it is, because its target is predicted.
  func isFooledAlready(_ number: Int) -> Bool { clips.targets?[number] == clips.predicted[number] }

  // MARK: Results

  /// The logits of a clip after a change, predicted alone, [1, classes]: they may differ by rounding from those among
  /// others.
  private func lone(_ values: [Float], of number: Int) -> Tensor {
    let clip = clips.clips[number]
    predictionCounts[number] += 1
    return clip.with(Tensor(values, shape: clip.shape(at: clips.space)), at: clips.space).logits
      .slice(axis: 1, 0..<classes)
  }

  /// Whether a change of a clip fools where it is predicted alone.
  func isFooledAlone(_ change: [Float], _ number: Int) -> Bool {
    isFooled(rows(lone(allowed[number].applied(change), of: number))[0], number)
  }

  /// The clips after changes, each predicted alone.
  func results(_ changes: [[Float]]) throws(AttackError) -> [AttackedClip] {
    var results: [AttackedClip] = []
    for (number, allowed) in allowed.enumerated() {
      let values = allowed.applied(changes[number])
      let answer = lone(values, of: number)
      guard answer.isFinite else { throw .noPrediction(model: clips.model.name) }
      let logits = rows(answer)[0]
      // As it is in the values, rounding included.
      let change = zip(values, allowed.original).map { $0 - $1 }
      let isWithinBudget = allowed.isWithinBudget(change)
      results.append(
        AttackedClip(
          values: values, from: clips.predicted[number], to: logits.likeliestClass,
          isFooled: isFooled(logits, number) && isWithinBudget, isWithinBudget: isWithinBudget,
          probabilities: answer.softmax().floats.map(Double.init), ratio: allowed.ratio(change),
          largest: change.largest, gradients: gradientCounts[number], predictions: predictionCounts[number]))
    }
    return results
  }
}

/// The best change of each clip so far: one that fools the model rather than one that does not, then the one of the
/// larger loss.
struct BestChanges {
  private(set) var changes: [[Float]]
  private(set) var isFooled: [Bool]
  private var losses: [Double]
  private let run: AttackRun

  /// No changes.
  init(_ run: AttackRun) {
    self.run = run
    changes = run.allowed.map(\.none)
    isFooled = run.numbers.map(run.isFooledAlready)
    losses = run.numbers.map { _ in -.infinity }
  }

  mutating func consider(_ changes: [[Float]], _ logits: [[Double]], of numbers: [Int]) {
    for (place, number) in numbers.enumerated() {
      let fools = run.isFooled(logits[place], number)
      let loss = run.loss(logits[place], of: number)
      guard loss.isFinite, fools != isFooled[number] ? fools : loss > losses[number] else { continue }
      (self.changes[number], isFooled[number], losses[number]) = (changes[place], fools, loss)
    }
  }
}
