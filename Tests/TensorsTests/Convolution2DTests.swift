import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Tensors

/// Σ x[n, c, i + k − top, j + l − left] · w[f, c, k, l] + b[f], loop by loop, in double.
func slowConvolution(_ x: Tensor, _ w: Tensor, _ bias: Tensor?, _ padding: Padding) -> Tensor {
  let (rows, columns) = (x.shape[2], x.shape[3])
  let (channels, kernelRows, kernelColumns) = (w.shape[1], w.shape[2], w.shape[3])
  let outRows = rows + padding.top + padding.bottom - kernelRows + 1
  let outColumns = columns + padding.left + padding.right - kernelColumns + 1
  let (values, weights, biases) = (x.floats, w.floats, bias?.floats)
  var result: [Float] = []
  for n in 0..<x.shape[0] {
    for f in 0..<w.shape[0] {
      for i in 0..<outRows {
        for j in 0..<outColumns {
          var sum = Double(biases?[f] ?? 0)
          for c in 0..<channels {
            for k in 0..<kernelRows {
              let row = i + k - padding.top
              guard (0..<rows).contains(row) else { continue }
              for l in 0..<kernelColumns {
                let column = j + l - padding.left
                guard (0..<columns).contains(column) else { continue }
                sum +=
                  Double(values[((n * channels + c) * rows + row) * columns + column])
                  * Double(weights[((f * channels + c) * kernelRows + k) * kernelColumns + l])
              }
            }
          }
          result.append(Float(sum))
        }
      }
    }
  }
  return Tensor(result, shape: [x.shape[0], w.shape[0], outRows, outColumns])
}

struct ConvolutionSizes: Sendable, CustomTestStringConvertible {
  let name: String
  let input: [Int]
  let filters, kernelRows, kernelColumns: Int
  var padding: Padding?

  var places: Padding { padding ?? .same(kernelRows: kernelRows, kernelColumns: kernelColumns) }
  var weight: [Int] { [filters, input[1], kernelRows, kernelColumns] }
  var testDescription: String { name }
}

@Suite struct Convolution2DTests {
  @Test("The padding that keeps the size is PyTorch's: the larger half last")
  func samePadding() {
    #expect(Padding.same(kernelRows: 3, kernelColumns: 1) == Padding(top: 1, left: 0, bottom: 1, right: 0))
    #expect(Padding.same(kernelRows: 4, kernelColumns: 2) == Padding(top: 1, left: 0, bottom: 2, right: 1))
  }

  @Test(
    "Derivatives at input, weight and bias",
    arguments: [
      ConvolutionSizes(name: "3×3", input: [2, 3, 4, 5], filters: 2, kernelRows: 3, kernelColumns: 3),
      .init(name: "17 channels", input: [1, 17, 2, 3], filters: 3, kernelRows: 2, kernelColumns: 1),
      .init(name: "17 filters", input: [1, 2, 3, 2], filters: 17, kernelRows: 1, kernelColumns: 2),
      .init(
        name: "uneven", input: [3, 2, 4, 3], filters: 2, kernelRows: 3, kernelColumns: 2,
        padding: Padding(top: 2, left: 0, bottom: 0, right: 1)),
      .init(
        name: "no padding", input: [1, 2, 5, 4], filters: 2, kernelRows: 3, kernelColumns: 3,
        padding: Padding(0)),
      .init(name: "one channel", input: [2, 1, 5, 4], filters: 3, kernelRows: 3, kernelColumns: 2),
    ])
  func derivatives(sizes: ConvolutionSizes) {
    let inputs = [sampled(sizes.input, 1), sampled(sizes.weight, 2), sampled([sizes.filters], 3)]
    expectDerivatives(at: inputs) { $0[0].convolved(with: $0[1], bias: $0[2], padding: sizes.places) }
    expectDerivatives(at: Array(inputs[0..<2])) { $0[0].convolved(with: $0[1], padding: sizes.places) }
  }

