import TestSupport
import Testing

@testable import Tensors

@Suite struct ConvolutionBlockTests {
  static let poolings: [(name: String, pooling: Pooling)] = [
    ("none", .none), ("maximum2x2", Pooling(.maximum, rows: 2, columns: 2)),
    ("average2x2", Pooling(.average, rows: 2, columns: 2)),
    ("maximum4x3", Pooling(.maximum, rows: 4, columns: 3)),
    ("average4x3", Pooling(.average, rows: 4, columns: 3)),
  ]

  /// pool(relu(γ (x − μ)/√(σ² + ε) + β)) from the formula, in double: norm, ReLU, then window by window.
  private func slowBlock(
    _ x: [Double], _ shape: [Int], _ scale: [Double], _ shift: [Double], _ pooling: Pooling
  ) -> [Double] {
    let (batch, channels, rows, columns) = (shape[0], shape[1], shape[2], shape[3])
    var result: [Double] = []
    func place(_ n: Int, _ c: Int, _ i: Int, _ j: Int) -> Int {
      ((n * channels + c) * rows + i) * columns + j
    }
    var activated = x
    for c in 0..<channels {
      let places = (0..<batch).flatMap { n in
        (0..<rows).flatMap { i in (0..<columns).map { place(n, c, i, $0) } }
      }
      let mean = places.reduce(0) { $0 + x[$1] } / Double(places.count)
      let variance = places.reduce(0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / Double(places.count)
      for p in places {
        activated[p] = max(0, scale[c] * (x[p] - mean) / (variance + 1e-5).squareRoot() + shift[c])
      }
    }
    for n in 0..<batch {
      for c in 0..<channels {
        for i in 0..<(rows / pooling.rows) {
          for j in 0..<(columns / pooling.columns) {
            var window: [Double] = []
            for r in 0..<pooling.rows {
              for s in 0..<pooling.columns {
                window.append(activated[place(n, c, i * pooling.rows + r, j * pooling.columns + s)])
              }
            }
            result.append(
              pooling.kind == .maximum ? window.max()! : window.reduce(0, +) / Double(window.count))
          }
        }
      }
    }
    return result
  }

  @Test(
    "Derivatives, against differences of the formula in double, whose small step no kink is near",
    arguments: poolings, [[2, 3, 5, 7], [1, 18, 4, 4]])
  func derivatives(pooling: (name: String, pooling: Pooling), shape: [Int]) {
    let inputs = [sampled(shape, 1), sampled([shape[1]], 2), sampled([shape[1]], 3)]
    let variables = inputs.map { $0.variable() }
    let y = variables[0].normalizedActivatedPooled(
      scale: variables[1], shift: variables[2], epsilon: 1e-5, pooling: pooling.pooling
    ).result
    let weight = sampled(y.shape, 99)
    let weights = weight.floats.map(Double.init)
    let found = gradients(of: y, weight: weight, at: variables)
    let values = inputs.map { $0.floats.map(Double.init) }
    func output(_ v: [[Double]]) -> [Double] { slowBlock(v[0], shape, v[1], v[2], pooling.pooling) }
    #expect(relativeDistance(y.floats.map(Double.init), output(values)) < 1e-6)
    for k in inputs.indices {
      let expected = values[k].indices.map { i in
        func loss(_ offset: Double) -> Double {
          var moved = values
          moved[k][i] += offset
          return zip(output(moved), weights).reduce(0) { $0 + $1.0 * $1.1 }
        }
        return (loss(1e-6) - loss(-1e-6)) / 2e-6
      }
      #expect(relativeDistance(found[k].floats.map(Double.init), expected) < 1e-5, "gradient \(k)")
    }
  }

  @Test("PyTorch's numbers", arguments: poolings, [5, 20])
  func numbers(pooling: (name: String, pooling: Pooling), channels: Int) throws {
    let inputs = [sampled([3, channels, 9, 14], 1), sampled([channels], 2), sampled([channels], 3)].map {
      $0.variable()
    }
    let y = inputs[0].normalizedActivatedPooled(
      scale: inputs[1], shift: inputs[2], epsilon: 1e-5, pooling: pooling.pooling)
    try PyTorchNumbers.expect(y.mean, "block.mean.\(channels)")
    try PyTorchNumbers.expect(y.variance, "block.variance.\(channels)")
    try PyTorchNumbers.expect(y.result, "block.\(pooling.name).\(channels)/y")
    let found = gradients(of: y.result, weight: sampled(y.result.shape, 99), at: inputs)
    for (gradient, end) in zip(found, ["dx", "dscale", "dshift"]) {
      try PyTorchNumbers.expect(gradient, "block.\(pooling.name).\(channels)/\(end)", tolerance: 2e-6)
    }
  }

  @Test("At the report's first block, as the formula says", arguments: poolings)
  func formula(pooling: (name: String, pooling: Pooling)) {
    let x = sampled([3, 33, 61, 157], 1) * 3 + 20
    let (scale, shift) = (sampled([33], 2), sampled([33], 3))
    let found = x.normalizedActivatedPooled(
      scale: scale, shift: shift, epsilon: 1e-5, pooling: pooling.pooling)
    let expected = slowBlock(
      x.floats.map(Double.init), x.shape, scale.floats.map(Double.init), shift.floats.map(Double.init),
      pooling.pooling)
    // The mean is 11 deviations from zero, which costs a digit.
    #expect(relativeDistance(found.result.floats.map(Double.init), expected) < 5e-6)
  }

  @Test("Folded: PyTorch's numbers, dense and over one channel", arguments: poolings)
  func folded(pooling: (name: String, pooling: Pooling)) throws {
    let bias = sampled([20], 3)
    let dense = FoldedConvolution(
      weights: [sampled([20, 6, 3, 3], 2)], bias: bias, paddings: [.same(kernelRows: 3, kernelColumns: 3)])
    let paths = FoldedConvolution(
      weights: [sampled([10, 1, 3, 5], 2), sampled([10, 1, 7, 2], 4)], bias: bias,
      paddings: [.same(kernelRows: 3, kernelColumns: 5), .same(kernelRows: 7, kernelColumns: 2)])
    for (name, convolution, channels) in [("dense", dense, 6), ("paths", paths, 1)] {
      let x = sampled([2, channels, 9, 14], 1).variable()
      let y = convolution(x, pooling: pooling.pooling)
      try PyTorchNumbers.expect(y, "folded.\(name).\(pooling.name)/y")
      let dx = gradients(of: y, weight: sampled(y.shape, 99), at: [x])[0]
      // Winograd's larger tile costs a little.
      try PyTorchNumbers.expect(dx, "folded.\(name).\(pooling.name)/dx", tolerance: 3e-6)
      let plain = convolution(x.detached, pooling: pooling.pooling)
      #expect(!plain.isRecorded)
      #expect(plain.floats == y.floats)
    }
  }

  @Test(
    "NaN goes through a block and a folded convolution instead of becoming a 0",
    arguments: poolings)
  func notNumbers(pooling: (name: String, pooling: Pooling)) {
    var values = sampled([1, 2, 4, 6], 1).floats
    values[0] = .nan
    let x = Tensor(values, shape: [1, 2, 4, 6])
    let block = x.normalizedActivatedPooled(
      scale: .ones([2]), shift: .zeros([2]), epsilon: 1e-5, pooling: pooling.pooling)
    #expect(block.result.floats[0].isNaN)
    #expect(!block.result.floats.last!.isNaN)
    let dense = FoldedConvolution(
      weights: [sampled([3, 2, 1, 1], 2)], bias: .ones([3]), paddings: [Padding(0)])
    #expect(dense(x, pooling: pooling.pooling).floats[0].isNaN)
    let one = FoldedConvolution(
      weights: [sampled([3, 1, 1, 1], 2)], bias: .ones([3]), paddings: [Padding(0)])
    #expect(one(x.slice(axis: 1, 0..<1), pooling: pooling.pooling).floats[0].isNaN)
  }

  /// One channel's convolutions: of 32 channels, of several paths, of paths that share a block.
  static let oneChannel: [(name: String, kernels: [[Int]], filters: Int)] = [
    ("cnnlstm", [[3, 3]], 32), ("fcmfcc", [[3, 3], [9, 1], [1, 11]], 32), ("cnnatt", [[11, 3], [3, 9]], 8),
  ]

  @Test(
    "A one-channel block that makes its convolution again says what one that stores it says",
    arguments: oneChannel, [1, 3, 7])
  func madeAgain(paths: (name: String, kernels: [[Int]], filters: Int), batch: Int) throws {
    // Sides that windows do not cover; long enough for several strips of rows.
    let x = sampled([batch, 1, 51, 37], 1)
    let weights = paths.kernels.enumerated().map { sampled([paths.filters, 1] + $1, 2 + UInt64($0)) }
    let paddings = paths.kernels.map { Padding.same(kernelRows: $0[0], kernelColumns: $0[1]) }
    let channels = paths.filters * paths.kernels.count
    let parameters = weights + [sampled([channels], 7), sampled([channels], 8)]
    for pooling in Self.poolings.map(\.pooling) where pooling != .none {
      func block(_ x: Tensor) -> (result: Tensor, found: [Tensor]) {
        let variables = parameters.map { $0.variable() }
        let block = x.convolutionBlock(
          Array(variables.dropLast(2)), paddings: paddings, scale: variables[variables.count - 2],
          shift: variables[variables.count - 1], epsilon: 1e-5, pooling: pooling)
        let found = gradients(of: block.result, weight: sampled(block.result.shape, 99), at: variables)
        return (block.result, found + [block.mean, block.variance])
      }
      // Recorded at its input, the block stores the convolution.
      let (again, stored) = (block(x), block(x.variable()))
      #expect(relativeDistance(again.result, stored.result) < 1e-6)
      try #require(again.found.count == stored.found.count)
      for (a, b) in zip(again.found, stored.found) { #expect(relativeDistance(a, b) < 3e-6) }
    }
    let bias = parameters.last!
    let folded = FoldedConvolution(weights: weights, bias: bias, paddings: paddings)
    for pooling in Self.poolings.map(\.pooling) {
      let (own, plain) = (x.variable(), x.variable())
      let y = folded(own, pooling: pooling)
      let expected = plain.convolved(withPaths: weights, bias: bias, paddings: paddings).relu().pooled(pooling)
      #expect(relativeDistance(y, expected) < 1e-6)
      let weight = sampled(y.shape, 99)
      #expect(
        relativeDistance(
          gradients(of: y, weight: weight, at: [own])[0], gradients(of: expected, weight: weight, at: [plain])[0])
          < 2e-6)
    }
  }

  @Test("Of equal maxima in a window the first has the gradient, and none where all are below zero")
  func ties() {
    let folded = FoldedConvolution(weights: [.ones([1, 1, 1, 1])], bias: .zeros([1]), paddings: [Padding(0)])
    let x = Tensor([1, 1, -1, -1, 1, 0, -1, -2], shape: [1, 1, 2, 4]).variable()
    let y = folded(x, pooling: Pooling(.maximum, rows: 2, columns: 2))
    #expect(gradients(of: y, at: [x])[0].floats == [1, 0, 0, 0, 0, 0, 0, 0])
  }
}
