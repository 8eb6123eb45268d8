import Basics
import Foundation
import Tensors

/// Groups of points that hang together by their nearest neighbours (Ng, Jordan and Weiss 2002; von Luxburg 2007,
/// arXiv:0711.0189): the smallest eigenvectors of the normalised Laplacian I − D^(−½) A D^(−½), A being 1 between mutual
/// nearest neighbours and ½ where only one of two points is the other's, then k-means on their rows, each of length 1.
///
/// The number of groups k is where the eigenvalues' largest gap is, λ(k + 1) − λ(k): spectral relevance analysis (SpRAy,
/// Lapuschkin et al. 2019, arXiv:1902.10178) reads the strategies of a model from this gap.
public struct SpectralClusters: Sendable {
  /// The group of each point; groups are numbered by their first points.
  public let assignment: [Int]
  public let count: Int
  /// Of the Laplacian, the smallest first: one more than the most groups, or all.
  public let eigenvalues: [Double]
  /// By group, the mean over its points of (b − a) / max(a, b), with a the mean distance to the group's other points and b that
  /// to the points of the nearest other group (Rousseeuw 1987); 0 of a group of one point, or where there is one group.
  public let silhouettes: [Double]

  /// The most groups that are looked for.
  public static let most = 8
  /// The k-means of so many starts is the one with the smallest sum of squares.
  private static let starts = 10, rounds = 100

  /// - Parameters:
  ///   - points: Of one length.
  ///   - neighbours: Of each point; a tenth of the points, and 3 or more, where it is not given.
  ///   - seed: Of the starts of k-means.
  public init(_ points: [[Double]], neighbours: Int? = nil, seed: UInt64) {
    let distances = points.map { one in points.map { Self.distance(one, $0) } }
    let near = neighbours ?? max(3, points.count / 10)
    guard points.count > Self.most else {
      (assignment, count, eigenvalues, silhouettes) = (points.map { _ in 0 }, points.isEmpty ? 0 : 1, [], [0])
      return
    }
    let (values, vectors) = symmetricEigenvectors(Self.laplacian(distances, neighbours: near))
    let gaps = (1...Self.most).map { values[$0] - values[$0 - 1] }
    // The fewest of equals.
    let groups = 1 + gaps.indices.max { (gaps[$0], $1) < (gaps[$1], $0) }!
    let rows = points.indices.map { point -> [Double] in
      let row = vectors[..<groups].map { $0[point] }
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return row.map { $0 / max(length, 1e-300) }
    }
    var generator = SeededGenerator(seed: seed)
    let found = (0..<Self.starts).map { _ in Self.means(rows, groups: groups, using: &generator) }
    let best = found.min { $0.sum < $1.sum }!.assignment
    var numbers: [Int: Int] = [:]
    for group in best where numbers[group] == nil { numbers[group] = numbers.count }
    let assignment = best.map { numbers[$0]! }
    (self.assignment, count) = (assignment, numbers.count)
    eigenvalues = Array(values.prefix(Self.most + 1))
    silhouettes = Self.silhouettes(distances, assignment, groups: numbers.count)
  }

  private static func distance(_ one: [Double], _ other: [Double]) -> Double {
    zip(one, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  /// [points][points].
  static func laplacian(_ distances: [[Double]], neighbours: Int) -> [[Double]] {
    let count = distances.count
    var affinity = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
    for (point, row) in distances.enumerated() {
      // The first of points that are as near.
      let others = row.indices.filter { $0 != point }.sorted { (row[$0], $0) < (row[$1], $1) }
      for other in others.prefix(neighbours) {
        affinity[point][other] += 0.5
        affinity[other][point] += 0.5
      }
    }
    let roots = affinity.map { 1 / $0.reduce(0, +).squareRoot() }
    return affinity.indices.map { one in
      affinity.indices.map { (one == $0 ? 1 : 0) - roots[one] * affinity[one][$0] * roots[$0] }
    }
  }

  /// Lloyd's k-means from starts far from each other (k-means++, Arthur and Vassilvitskii 2007).
  private static func means(
    _ rows: [[Double]], groups: Int, using generator: inout SeededGenerator
  ) -> (assignment: [Int], sum: Double) {
    func square(_ one: [Double], _ other: [Double]) -> Double {
      zip(one, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    var centres = [rows[generator.index(below: rows.count)]]
    while centres.count < groups {
      let weights = rows.map { row in centres.map { square(row, $0) }.min()! }
      var left = generator.uniform() * weights.reduce(0, +)
      let drawn = weights.indices.first { place in
        left -= weights[place]
        return left < 0
      }
      // Where all points are on centres, any is as good.
      centres.append(rows[drawn ?? rows.count - 1])
    }
    func nearest(_ row: [Double]) -> Int {
      centres.indices.min { square(row, centres[$0]) < square(row, centres[$1]) }!
    }
    var assignment = rows.map(nearest)
    for _ in 0..<rounds {
      for group in centres.indices {
        let own = rows.indices.filter { assignment[$0] == group }
        guard !own.isEmpty else { continue }
        centres[group] = centres[group].indices.map { axis in
          own.reduce(0) { $0 + rows[$1][axis] } / Double(own.count)
        }
      }
      let next = rows.map(nearest)
      guard next != assignment else { break }
      assignment = next
    }
    return (assignment, zip(rows, assignment).reduce(0) { $0 + square($1.0, centres[$1.1]) })
  }

  private static func silhouettes(_ distances: [[Double]], _ assignment: [Int], groups: Int) -> [Double] {
    let members = (0..<groups).map { group in assignment.indices.filter { assignment[$0] == group } }
    return members.enumerated().map { group, own in
      guard groups > 1, own.count > 1 else { return 0 }
      let values = own.map { point -> Double in
        let within = own.reduce(0) { $0 + distances[point][$1] } / Double(own.count - 1)
        let beside = members.indices.filter { $0 != group }.map { other in
          members[other].reduce(0) { $0 + distances[point][$1] } / Double(members[other].count)
        }.min()!
        return (beside - within) / max(within, beside, 1e-300)
      }
      return values.reduce(0, +) / Double(values.count)
    }
  }
}