  static let known: [ConvolutionSizes] = [
    .init(name: "small", input: [2, 5, 9, 11], filters: 7, kernelRows: 3, kernelColumns: 3),
    .init(name: "even", input: [3, 18, 7, 8], filters: 17, kernelRows: 4, kernelColumns: 2),
    .init(
      name: "uneven", input: [1, 3, 8, 9], filters: 2, kernelRows: 3, kernelColumns: 5,
      padding: Padding(top: 2, left: 0, bottom: 1, right: 3)),
    .init(name: "point", input: [7, 16, 5, 3], filters: 32, kernelRows: 1, kernelColumns: 1),
    .init(name: "fcmfcc", input: [2, 96, 20, 31], filters: 64, kernelRows: 3, kernelColumns: 3),
    .init(name: "one", input: [3, 1, 40, 61], filters: 32, kernelRows: 3, kernelColumns: 3),
    .init(
      name: "oneUneven", input: [2, 1, 9, 30], filters: 5, kernelRows: 4, kernelColumns: 3,
      padding: Padding(top: 1, left: 0, bottom: 3, right: 2)),
  ]

  @Test("PyTorch's numbers", arguments: known)
  func numbers(sizes: ConvolutionSizes) throws {
    let inputs = [sampled(sizes.input, 1), sampled(sizes.weight, 2), sampled([sizes.filters], 3)].map {
      $0.variable()
    }
    let y = inputs[0].convolved(with: inputs[1], bias: inputs[2], padding: sizes.places)
    try PyTorchNumbers.expect(y, "convolved.\(sizes.name)/y")
    let found = gradients(of: y, weight: sampled(y.shape, 99), at: inputs)
    for (gradient, end) in zip(found, ["dx", "dweight", "dbias"]) {
      try PyTorchNumbers.expect(gradient, "convolved.\(sizes.name)/\(end)", tolerance: 2e-6)
    }
  }

