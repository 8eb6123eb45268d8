import TestSupport
import Testing

@testable import Tensors

@Suite struct Pooling2DTests {
  @Test(
    "Derivatives, also of windows that leave a remainder or overlap",
    arguments: [Pooling.Kind.maximum, .average])
  func derivatives(kind: Pooling.Kind) {
    let x = spaced([1, 2, 5, 7], 1)
    expectDerivatives(at: [x]) { $0[0].pooled(Pooling(kind, rows: 2, columns: 3)) }
    expectDerivatives(at: [x]) { $0[0].pooled(Pooling(kind, rows: 5, columns: 1)) }
    for (rows, columns) in [(1, 1), (3, 4), (5, 7), (7, 2)] {
      expectDerivatives(at: [x]) { $0[0].adaptivelyPooled(kind, rows: rows, columns: columns) }
    }
  }

  @Test("PyTorch's numbers", arguments: [("maximum", Pooling.Kind.maximum), ("average", .average)])
  func numbers(name: String, kind: Pooling.Kind) throws {
    let x = sampled([2, 3, 13, 17], 1).variable()
    let pooled = x.pooled(Pooling(kind, rows: 2, columns: 3))
    try PyTorchNumbers.expect(pooled, "pooled.\(name)/y")
    let dx = gradients(of: pooled, weight: sampled(pooled.shape, 99), at: [x])[0]
    try PyTorchNumbers.expect(dx, "pooled.\(name)/dx")
    for (rows, columns) in [(5, 7), (1, 1), (13, 17), (15, 4)] {
      let y = x.adaptivelyPooled(kind, rows: rows, columns: columns)
      try PyTorchNumbers.expect(y, "pooled.adaptive.\(name).\(rows)/y")
      let dx = gradients(of: y, weight: sampled(y.shape, 99), at: [x])[0]
      try PyTorchNumbers.expect(dx, "pooled.adaptive.\(name).\(rows)/dx")
    }
  }

  @Test("Of equal maxima the first has the gradient")
  func ties() {
    let x = Tensor.ones([1, 1, 2, 2]).variable()
    let y = x.pooled(Pooling(.maximum, rows: 2, columns: 2))
    #expect(gradients(of: y, at: [x])[0].floats == [1, 0, 0, 0])
  }
}
