import Basics
import Layers
import Models
import Tensors

/// The error of an attribution as a prediction of the score's loss when a part of the clip is removed: the mean over
/// parts I of (Σ_I φ − (f(x) − f(x without I)))² (Yeh et al. 2019, arXiv:1901.09392).
///
/// An attribution is read here as its picture is read: as the contribution of each cell. So Iᵀφ is the sum over the
/// removed cells, for every method alike.
struct Infidelity {
  /// The mean squared error; Captum's `infidelity`.
  let plain: Double
  /// The mean squared error after φ is multiplied by the factor β that makes it least; Captum's with `normalize`.
  let scaled: Double
  /// The share of the losses' mean square that remains after the best factor that is not negative: 0 predicts all of
  /// it, 1 nothing, whatever the units. Nil where removing parts changes nothing.
  let unexplained: Double?

  /// - Parameters:
  ///   - predictions: Σ_I φ for each part.
  ///   - losses: f(x) − f(x without I).
  init(predictions: [Double], losses: [Double]) {
    demand(predictions.count == losses.count && !losses.isEmpty, "\(predictions.count) of \(losses.count)")
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let squares = mean(predictions.map { $0 * $0 })
    let products = mean(zip(predictions, losses).map { $0 * $1 })
    let loss = mean(losses.map { $0 * $0 })
    let explained = squares > 0 ? products * products / squares : 0
    plain = squares - 2 * products + loss
    scaled = loss - explained
    unexplained = loss > 0 ? (products > 0 ? 1 - explained / loss : 1) : nil
  }
}

/// Removed parts of a clip and the score's loss for each: the same for all methods.
struct Removals {
  /// The cells of each part.
  let parts: [[Int]]
  let losses: [Double]

  init(_ parts: [[Int]], target: Target, replacement: Replacement) {
    self.parts = parts
    let scores = replacement.clip.batched(parts.count + 1, at: replacement.space) { numbers in
      // The first input is the clip itself.
      replacement.inputs(without: numbers.map { $0 == 0 ? [] : parts[$0 - 1] })
    }.flatMap { target.score($0).floats.map(Double.init) }
    losses = scores.dropFirst().map { scores[0] - $0 }
  }

  /// The infidelity of an attribution on these parts.
  /// - Parameter values: Σ of each cell's attributions, [cells].
  func infidelity(of values: [Double]) -> Infidelity {
    Infidelity(predictions: parts.map { $0.reduce(0) { $0 + values[$1] } }, losses: losses)
  }

  /// Random rectangles of cells, each side a sixteenth to a half of the whole.
  static func rectangles(_ count: Int, in cells: Cells, using generator: inout SeededGenerator) -> [[Int]] {
    func side(of whole: Int) -> Range<Int> {
      let length = max(1, Int(Double(whole) * generator.uniform(in: 1 / 16..<1 / 2)))
      let start = generator.index(below: whole - length + 1)
      return start..<(start + length)
    }
    return (0..<count).map { _ in
      let (rows, frames) = (side(of: cells.rows), side(of: cells.frames))
      return rows.flatMap { row in frames.map { row * cells.frames + $0 } }
    }
  }
}
