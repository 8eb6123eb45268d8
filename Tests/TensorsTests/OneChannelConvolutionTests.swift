import TestSupport
import Testing

@testable import Tensors

@Suite struct OneChannelConvolutionTests {
  struct Paths: Sendable, CustomTestStringConvertible {
    let name: String
    let kernels: [[Int]]
    let filters: Int
    var testDescription: String { name }

    var weights: [Tensor] {
      kernels.enumerated().map { sampled([filters, 1] + $1, 2 + UInt64($0)) }
    }
    var paddings: [Padding] { kernels.map { .same(kernelRows: $0[0], kernelColumns: $0[1]) } }
  }

  static let known = [
    Paths(name: "cnnatt", kernels: [[11, 3], [3, 9]], filters: 8),
    Paths(name: "fcmfcc", kernels: [[3, 3], [9, 1], [1, 11]], filters: 32),
    Paths(name: "odd", kernels: [[4, 2], [5, 5]], filters: 5),
  ]

  @Test("Derivatives of paths that share a block", arguments: [1, 3])
  func derivatives(batch: Int) {
    let paths = Paths(name: "small", kernels: [[3, 1], [2, 4], [1, 1]], filters: 3)
    let bias = sampled([9], 7)
    expectDerivatives(at: [sampled([batch, 1, 4, 5], 1)] + paths.weights + [bias]) {
      $0[0].convolved(withPaths: Array($0[1...3]), bias: $0[4], paddings: paths.paddings)
    }
    // Paddings that differ from path to path, so long as the outputs agree.
    expectDerivatives(at: [
      sampled([batch, 1, 4, 5], 1), sampled([2, 1, 2, 2], 2), sampled([3, 1, 3, 4], 3),
    ]) {
      $0[0].convolved(
        withPaths: Array($0[1...2]),
        paddings: [
          Padding(top: 0, left: 1, bottom: 1, right: 0), Padding(top: 2, left: 1, bottom: 0, right: 2),
        ])
    }
  }

  @Test("PyTorch's numbers", arguments: known, [1, 3, 7])
  func numbers(paths: Paths, batch: Int) throws {
    let inputs = ([sampled([batch, 1, 13, 29], 1)] + paths.weights).map { $0.variable() }
    let y = inputs[0].convolved(withPaths: Array(inputs[1...]), paddings: paths.paddings)
    let name = "paths.\(paths.name).\(batch)"
    try PyTorchNumbers.expect(y, "\(name)/y")
    let found = gradients(of: y, weight: sampled(y.shape, 99), at: inputs)
    try PyTorchNumbers.expect(found[0], "\(name)/dx")
    for k in paths.weights.indices {
      try PyTorchNumbers.expect(found[k + 1], "\(name)/dweight\(k)", tolerance: 2e-6)
    }
  }

  @Test(
    "What the loops say, at the report's sizes and widths around a tile", arguments: [1, 11, 12, 13, 313])
  func loops(columns: Int) {
    let x = sampled([2, 1, 40, columns], 1)
    let bias = sampled([16], 9)
    let (tall, wide) = (sampled([8, 1, 11, 3], 2), sampled([8, 1, 3, 9], 3))
    let paddings = [Padding.same(kernelRows: 11, kernelColumns: 3), .same(kernelRows: 3, kernelColumns: 9)]
    let expected = Tensor.concatenated(
      [
        slowConvolution(x, tall, bias.slice(axis: 0, 0..<8), paddings[0]),
        slowConvolution(x, wide, bias.slice(axis: 0, 8..<16), paddings[1]),
      ], axis: 1)
    let convolution = OneChannelConvolution(weights: [tall, wide], paddings: paddings)
    #expect(relativeDistance(convolution.forward(x, bias: bias), expected) < 1e-6)

    // ⟨w ∗ x, y⟩ = ⟨x, adjoint y⟩ = ⟨w, gradient y⟩, each by its own loop.
    let y = sampled(expected.shape, 4)
    func product(_ a: Tensor, _ b: Tensor) -> Double {
      zip(a.floats, b.floats).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let there = product(convolution.forward(x, bias: nil), y)
    let size = (product(x, x) * product(y, y)).squareRoot()
    #expect(abs(there - product(x, convolution.inputGradient(y, shape: x.shape))) < 1e-6 * size)
    let found = convolution.weightGradients(x, y)
    #expect(abs(there - product(tall, found[0]) - product(wide, found[1])) < 1e-6 * size)
  }
}
