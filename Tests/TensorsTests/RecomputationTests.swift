import TestSupport
import Testing

@testable import Tensors

@Suite("Values that are computed again for the gradients")
struct RecomputationTests {
  /// W₂ gelu(W₁ x) + x, and how often it was computed.
  private final class Part {
    private(set) var calls = 0

    func callAsFunction(_ inputs: [Tensor]) -> Tensor {
      calls += 1
      return inputs[0].matrixProduct(inputs[1]).gelu().matrixProduct(inputs[2]) + inputs[0]
    }
  }

  @Test(
    "Values and gradients are those of the part itself to the bit, at inputs and at what is within",
    arguments: [[0, 1, 2], [0], [2]])
  func equal(differentiated: [Int]) {
    let values = [sampled([3, 4], 1), sampled([4, 6], 2), sampled([6, 4], 3)]
    func results(_ run: ([Tensor]) -> Tensor) -> [[Float]] {
      let inputs = values.enumerated().map { differentiated.contains($0) ? $1.variable() : $1 }
      // Used before and after, so that gradients add up at the input.
      let y = run([inputs[0].scaled(by: 2)] + inputs.dropFirst()) * inputs[0]
      return [y.floats] + gradients(of: y.squared().sum(), at: differentiated.map { inputs[$0] }).map(\.floats)
    }
    let part = Part()
    #expect(results { inputs in Tensor.recomputed(from: inputs) { part($0) } } == results { part($0.map(\.branch)) })
    // Forward and again for the gradients; then the part by itself.
    #expect(part.calls == 3)
  }

  @Test("A part within a part, and one whose result has no part in the output")
  func nested() {
    let (x, weight) = (sampled([2, 2], 1).variable(), sampled([2, 2], 2).variable())
    func twice(_ inputs: [Tensor], _ step: ([Tensor]) -> Tensor) -> Tensor { step([step(inputs), inputs[1]]) }
    func product(_ inputs: [Tensor]) -> Tensor { inputs[0].matrixProduct(inputs[1]).relu() }
    let nested = Tensor.recomputed(from: [x, weight]) { outer in
      twice(outer) { Tensor.recomputed(from: $0, by: product) }
    }
    let found = gradients(of: nested, at: [x, weight])
    let expected = gradients(of: twice([x, weight], product), at: [x, weight])
    #expect(found.map(\.floats) == expected.map(\.floats))
    _ = Tensor.recomputed(from: [x], by: { $0[0] })
    #expect(gradients(of: weight.squared(), at: [x])[0].floats == [0, 0, 0, 0])
  }

  @Test("Without a variable nothing is recorded, and the part runs once")
  func unrecorded() {
    let part = Part()
    let y = Tensor.recomputed(from: [sampled([3, 4], 1), sampled([4, 6], 2), sampled([6, 4], 3)]) { part($0) }
    #expect(!y.isRecorded && part.calls == 1)
  }
}
