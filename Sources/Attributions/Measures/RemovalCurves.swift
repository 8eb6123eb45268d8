import Basics
import Models
import Tensors

/// Deletion and insertion curves: the target's probability, or the value of a dimension, while cells are removed from the clip, the most relevant
/// first, and while they are inserted into their replacement, in the same order (Petsiuk, Das and Saenko 2018,
/// arXiv:1806.07421).
///
/// A faithful attribution makes the first fall fast and the second rise fast. The result depends on the values that
/// replace removed cells: see ``RemovalFilling``.
struct RemovalCurves {
  /// The probability or value with shares 0, 1/steps … 1 of the cells removed, or inserted.
  let deletion, insertion: [Double]

  /// - Parameters:
  ///   - order: Cells, the most relevant first; others stay as they are.
  init(_ order: [Int], target: Target, steps: Int, replacement: Replacement) {
    demand(order.count <= replacement.cells.count && steps > 0, "\(order.count) cells in \(steps) steps")
    func curve(_ removed: (Int) -> ArraySlice<Int>) -> [Double] {
      replacement.clip.batched(steps + 1, at: replacement.space) { numbers in
        replacement.inputs(without: numbers.map { removed(($0 * order.count + steps / 2) / steps) })
      }.flatMap { target.measured($0, classes: replacement.clip.model.classes.count) }
    }
    (deletion, insertion) = (curve { order.prefix($0) }, curve { order.dropFirst($0) })
  }

  /// The area under a curve over the share of cells, 0…1, by trapezoids.
  static func area(_ curve: [Double]) -> Double {
    zip(curve, curve.dropFirst()).reduce(0) { $0 + ($1.0 + $1.1) / 2 } / Double(curve.count - 1)
  }
}

extension Target {
  /// What curves follow, for each clip of logits [batch, classes then dimensions]: the target's probability among the
  /// classes, or the value of a dimension.
  func measured(_ logits: Tensor, classes: Int) -> [Double] {
    guard max(emotion, versus ?? 0) < classes else { return score(logits).floats.map(Double.init) }
    return probabilities(logits.slice(axis: 1, 0..<classes))
  }

  /// The target's probability for each clip of logits [batch, classes]; for a difference of two classes, the
  /// probability among those two.
  func probabilities(_ logits: Tensor) -> [Double] {
    guard versus == nil else { return score(logits).sigmoid().floats.map(Double.init) }
    return score(logits.softmax()).floats.map(Double.init)
  }
}

extension Clip {
  /// The logits of `count` inputs, computed a batch at a time.
  func batched(_ count: Int, at space: InputSpace, make: (Range<Int>) -> Tensor) -> [Tensor] {
    stride(from: 0, to: count, by: batch).map { first in
      logits(make(first..<min(first + batch, count)), at: space)
    }
  }
}