  @Test("What the loops say, with a bias or without, for any batch", arguments: [1, 3, 7])
  func loops(batch: Int) {
    let (x, w, b) = (sampled([batch, 35, 11, 13], 1), sampled([18, 35, 3, 2], 2), sampled([18], 3))
    let padding = Padding(top: 0, left: 2, bottom: 1, right: 1)
    let expected = slowConvolution(x, w, b, padding)
    let convolution = DenseConvolution(weight: w, padding: padding)
    // Twice, because the second time weights and primitive are kept ones.
    for _ in 0..<2 {
      #expect(relativeDistance(convolution.forward(x, bias: b), expected) < 1e-6)
      #expect(
        relativeDistance(
          convolution.forward(x, bias: nil), slowConvolution(x, w, nil, padding)) < 1e-6)
    }
  }

  /// Sides that are no multiples of Winograd's tiles, channels that are none of a block.
  static func large(
    _ direction: ConvolutionPrimitive.Shape.Direction, batch: Int
  ) -> ConvolutionPrimitive.Shape {
    .init(
      direction: direction, batch: batch, channels: 35, rows: 41, columns: 53, filters: 18, kernelRows: 3,
      kernelColumns: 3, padding: Padding(1))
  }

  @Test("Winograd's algorithm says what the loops say, and so do its gradients", arguments: [1, 3, 7])
  func winograd(batch: Int) {
    for (direction, tile) in [
      (ConvolutionPrimitive.Shape.Direction.forward, 2), (.inputGradient, 4), (.weightGradient, 4),
    ] {
      #expect(Self.large(direction, batch: batch).cheapestTile == tile)
    }
    let (x, w, dy) = (
      sampled([batch, 35, 41, 53], 1), sampled([18, 35, 3, 3], 2), sampled([batch, 18, 41, 53], 3)
    )
    let convolution = DenseConvolution(weight: w, padding: Padding(1))
    let expected = slowConvolution(x, w, nil, Padding(1))
    #expect(
      relativeDistance(convolution.forward(x, bias: nil), expected) < 2e-6)
    // The input's gradient is the convolution with the weights turned round and channels and filters exchanged.
    let turned = Tensor(
      (0..<35).flatMap { c in
        (0..<18).flatMap { f in w.slice(axis: 0, f..<(f + 1)).slice(axis: 1, c..<(c + 1)).floats.reversed() }
      }, shape: [35, 18, 3, 3])
    let expectedGradient = slowConvolution(dy, turned, nil, Padding(1))
    #expect(relativeDistance(convolution.inputGradient(dy, shape: x.shape), expectedGradient) < 5e-6)
    let small = WinogradConvolution(weight: w, rotated: true, tile: 2)
    #expect(relativeDistance(small(dy.blocked), expectedGradient) < 2e-6)
    // Σ y(w) dy is linear in w, so its gradient times any direction is its value in that direction.
    let direction = sampled([18, 35, 3, 3], 4)
    func product(_ a: Tensor, _ b: Tensor) -> Double {
      zip(a.floats, b.floats).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let along = product(slowConvolution(x, direction, nil, Padding(1)), dy)
    let found = convolution.weightGradients(x, dy)[0]
    let scale = product(dy, dy).squareRoot() * product(expected, expected).squareRoot()
    #expect(abs(product(found, direction) - along) < 1e-5 * scale)
    let other = WinogradConvolution.weightGradient(x.blocked, dy.blocked, tile: 2)
    #expect(abs(product(other, direction) - along) < 1e-5 * scale)
    #expect(relativeDistance(found, other) < 1e-5)
  }

  /// On processors where oneDNN has plain loops only; by their own twin here, so that it is tested on all.
  @Test(
    "The weights' gradient as a product of the unfolded input",
    arguments: [
      ([3, 5, 2, 9], [4, 3, 3]), ([1, 2, 1, 6], [3, 3, 3]), ([2, 3, 7, 5], [2, 2, 4]), ([2, 1, 1, 1], [1, 3, 5]),
    ])
  func unfolded(input: [Int], kernel: [Int]) {
    let (filters, kernelRows, kernelColumns) = (kernel[0], kernel[1], kernel[2])
    let padding = Padding.same(kernelRows: kernelRows, kernelColumns: kernelColumns)
    let (batch, channels, rows, columns) = (input[0], input[1], input[2], input[3])
    let (x, dy) = (sampled(input, 1), sampled([batch, filters, rows, columns], 2))
    let (values, factors) = (x.floats, dy.floats)
    var expected: [Double] = []
    for f in 0..<filters {
      for c in 0..<channels {
        for k in 0..<kernelRows {
          for l in 0..<kernelColumns {
            var sum = 0.0
            for n in 0..<batch {
              for i in 0..<rows {
                for j in 0..<columns {
                  let (row, column) = (i + k - padding.top, j + l - padding.left)
                  guard (0..<rows).contains(row), (0..<columns).contains(column) else { continue }
                  sum +=
                    Double(values[((n * channels + c) * rows + row) * columns + column])
                    * Double(factors[((n * filters + f) * rows + i) * columns + j])
                }
              }
            }
            expected.append(sum)
          }
        }
      }
    }
    let shape = [filters, channels, kernelRows, kernelColumns]
    let found = DenseConvolution.unfoldedWeightGradient(x.blocked, dy.blocked, kernel: shape, padding)
    #expect(found.shape == shape && relativeDistance(found, expected) < 1e-6)
  }

  @Test("Convolutions that run on several threads at once each have their own result")
  func concurrent() {
    #expect(Self.large(.forward, batch: 1).favorsWinograd)
    /// Weights of its own each time, so that they are transformed while others run.
    @Sendable func result(_ seed: Int) -> [Float] {
      DenseConvolution(weight: sampled([18, 35, 3, 3], UInt64(seed)), padding: Padding(1))
        .forward(sampled([1, 35, 41, 53], 1), bias: nil).floats
    }
    let expected = (0..<32).map(result)
    let found = Mutex([Int: [Float]]())
    DispatchQueue.concurrentPerform(iterations: 32) { seed in
      let own = result(seed)
      found.withLock { $0[seed] = own }
    }
    for seed in 0..<32 { #expect(found.withLock { $0[seed] } == expected[seed], "weights \(seed)") }
  }

  @Test("Places that see the same are equal to the bit, up to the edge of what is the same", arguments: [19, 20])
  func ties(edge: Int) {
    #expect(Self.large(.forward, batch: 1).favorsWinograd)
    let random = sampled([1, 35, 41, 53], 1).floats
    let convolution = DenseConvolution(weight: sampled([18, 35, 3, 3], 2), padding: Padding(1))
    /// Of an image made place by place: each filter's rows.
    func result(_ value: (_ plane: Int, _ row: Int, _ column: Int) -> Float) -> [[[Float]]] {
      let x = Tensor(random.indices.map { value($0 / (41 * 53), $0 / 53 % 41, $0 % 53) }, shape: [1, 35, 41, 53])
      let y = convolution.forward(x, bias: nil).floats
      return (0..<18).map { filter in
        (0..<41).map { row in Array(y[(filter * 41 + row) * 53..<(filter * 41 + row + 1) * 53]) }
      }
    }
    func at(_ plane: Int, _ row: Int, _ column: Int) -> Float { random[(plane * 41 + row) * 53 + column] }
    for filter in result({ $2 < edge ? at($0, $1, $2) : 0.3 }) {
      #expect(Set(filter[1..<40].flatMap { $0[edge + 1..<52] }).count == 1, "silence after an edge")
    }
    for filter in result({ $2 < edge ? at($0, $1, $2) : at($0, $1, 0) }) {
      #expect(filter.allSatisfy { Set($0[edge + 1..<52]).count == 1 }, "rows that stay as they are after an edge")
      #expect(Set(filter.map { $0[40] }).count == 41)
    }
    for filter in result({ $1 < edge ? at($0, $1, $2) : at($0, 0, $2) }) {
      #expect(
        (0..<53).allSatisfy { column in Set(filter[edge + 1..<40].map { $0[column] }).count == 1 },
        "columns that stay as they are after an edge")
    }
  }

  @Test(
    "A convolution's block is the convolution, the ReLU and the pooling one after another",
    arguments: [Pooling.Kind.maximum, .average], [(1, 1), (2, 1), (1, 2), (2, 2), (4, 4)])
  func block(kind: Pooling.Kind, window: (rows: Int, columns: Int)) {
    let pooling = Pooling(kind, rows: window.rows, columns: window.columns)
    let convolution = DenseConvolution(weight: sampled([18, 35, 3, 3], 2), padding: Padding(1))
    let (x, shift) = (sampled([3, 35, 41, 53], 1), sampled([18], 5))
    let separate = convolution.forward(x, bias: shift).relu().pooled(pooling)
    // Recorded, it keeps the convolution for the gradient; else it does not.
    for input in [x, x.variable()] {
      let together = convolution.block(input, shift: shift.paddedToBlocks(), pooling: pooling)
      #expect(together.shape == separate.shape)
      #expect(relativeDistance(together, separate) < 1e-6)
    }
  }

  @Test("A chain of convolutions stays in blocks, zeros beyond the channels included")
  func blocks() {
    let x = sampled([2, 5, 6, 7], 1)
    let y = x.convolved(with: sampled([9, 5, 3, 3], 2), bias: sampled([9], 3), padding: Padding(1))
    #expect(y.layout == .blocked)
    let stored = UnsafeBufferPointer(start: y.storage.pointer, count: Tensor.storedCount(y.shape, .blocked))
    let (block, positions) = (Layout.block, 42)
    let beyond = stored.indices.filter { i in
      i / (block * positions) % Tensor.blocks(9) * block + i % block >= 9
    }
    #expect(beyond.count == 2 * positions * (Tensor.blocks(9) * block - 9))
    #expect(beyond.allSatisfy { stored[$0] == 0 })
  }
}
