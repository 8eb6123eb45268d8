import AudioFeatures
import Basics
import Foundation

extension UnitGame {
  /// How much the score falls when each unit is taken out of the whole clip.
  public func leaveOneOut() throws(ExplanationError) -> [Double] {
    let found = try answers([all] + units.indices.map(without))
    return found.dropFirst().map { found[0].score - $0.score }
  }
}

/// The Shapley values of a clip's units: what each adds to the score, on average over the orders in which they can come
/// (Shapley 1953). They sum to the score of the clip less that of a clip without any of them.
public struct UnitShapley: Sendable {
  public let values: [Double]
  /// The standard errors of sampled values; nil of exact ones.
  public let errors: [Double]?

  /// The most units whose coalitions are all asked for: 2ⁿ of them.
  public static let mostExact = 12
  /// Of more units, about as many coalitions are asked for as of twelve.
  static let coalitions = 1 << mostExact

  public init(_ game: UnitGame, seed: UInt64) throws(ExplanationError) {
    if game.units.count <= Self.mostExact {
      (values, errors) = (try Self.exact(game), nil)
    } else {
      var generator = SeededGenerator(seed: seed)
      let pairs = max(8, Self.coalitions / (2 * game.units.count))
      let found = try Self.sampled(game, pairs: pairs, using: &generator)
      (values, errors) = (found.values, found.errors)
    }
  }

  /// By the definition: Σ over coalitions S without the unit of |S|! (n − |S| − 1)! / n! (v(S with it) − v(S)).
  static func exact(_ game: UnitGame) throws(ExplanationError) -> [Double] {
    let count = game.units.count
    let coalitions = (0..<(1 << count)).map { bits in (0..<count).map { bits >> $0 & 1 == 1 } }
    let scores = try game.answers(coalitions).map(\.score)
    var weights = [1 / Double(count)]
    for size in 1..<max(1, count) { weights.append(weights[size - 1] * Double(size) / Double(count - size)) }
    return (0..<count).map { unit in
      scores.indices.filter { $0 >> unit & 1 == 0 }.reduce(0) {
        $0 + weights[$1.nonzeroBitCount] * (scores[$1 | 1 << unit] - scores[$1])
      }
    }
  }

  /// From orders drawn at random, each with its reverse (Castro et al. 2009; Mitchell et al. 2022): means over the pairs, and
  /// their standard errors.
  static func sampled(
    _ game: UnitGame, pairs: Int, using generator: inout SeededGenerator
  ) throws(ExplanationError) -> (values: [Double], errors: [Double]) {
    let count = game.units.count
    let orders = (0..<pairs).flatMap { _ in
      let order = (0..<count).shuffled(using: &generator)
      return [order, order.reversed()]
    }
    let chains = orders.map { order in
      order.reduce(into: [game.none]) { chain, unit in
        var next = chain.last!
        next[unit] = true
        chain.append(next)
      }
    }
    let scores = try game.answers(chains.flatMap(\.self)).map(\.score)
    var drawn = [[Double]](repeating: [], count: count)
    for pair in 0..<pairs {
      var means = [Double](repeating: 0, count: count)
      for number in [2 * pair, 2 * pair + 1] {
        for (place, unit) in orders[number].enumerated() {
          let start = number * (count + 1) + place
          means[unit] += (scores[start + 1] - scores[start]) / 2
        }
      }
      for unit in 0..<count { drawn[unit].append(means[unit]) }
    }
    let values = drawn.map { $0.reduce(0, +) / Double(pairs) }
    let errors = zip(drawn, values).map { own, mean in
      (own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(pairs * max(1, pairs - 1))).squareRoot()
    }
    return (values, errors)
  }
}

extension Explanation.Input {
  /// The attribution summed over each unit's time: as it is where it has a sign, else its sizes.
  /// - Parameters:
  ///   - step: Seconds from one sample or frame to the next.
  public func sums(over units: [SpeechUnit], isSigned: Bool, step: Double) -> [Double] {
    let columns = attribution.shape.last!
    let values = attribution.floats
    var totals = [Double](repeating: 0, count: columns)
    for (place, value) in values.enumerated() { totals[place % columns] += Double(isSigned ? value : abs(value)) }
    return totals.sums(over: units, step: step)
  }
}

extension [Double] {
  /// The sum over each unit's time of values that are `step` seconds apart. What begins within the unit is its own.
  func sums(over units: [SpeechUnit], step: Double) -> [Double] {
    func first(from seconds: Double) -> Int { Swift.min(count, Swift.max(0, Int((seconds / step).rounded(.up)))) }
    return units.map { unit in
      let start = first(from: unit.range.lowerBound)
      return self[start..<Swift.max(start, first(from: unit.range.upperBound))].reduce(0, +)
    }
  }
}
