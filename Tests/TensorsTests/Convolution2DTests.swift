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

  @Test("What the loops say, with a ReLU or without, for any batch", arguments: [1, 3, 7])
  func loops(batch: Int) {
    let (x, w, b) = (sampled([batch, 35, 11, 13], 1), sampled([18, 35, 3, 2], 2), sampled([18], 3))
    let padding = Padding(top: 0, left: 2, bottom: 1, right: 1)
    let expected = slowConvolution(x, w, b, padding)
    let convolution = DenseConvolution(weight: w, padding: padding)
    // Twice, because the second time weights and primitive are kept ones.
    for _ in 0..<2 {
      #expect(relativeDistance(convolution.forward(x, bias: b, relu: false), expected) < 1e-6)
      #expect(relativeDistance(convolution.forward(x, bias: b, relu: true), expected.relu()) < 1e-6)
      #expect(
        relativeDistance(convolution.forward(x, bias: nil, relu: false), slowConvolution(x, w, nil, padding))
          < 1e-6)
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
