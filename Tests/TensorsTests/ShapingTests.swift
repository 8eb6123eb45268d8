import TestSupport
import Testing

@testable import Tensors

@Suite struct ShapingTests {
  @Test("Derivatives")
  func derivatives() {
    let x = sampled([2, 3, 4], 1)
    expectDerivatives(at: [x]) { $0[0].reshaped([4, -1]) }
    expectDerivatives(at: [x]) { $0[0].flattened(from: 1) }
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]] {
      expectDerivatives(at: [x]) { $0[0].permuted(order) }
    }
    expectDerivatives(at: [x]) { $0[0].transposed() }
    expectDerivatives(at: [x]) { $0[0].broadcast(to: [3, 2, 3, 4]) }
    expectDerivatives(at: [sampled([2, 1, 4], 2)]) { $0[0].broadcast(to: [2, 3, 4]) }
    expectDerivatives(at: [sampled([], 2)]) { $0[0].broadcast(to: [2, 3]) }
    for axis in [0, 1, 2, -1] { expectDerivatives(at: [x]) { $0[0].slice(axis: axis, 1..<2) } }
    expectDerivatives(at: [x]) { $0[0].slice(axis: 2, 0..<4) }
    for axis in [0, 1, -1] {
      expectDerivatives(at: [x, sampled([2, 3, 4], 3)]) {
        Tensor.concatenated([$0[0], $0[1], $0[0]], axis: axis)
      }
    }
    expectDerivatives(at: [sampled([2, 1], 1), sampled([2, 3], 2)]) { .concatenated($0, axis: 1) }
  }

  /// An element's place in row-major order, by its indices.
  private func place(_ indices: [Int], in shape: [Int]) -> Int {
    zip(indices, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }

  private func indices(_ place: Int, in shape: [Int]) -> [Int] {
    var rest = place
    return shape.reversed().map { size in
      defer { rest /= size }
      return rest % size
    }.reversed()
  }

  @Test(
    "A permutation moves each element where its indices say",
    arguments: [[0, 2, 1, 3], [3, 0, 1, 2], [1, 0, 3, 2], [3, 2, 1, 0]])
  func permutation(order: [Int]) {
    let x = sampled([3, 17, 5, 41], 1)
    let y = x.permuted(order)
    #expect(y.shape == order.map { x.shape[$0] })
    let (before, after) = (x.floats, y.floats)
    #expect(
      after.indices.allSatisfy { i in
        var source = [0, 0, 0, 0]
        for (d, index) in zip(order, indices(i, in: y.shape)) { source[d] = index }
        return after[i] == before[place(source, in: x.shape)]
      })
  }

  @Test("Slices, concatenations and broadcasts hold what their indices say")
  func slices() {
    let x = Tensor((0..<24).map(Float.init), shape: [2, 3, 4])
    #expect(x.slice(axis: 1, 1..<3).floats == [4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23])
    #expect(x.slice(axis: 2, 3..<4).floats == [3, 7, 11, 15, 19, 23])
    #expect(x.slice(axis: 0, 1..<1).shape == [0, 3, 4])
    #expect(
      Tensor.concatenated([x.slice(axis: 2, 0..<1), x.slice(axis: 2, 1..<4)], axis: 2).floats == x.floats)
    #expect(
      Tensor([1, 2], shape: [2, 1]).broadcast(to: [2, 2, 3]).floats == [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2])
    #expect(Tensor([3], shape: []).permuted([]).floats == [3])
    #expect(Tensor.zeros([0, 4]).permuted([1, 0]).shape == [4, 0])
    #expect(x.permuted([2, 0, 1]).reshaped([-1, 6]).shape == [4, 6])
  }

  @Test("A tensor in blocks is the same tensor", arguments: [1, 7, 16, 33])
  func blocks(channels: Int) {
    let x = sampled([3, channels, 5, 7], 1)
    let blocked = x.blocked
    #expect(blocked.layout == .blocked)
    #expect(blocked.floats == x.floats)
    // Every operation that cannot take blocks reorders.
    #expect(blocked.sum(axes: [1]).floats == x.sum(axes: [1]).floats)
    #expect((blocked + x).floats == (x + x).floats)
    #expect(blocked.permuted([3, 1, 0, 2]).floats == x.permuted([3, 1, 0, 2]).floats)
    #expect(blocked.slice(axis: 1, 0..<1).floats == x.slice(axis: 1, 0..<1).floats)
    #expect(
      Tensor.concatenated([blocked, x], axis: 1).floats == Tensor.concatenated([x, x], axis: 1).floats)
    #expect(blocked.reshaped([-1]).floats == x.floats)
    #expect(blocked.relu().floats == x.relu().floats)
    let variable = x.variable()
    let dx = gradients(of: variable.blocked.squared().blocked, weight: blocked, at: [variable])[0]
    #expect(dx.floats == x.floats.map { $0 * (2 * $0) })
  }
}
