import Basics

/// A rank's part of a batch that several ranks compute together.
public struct BatchShare: Sendable {
  private let ranks: any RankGroup
  /// The clips of the whole batch.
  public let whole: Int
  /// The rank's own of them.
  public let rows: Range<Int>
  /// Whether the rank's numbers count. A batch of fewer clips than ranks is computed whole by each of them, and the first one's
  /// numbers are taken by all.
  public let isCounted: Bool

  /// Nil of a rank by itself, which has the whole batch.
  public init?(of whole: Int, among ranks: any RankGroup) {
    guard ranks.count > 1 else { return nil }
    (self.ranks, self.whole) = (ranks, whole)
    let isDivided = whole >= ranks.count
    rows = isDivided ? whole * ranks.rank / ranks.count..<whole * (ranks.rank + 1) / ranks.count : 0..<whole
    isCounted = isDivided || ranks.isFirst
  }

  /// The rank's part of what is a mean over the batch's clips.
  public var weight: Double { isCounted ? Double(rows.count) / Double(whole) : 0 }

  /// Replaces each number by its sum over the ranks' parts.
  public func sum(_ numbers: UnsafeMutableBufferPointer<Float>) {
    if !isCounted { numbers.update(repeating: 0) }
    ranks.sum(numbers)
  }

  /// The sums over the ranks' parts.
  public func sum(_ numbers: [Double]) -> [Double] { ranks.sum(isCounted ? numbers : numbers.map { _ in 0 }) }

  /// The numbers of all clips, in the batch's order, from those of the rank's own; as many each.
  public func gathered(_ own: [Float]) -> [Float] {
    demand(own.count % rows.count == 0, "\(own.count) numbers of \(rows.count) clips")
    let width = own.count / rows.count
    var all = [Float](repeating: 0, count: whole * width)
    all.replaceSubrange(rows.lowerBound * width..<rows.upperBound * width, with: own)
    all.withUnsafeMutableBufferPointer { sum($0) }
    return all
  }

  /// The counts of all clips, each at most 2²⁴, from those of the rank's own.
  public func gathered(_ own: [Int]) -> [Int] { gathered(own.map(Float.init)).map { Int($0) } }
}
