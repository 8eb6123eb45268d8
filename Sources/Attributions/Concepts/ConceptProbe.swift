import Basics
import Foundation
import Tensors

/// What linear regressions read from the pooled outputs of a layer, on folds whose clips they did not learn from.
///
/// The strength of a fold's ridge is chosen among the other folds: each of them is predicted from the rest.
struct ConceptProbe {
  /// A vector of each clip.
  let rows: [[Double]]
  /// The clips that each fold tries; the others train it.
  let folds: [[Int]]

  /// Of the ridge, in multiples of the mean eigenvalue: from hardly any to little more than the mean.
  static let strengths = (-3...3).map { pow(10, Double($0)) }

  /// The predictions of one list of values.
  struct Reading {
    /// Of each clip, by the fold that tries it.
    var predicted: [Double]
    /// Of each clip, the mean of the values that its fold was trained on.
    var means: [Double]
    /// Of each fold.
    var strengths: [Double]
  }

  /// The readings of several lists, each with a value for each clip.
  /// - Parameter only: The one fold that is tried, where the others are not asked for; their clips are then read as 0.
  func readings(of values: [[Double]], only: Int? = nil) -> [Reading] {
    var readings = values.map { list in
      Reading(predicted: list.map { _ in 0 }, means: list.map { _ in 0 }, strengths: folds.map { _ in 0 })
    }
    let errors = errors(of: values, only: only)
    for fold in folds.indices where only == nil || only == fold {
      let training = training(without: [fold])
      let regression = RidgeRegression(training.map { rows[$0] })
      let taught = values.map { list in training.map { list[$0] } }
      for (place, strength) in Self.strengths.enumerated() {
        // The weakest of equals, as where there is nothing to choose by.
        let own = values.indices.filter { list in
          errors[fold][list].enumerated().min { $0.element < $1.element }!.offset == place
        }
        for (list, fit) in zip(own, regression.fits(own.map { taught[$0] }, strength: strength)) {
          let mean = taught[list].reduce(0, +) / Double(training.count)
          readings[list].strengths[fold] = strength
          for clip in folds[fold] {
            (readings[list].predicted[clip], readings[list].means[clip]) = (fit(rows[clip]), mean)
          }
        }
      }
    }
    return readings
  }

  /// The clips outside of some folds.
  func training(without excluded: Set<Int>) -> [Int] {
    folds.indices.filter { !excluded.contains($0) }.flatMap { folds[$0] }.sorted()
  }

  /// Σ (predicted − value)² over the other folds, by fold that is tried, list and strength.
  private func errors(of values: [[Double]], only: Int?) -> [[[Double]]] {
    var sums = folds.map { _ in values.map { _ in Self.strengths.map { _ in 0.0 } } }
    for first in folds.indices {
      for second in folds.indices.dropFirst(first + 1) where only == nil || only == first || only == second {
        let training = training(without: [first, second])
        guard training.count > 1 else { continue }
        let regression = RidgeRegression(training.map { rows[$0] })
        let taught = values.map { list in training.map { list[$0] } }
        for (place, strength) in Self.strengths.enumerated() {
          for (list, fit) in regression.fits(taught, strength: strength).enumerated() {
            func error(on fold: Int) -> Double {
              folds[fold].reduce(0) { sum, clip in
                let distance = fit(rows[clip]) - values[list][clip]
                return sum + distance * distance
              }
            }
            // The same regression serves both folds, each time to predict the other.
            sums[first][list][place] += error(on: second)
            sums[second][list][place] += error(on: first)
          }
        }
      }
    }
    return sums
  }
}

/// How well values were read, for any choice of the clips: what a bootstrap asks for thousands of times.
struct ReadingScore {
  private let values, predicted: [Double]
  private let isTwoValued: Bool
  /// Squared distances of the values from what was predicted, and from the mean that was learned.
  private let errors, spreads: [Double]
  /// The clips by rising prediction.
  private let order: [Int]

  init(_ reading: ConceptProbe.Reading, of values: [Double], isTwoValued: Bool) {
    // Two clips of two folds are compared by how far each lies from what its fold learned to expect: a fold that tries more of one
    // value has learned from fewer of it, and expects less, which alone would put shuffled values under a half.
    // Where nothing is left to read, what rounding makes of it is no order.
    let predicted = zip(reading.predicted, reading.means).map { abs($0 - $1) < 1e-9 ? 0 : $0 - $1 }
    (self.values, self.predicted, self.isTwoValued) = (values, predicted, isTwoValued)
    func squares(_ others: [Double]) -> [Double] { zip(values, others).map { ($0 - $1) * ($0 - $1) } }
    (errors, spreads) = (squares(reading.predicted), squares(reading.means))
    order = isTwoValued ? values.indices.sorted { predicted[$0] < predicted[$1] } : []
  }

  /// R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)², ȳ the mean that the fold learned, so that to predict it scores 0; of two values the
  /// share of pairs of clips, one of each value, that are predicted in their order (less each fold's ȳ), ties counting half.
  /// - Parameter clips: Places, each as often as it counts.
  /// - Returns: Nil where these clips are all alike.
  func score(_ clips: [Int]) -> Double? {
    guard isTwoValued else {
      let (error, spread) = clips.reduce((0.0, 0.0)) { ($0.0 + errors[$1], $0.1 + spreads[$1]) }
      return spread > 0 ? 1 - error / spread : nil
    }
    var counts = [Double](repeating: 0, count: values.count)
    for clip in clips { counts[clip] += 1 }
    var (below, pairs, tiedLow, tiedHigh) = (0.0, 0.0, 0.0, 0.0)
    var last = -Double.infinity
    func settle() {
      pairs += tiedHigh * (below + tiedLow / 2)
      below += tiedLow
      (tiedLow, tiedHigh) = (0, 0)
    }
    for clip in order where counts[clip] > 0 {
      if predicted[clip] > last { settle() }
      last = predicted[clip]
      if values[clip] > 0.5 { tiedHigh += counts[clip] } else { tiedLow += counts[clip] }
    }
    settle()
    let high = Double(clips.count) - below
    return below > 0 && high > 0 ? pairs / (below * high) : nil
  }
}
