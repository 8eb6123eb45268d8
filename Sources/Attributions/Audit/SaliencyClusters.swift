import Basics
import Foundation

/// The strategies of a model: clips grouped by where the saliency of what is predicted lies (spectral relevance analysis,
/// Lapuschkin et al. 2019, arXiv:1902.10178).
public struct SaliencyClusters: Sendable {
  public struct Cluster: Sendable {
    public let clips: Int
    /// The mean of ``AuditedClip/Seen/grid``.
    public let map: [Double]
    /// The class that most of its clips are predicted, their number, and that of all clips that are predicted it.
    public let predicted, ofPredicted, allPredicted: Int
    /// The mean silhouette: near 1 where it is apart from others, about 0 where it is not.
    public let silhouette: Double
    /// The mean share of the saliency on silent frames.
    public let silent: Double
    /// The eighth of the mels, from the lowest, that has the most saliency, its share, and its share in the other clips.
    public let band: Int
    public let bandShare, bandShareOfOthers: Double

    public init(
      clips: Int, map: [Double], predicted: Int, ofPredicted: Int, allPredicted: Int, silhouette: Double,
      silent: Double,
      band: Int, bandShare: Double, bandShareOfOthers: Double
    ) {
      (self.clips, self.map, self.predicted, self.ofPredicted) = (clips, map, predicted, ofPredicted)
      (self.allPredicted, self.silhouette, self.silent) = (allPredicted, silhouette, silent)
      (self.band, self.bandShare, self.bandShareOfOthers) = (band, bandShare, bandShareOfOthers)
    }
  }

  public let clusters: [Cluster]
  /// Clips that are grouped.
  public let clips: Int
  /// Of the Laplacian, the smallest first.
  public let eigenvalues: [Double]

  /// Of more clips so many are drawn at random.
  static let most = 400

  /// - Parameter seed: Of the drawn clips and of k-means.
  public init(_ all: [AuditedClip], seed: UInt64) {
    let seen = all.filter { $0.seen != nil }
    var generator = SeededGenerator(seed: seed)
    let drawn =
      seen.count <= Self.most
      ? seen : generator.shuffled(seen.indices).prefix(Self.most).sorted().map { seen[$0] }
    let maps = drawn.map { $0.seen!.grid }
    let found = SpectralClusters(maps, seed: seed)
    let predicted = drawn.map { $0.answer(.asItIs)!.likeliestClass }
    func mean(_ clips: [Int]) -> [Double] {
      clips.reduce([Double](repeating: 0, count: maps.first?.count ?? 0)) { zip($0, maps[$1]).map(+) }
        .map { $0 / Double(max(1, clips.count)) }
    }
    let side = AuditedClip.Seen.side
    clusters = (0..<found.count).map { number in
      let own = drawn.indices.filter { found.assignment[$0] == number }
      let map = mean(own), others = mean(drawn.indices.filter { found.assignment[$0] != number })
      func rows(_ map: [Double]) -> [Double] {
        (0..<side).map { map[($0 * side)..<(($0 + 1) * side)].reduce(0, +) }
      }
      let band = rows(map).indices.max { rows(map)[$0] < rows(map)[$1] }!
      let counts = own.reduce(into: [:]) { $0[predicted[$1], default: 0] += 1 }
      let dominating = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }!
      return Cluster(
        clips: own.count, map: map, predicted: dominating.key, ofPredicted: dominating.value,
        allPredicted: predicted.count { $0 == dominating.key }, silhouette: found.silhouettes[number],
        silent: own.reduce(0) { $0 + drawn[$1].seen!.silent } / Double(own.count), band: band,
        bandShare: rows(map)[band], bandShareOfOthers: rows(others)[band])
    }
    (clips, eigenvalues) = (drawn.count, found.eigenvalues)
  }
}
