import Layers
import Ranks
import Tensors
import TestSupport
import Testing

/// A batch on one rank is the twin of the same batch on several.
@Suite("Batches that several ranks share")
struct SharedBatchTests {
  /// What a block makes of a batch, of which a rank has a share or all.
  struct Found: Sendable {
    let output: [Float]
    /// At the whole batch; empty where it is not recorded.
    let input: [Float]
    /// At this rank's share, by the block's weights.
    let weights: [[Float]]
    let statistics: [[Float]]
    let isCounted: Bool

    init(_ item: BlockCase, isRecorded: Bool, _ ranks: any RankGroup) throws {
      let (block, whole) = (try item.makeBlock(), item.makeInput())
      let share = BatchShare(of: whole.shape[0], among: ranks)
      let own = share.map { whole.slice(axis: 0, $0.rows) } ?? whole
      let x = isRecorded ? own.variable() : own
      let pass = ForwardPass(.training, learning: block.weights, share: share)
      let y = block(x, pass)
      let all = share.map { y.gathered($0) } ?? y
      let learned = block.weights.map { pass($0) }
      let found = gradients(of: all, weight: sampled(all.shape, 7), at: learned + (isRecorded ? [x] : []))
      output = all.floats
      weights = found.prefix(learned.count).map(\.floats)
      input = isRecorded ? share.map { found.last!.gathered($0).floats } ?? found.last!.floats : []
      statistics = block.parameters.filter { $0.role != .weight }.map(\.value.floats)
      isCounted = share?.isCounted ?? true
    }
  }

  @Test(
    "A block's output, gradients and running statistics are those of the whole batch, the same bits on every rank",
    arguments: BlockCase.all, [2, 3])
  func blocks(_ item: BlockCase, ranks: Int) throws {
    for isRecorded in [true, false] {
      let alone = try Found(item, isRecorded: isRecorded, SingleRank())
      let found = try onRanks(ranks) { try Found(item, isRecorded: isRecorded, $0) }
      for one in found {
        #expect(one.output == found[0].output && one.input == found[0].input)
        #expect(one.statistics == found[0].statistics)
      }
      #expect(relativeDistance(found[0].output, alone.output) < 1e-4)
      #expect(relativeDistance(found[0].input, alone.input) < 1e-3)
      for (own, expected) in zip(found[0].statistics, alone.statistics) {
        #expect(relativeDistance(own, expected) < 1e-5)
      }
      for (index, expected) in alone.weights.enumerated() {
        let sum = expected.indices.map { place in
          found.reduce(Float(0)) { $0 + ($1.isCounted ? $1.weights[index][place] : 0) }
        }
        #expect(relativeDistance(sum, expected) < 1e-3, "weight \(index)")
      }
    }
  }

  @Test("Every clip has one rank, and the ranks' numbers of clips differ by one at most", arguments: [1, 2, 3, 4, 7])
  func rows(ranks: Int) throws {
    for batch in ranks...(3 * ranks) {
      let found = try onRanks(ranks) { BatchShare(of: batch, among: $0)?.rows ?? 0..<batch }
      #expect(found.flatMap(Array.init) == Array(0..<batch))
      #expect(found.map(\.count).max()! - found.map(\.count).min()! <= 1)
    }
  }

  @Test("Fewer clips than ranks are whole on each, and count once")
  func few() throws {
    let found = try onRanks(4) { ranks in
      let share = BatchShare(of: 3, among: ranks)!
      return (share.rows, share.isCounted, share.gathered([Float(ranks.rank), 5, 6]))
    }
    for (rank, (rows, isCounted, numbers)) in found.enumerated() {
      #expect(rows == 0..<3 && isCounted == (rank == 0) && numbers == [0, 5, 6])
    }
  }

  @Test("Dropout drops what it drops of the whole batch", arguments: [2, 3])
  func dropout(ranks: Int) throws {
    @Sendable func kept(_ ranks: any RankGroup) -> [Float] {
      let share = BatchShare(of: 7, among: ranks)
      let pass = ForwardPass(.training, seed: 3, share: share)
      let x = Tensor.ones([share?.rows.count ?? 7, 4, 9])
      let y = x.dropout(0.4, pass) + 10 * x.dropout(0.2, pass)
      return (share.map { y.gathered($0) } ?? y).floats
    }
    let alone = kept(SingleRank())
    #expect(Set(alone).count == 4)
    for found in try onRanks(ranks, kept) { #expect(found == alone) }
  }

  @Test("One by one, clips have the same random numbers on whichever rank, and what is drawn after them too")
  func oneByOne() throws {
    @Sendable func drawn(_ ranks: any RankGroup) -> [Double] {
      let share = BatchShare(of: 5, among: ranks)
      let pass = ForwardPass(.training, seed: 3, share: share)
      let own = pass.oneByOne(share?.rows.count ?? 5) { clip in
        // As many as it has, as a clip does in which layers are left out.
        (0...clip).map { _ in pass.drawn { $0.uniform() } }[0]
      }
      return (share.map { $0.gathered(own.map { Float($0) }) } ?? own.map { Float($0) }).map(Double.init)
        + [pass.drawn { $0.uniform() }]
    }
    let alone = drawn(SingleRank())
    #expect(Set(alone).count == 6)
    for found in try onRanks(2, drawn) { #expect(found == alone) }
  }
}
