import Basics
import Foundation
import Tensors

/// How an output of the model answers to a step along a concept's direction at a layer: testing with concept activation vectors
/// (Kim et al. 2018, arXiv:1711.11279).
public struct ConceptSensitivity: Sendable {
  /// The class.
  public let output: String
  /// The clips that count: those of the class, or where the manifest has none of it, all.
  public let clips: Int
  public let isOfClass: Bool
  /// The share of the clips whose logit rises along the direction.
  public let score: Double
  public let scoreNull: RandomNull
  /// Logits for one standard deviation of the clips along the direction, the mean over the clips: so far any direction goes,
  /// so that random ones compare.
  public let slope: Estimate
  public let slopeNull: RandomNull
}

/// A concept's direction at a layer: from the clips that have least of it to those that have most.
struct ConceptDirection {
  /// [features], of length 1; zeros where the groups do not differ.
  let unit: [Double]
  /// The standard deviation of the clips along it.
  let deviation: Double

  /// The normal of a ridge regression that tells two groups of clips apart (−1 and 1).
  init(_ rows: [[Double]], low: [Int], high: [Int], strength: Double) {
    let regression = RidgeRegression((low + high).map { rows[$0] })
    let fit = regression.fits([low.map { _ in -1 } + high.map { _ in 1 }], strength: strength)[0]
    let unit = fit.slopes.normalized
    (self.unit, deviation) = (unit, rows.map { $0.dot(unit) }.deviation)
  }

  /// The third of the clips with the lowest values and that with the highest; of two values all clips of each.
  static func groups(_ values: [Double], isTwoValued: Bool) -> (low: [Int], high: [Int]) {
    if isTwoValued {
      return (values.indices.filter { values[$0] < 0.5 }, values.indices.filter { values[$0] >= 0.5 })
    }
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    return (Array(order.prefix(values.count / 3)), Array(order.suffix(values.count / 3)))
  }
}

extension ConceptSensitivity {
  /// The sensitivities of all classes at one layer.
  /// - Parameters:
  ///   - rows: The layer's pooled outputs, [clips][features].
  ///   - gradients: ∂ logit / ∂ the layer's output, summed over time: [clips][classes][features].
  ///   - labels: The class of each clip; nil where it has none.
  static func all(
    _ values: [Double], isTwoValued: Bool, rows: [[Double]], gradients: [[[Float]]], classes: [String],
    labels: [Int?], speakers: [String?], strength: Double, seed: UInt64
  ) -> [ConceptSensitivity] {
    let groups = ConceptDirection.groups(values, isTwoValued: isTwoValued)
    let own = ConceptDirection(rows, low: groups.low, high: groups.high, strength: strength)
    var generator = SeededGenerator(seed: seed)
    let random = (0..<RandomNull.draws).map { _ in
      let drawn = generator.shuffled(values.indices)
      let low = Array(drawn.prefix(groups.low.count))
      let high = Array(drawn.dropFirst(low.count).prefix(groups.high.count))
      return ConceptDirection(rows, low: low, high: high, strength: strength)
    }
    return classes.indices.map { output in
      let ofClass = labels.indices.filter { labels[$0] == output }
      let clips = ofClass.isEmpty ? Array(values.indices) : ofClass
      func derivatives(_ direction: ConceptDirection) -> [Double] {
        clips.map { clip in
          var sum = 0.0
          for (slope, part) in zip(gradients[clip][output], direction.unit) { sum += Double(slope) * part }
          return sum
        }
      }
      // Where the logit does not answer at all, it neither rises nor falls.
      func score(_ derivatives: [Double]) -> Double {
        let rising = derivatives.reduce(0.0) { $0 + ($1 > 0 ? 1 : $1 == 0 ? 0.5 : 0) }
        return rising / Double(derivatives.count)
      }
      func slopes(_ derivatives: [Double], _ direction: ConceptDirection) -> [Double] {
        derivatives.map { $0 * direction.deviation }
      }
      func average(_ numbers: [Double]) -> Double { numbers.reduce(0, +) / Double(numbers.count) }
      let found = derivatives(own)
      let others = random.map { ($0, derivatives($0)) }
      let slope = Estimate(values: slopes(found, own), speakers: clips.map { speakers[$0] }, seed: seed)!
      return ConceptSensitivity(
        output: classes[output], clips: clips.count, isOfClass: !ofClass.isEmpty, score: score(found),
        scoreNull: RandomNull(others.map { score($0.1) }, beside: score(found), center: 0.5), slope: slope,
        slopeNull: RandomNull(others.map { average(slopes($0.1, $0.0)) }, beside: slope.mean, center: 0))
    }
  }
}

extension [Double] {
  func dot(_ other: [Double]) -> Double {
    var sum = 0.0
    for (a, b) in zip(self, other) { sum += a * b }
    return sum
  }

  /// The vector of length 1 in the same direction; zeros of zeros.
  var normalized: [Double] {
    let length = dot(self).squareRoot()
    return length > 0 ? map { $0 / length } : self
  }

  /// √ (Σ (x − x̄)² / n).
  var deviation: Double {
    let mean = reduce(0, +) / Double(count)
    return (reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
  }
}
