import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct SoftmaxTests {
  @Test("Derivatives of softmax and cross-entropy")
  func derivatives() {
    expectDerivatives(at: [sampled([2, 3, 4], 1)]) { $0[0].softmax() }
    expectDerivatives(at: [sampled([3, 5], 2)]) { $0[0].crossEntropy(labels: [4, 0, 2]) }
  }

  @Test("PyTorch's numbers")
  func numbers() throws {
    let x = sampled([5, 598], 1).variable()
    let y = (8 * x).softmax()
    try PyTorchNumbers.expect(y, "softmax/y")
    try PyTorchNumbers.expect(gradients(of: y, weight: sampled(y.shape, 99), at: [x])[0], "softmax/dx")

    let logits = sampled([9, 7], 1).variable()
    let loss = (8 * logits).crossEntropy(labels: (0..<9).map { $0 * 3 % 7 })
    try PyTorchNumbers.expect(loss, "crossEntropy/y")
    try PyTorchNumbers.expect(
      gradients(of: loss, weight: sampled([], 99), at: [logits])[0], "crossEntropy/dx")
  }

  @Test("Large logits neither overflow nor lose small losses")
  func extremes() {
    let y = Tensor([1e30, 1e30, -1e30, 0], shape: [1, 4]).softmax()
    #expect(y.floats == [0.5, 0.5, 0, 0])
    #expect(Tensor([-.infinity, 0], shape: [2]).softmax().floats == [0, 1])
    let loss = Tensor([12, 0], shape: [1, 2]).crossEntropy(labels: [0]).scalar
    #expect(abs(Double(loss) / log1p(exp(-12.0)) - 1) < 1e-6)
    #expect(Tensor([500, -500], shape: [1, 2]).crossEntropy(labels: [1]).scalar == 1000)
  }

  @Test("Rows of softmax sum to 1", arguments: [1, 2, 7, 249, 4099])
  func sums(columns: Int) {
    for row in (8 * sampled([3, columns], 1)).softmax().sum(axes: [1]).floats { #expect(abs(row - 1) < 1e-6) }
  }
}
