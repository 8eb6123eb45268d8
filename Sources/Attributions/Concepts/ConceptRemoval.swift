import Basics
import Foundation
import Layers
import Models
import Tensors

/// What becomes of the predictions when a concept's directions are taken out of a layer's output, beside random directions.
public struct ConceptRemoval: Sendable {
  /// A measure of the predictions, and how it changes.
  public struct Change: Sendable {
    /// "accuracy", "agreement" with the untouched model, or a class, whose mean probability it is.
    public let name: String
    public let change: Estimate
    public let null: RandomNull
  }

  /// The number of directions that were taken out.
  public let directions: Int
  /// What a fresh probe, which learned without the directions too, reads after it; ``ConceptFinding/Layer/probe`` is what one reads
  /// before. Without the covariance it is nothing by construction.
  public let probe: Estimate
  public let changes: [Change]
}

/// The direction of a concept that is taken out.
public enum RemovedDirection: String, CaseIterable, Sendable {
  /// The covariance of the vectors with the concept, Σ (y − ȳ)(x − m), of two values the difference of their means: without it no
  /// linear regression on the same clips reads the concept (Belrose et al. 2023, arXiv:2306.03819, theorem 3.1), so that one is enough.
  case covariance
  /// The slopes of a probe; several are found one after another, each by a probe of the vectors without those before it (INLP,
  /// Ravfogel et al. 2020, arXiv:2004.07667).
  case probe
}

/// Directions that are taken out of vectors: x − Σ ((x − m)·v) v, with orthonormal v and m the mean of the clips that the directions
/// come from, so that along them every moment has what is usual.
struct RemovedSpace: Sendable {
  let mean: [Double]
  private(set) var directions: [[Double]] = []

  /// Nothing is taken out.
  static let none = RemovedSpace(mean: [])

  private init(mean: [Double]) { self.mean = mean }

  /// - Parameters:
  ///   - rows: Vectors of clips.
  ///   - first: The slopes of a regression on these rows; for ``RemovedDirection/probe``.
  ///   - count: Directions to take out; there may be fewer where nothing is left to read.
  init(
    _ rows: [[Double]], values: [Double], by kind: RemovedDirection = .probe, first: [Double], strength: Double,
    count: Int
  ) {
    mean = rows[0].indices.map { place in rows.reduce(0) { $0 + $1[place] } / Double(rows.count) }
    guard kind == .probe else {
      let level = values.reduce(0, +) / Double(values.count)
      var sums = mean.map { _ in 0.0 }
      for (row, value) in zip(rows, values) {
        for place in row.indices { sums[place] += (value - level) * (row[place] - mean[place]) }
      }
      directions = sums.contains { $0 != 0 } ? [sums.normalized] : []
      return
    }
    var slopes = first
    while true {
      // Twice, as once leaves what rounding makes of it.
      let own = without(directions, without(directions, slopes)).normalized
      guard own.contains(where: { $0 != 0 }) else { return }
      directions.append(own)
      guard directions.count < count else { return }
      slopes = RidgeRegression(rows.map(erased)).fits([values], strength: strength)[0].slopes
    }
  }

  private func without(_ directions: [[Double]], _ vector: [Double]) -> [Double] {
    directions.reduce(vector) { vector, direction in
      let part = vector.dot(direction)
      return zip(vector, direction).map { $0 - part * $1 }
    }
  }

  /// A vector without the directions.
  func erased(_ row: [Double]) -> [Double] {
    guard !directions.isEmpty else { return row }
    let rest = without(directions, zip(row, mean).map { $0 - $1 })
    return zip(rest, mean).map { $0 + $1 }
  }
}

extension [RemovedSpace] {
  /// Maps with each space taken out at every time: [1 or spaces, channels, rows, columns] → [spaces, channels, rows, columns].
  func erased(from maps: Tensor) -> Tensor {
    let (channels, rows) = (maps.shape[1], maps.shape[2])
    var result = maps.broadcast(to: [count] + maps.shape.dropFirst())
    for number in 0..<(map(\.directions.count).max() ?? 0) {
      // Zeros take nothing out, for those that have fewer directions.
      let vectors = map { space in
        number < space.directions.count ? space.directions[number] : [Double](repeating: 0, count: channels * rows)
      }
      let levels = zip(self, vectors).map { Float(zip($0.mean, $1).reduce(0) { $0 + $1.0 * $1.1 }) }
      let direction = Tensor(vectors.flatMap { $0.map(Float.init) }, shape: [count, channels, rows, 1])
      let part = (result * direction).sum(axes: [1, 2]) - Tensor(levels, shape: [count, 1, 1, 1])
      result = result - part * direction
    }
    return result
  }
}

extension Clip {
  /// The probabilities by class [spaces][classes] when each of several spaces is taken out of a layer's output.
  func probabilities(without spaces: [RemovedSpace], at layer: String) -> [[Double]] {
    var found: [[Double]] = []
    for range in batches(spaces.count) {
      let own = Array(spaces[range])
      let logits = logits(changing: layer, copies: own.count) { own.erased(from: $0) }
      let probabilities = logits.slice(axis: 1, 0..<model.classes.count).softmax().floats.map(Double.init)
      let classes = model.classes.count
      found += own.indices.map { Array(probabilities[($0 * classes)..<(($0 + 1) * classes)]) }
    }
    return found
  }
}

extension ConceptRemoval {
  /// - Parameters:
  ///   - clips: The probabilities of each clip, untouched, then without the concept, then without each random space:
  ///     [clips][2 + random][classes].
  ///   - labels: The class of each clip; nil where it has none.
  static func changes(
    _ clips: [[[Double]]], classes: [String], labels: [Int?], speakers: [String?], seed: UInt64
  ) -> [Change] {
    /// The change of a number of some clips' probabilities.
    func change(_ name: String, of places: [Int], _ measure: (Int, [Double]) -> Double) -> Change? {
      guard !places.isEmpty else { return nil }
      let before = places.map { measure($0, clips[$0][0]) }
      func differences(_ space: Int) -> [Double] {
        zip(places, before).map { measure($0, clips[$0][space]) - $1 }
      }
      let own = Estimate(values: differences(1), speakers: places.map { speakers[$0] }, seed: seed)!
      let random = (2..<clips[0].count).map { differences($0).reduce(0, +) / Double(places.count) }
      return Change(name: name, change: own, null: RandomNull(random, beside: own.mean, center: 0))
    }
    let all = Array(clips.indices)
    let accuracy = change("accuracy", of: all.filter { labels[$0] != nil }) { clip, probabilities in
      probabilities.likeliestClass == labels[clip]! ? 1 : 0
    }
    let agreement = change("agreement", of: all) { clip, probabilities in
      probabilities.likeliestClass == clips[clip][0].likeliestClass ? 1 : 0
    }
    let ofClasses = classes.enumerated().map { place, name in
      change(name, of: all) { _, probabilities in probabilities[place] }
    }
    return ([accuracy, agreement] + ofClasses).compactMap(\.self)
  }
}
