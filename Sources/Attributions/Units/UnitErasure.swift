import Basics
import Foundation

/// How well a ranking of units names those that a prediction rests on (DeYoung et al. 2020, ERASER; Attanasio et al. 2023, ferret),
/// as means over 1 to n − 1 units, of many over as many steps as ``steps`` (AOPC).
public struct UnitErasure: Sendable {
  /// How much the target's probability (or a dimension's value) falls when the first units of the ranking are taken out: the
  /// more, the better.
  public let comprehensiveness: Double
  /// How much it falls when only they are left: the less, the better.
  public let sufficiency: Double

  /// The number of random rankings.
  public static let draws = 20
  /// The most numbers of units that are taken out, evenly up to all but one.
  public static let steps = 20
}

extension UnitGame {
  /// - Parameter values: Of each unit; the largest ranks first.
  public func erasure(_ values: [Double]) throws(ExplanationError) -> UnitErasure {
    try erasures([values.indices.sorted { (values[$1], $0) < (values[$0], $1) }])
  }

  /// The means over rankings drawn at random: what a ranking without reason has.
  public func randomErasure(
    seed: UInt64, draws: Int = UnitErasure.draws
  ) throws(ExplanationError) -> UnitErasure {
    var generator = SeededGenerator(seed: seed)
    return try erasures((0..<draws).map { _ in units.indices.shuffled(using: &generator) })
  }

  /// The mean over rankings, each of all units.
  private func erasures(_ orders: [[Int]]) throws(ExplanationError) -> UnitErasure {
    let last = max(1, units.count - 1)
    let steps = min(last, UnitErasure.steps)
    let counts = (1...steps).map { ($0 * last + steps - 1) / steps }
    let parts = orders.flatMap { order in
      counts.map { count in
        let first = Set(order.prefix(count))
        return units.indices.map(first.contains)
      }
    }
    let found = try answers([all] + parts.map { $0.map { !$0 } } + parts).map(\.measured)
    func fall(_ measured: ArraySlice<Double>) -> Double {
      measured.reduce(0) { $0 + found[0] - $1 } / Double(parts.count)
    }
    return UnitErasure(
      comprehensiveness: fall(found[1...parts.count]), sufficiency: fall(found[(parts.count + 1)...]))
  }
}
