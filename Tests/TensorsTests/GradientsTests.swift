import TestSupport
import Testing

@testable import Tensors

@Suite struct GradientsTests {
  @Test("A chain of 50,000 operations is differentiated and released without recursion")
  func longChain() {
    let x = sampled([3], 1).variable()
    func chain() -> Tensor { (0..<50_000).reduce(x) { y, _ in y + x } }
    #expect(gradients(of: chain(), at: [x])[0].floats == [50_001, 50_001, 50_001])
    // Never differentiated: the chain's own release has to do it all.
    _ = chain()
    // Released from the middle, while its first half is held.
    var half: Tensor? = chain()
    var end: Tensor? = (0..<50_000).reduce(half!) { y, _ in y + 1 }
    half = nil
    #expect(end!.isRecorded)
    end = nil
    #expect(half == nil && end == nil)
  }

  @Test("A chain of convolutions whose weights and biases are results of the one before is released without recursion")
  func longChainOfLayers() {
    let x = sampled([1, 1, 2, 2], 1).variable()
    let (weight, bias) = (sampled([1, 1, 1, 1], 2).variable(), sampled([1], 3).variable())
    var y = x
    // Weight and bias are results too, each hanging on all before.
    for _ in 0..<50_000 {
      let drift = y.sum().reshaped([1]) * 1e-6
      y = y.convolved(with: weight + drift, bias: bias + drift, padding: Padding(0)) * 1e-3
    }
    #expect(y.isRecorded)
  }

  @Test("Two paths from one variable add up")
  func paths() {
    let x = Tensor([3], shape: [1]).variable()
    let square = x * x
    let y = square * x + square.scaled(by: 2) + x
    // d(x³ + 2x² + x) = 3x² + 4x + 1.
    #expect(gradients(of: y, at: [x])[0].floats == [40])
  }

  @Test("Gradients at intermediate results, at the output itself, and at what has no part in it")
  func places() {
    let x = Tensor([3, 5], shape: [2]).variable()
    let unused = Tensor([1, 2, 3], shape: [3]).variable()
    let middle = x.squared()
    let y = middle.scaled(by: 2)
    let found = gradients(of: y, weight: Tensor([1, 10], shape: [2]), at: [middle, x, y, unused, x])
    #expect(found.map(\.floats) == [[2, 20], [12, 200], [1, 10], [0, 0, 0], [12, 200]])
    #expect(found.allSatisfy { !$0.isRecorded })
    #expect(gradients(of: Tensor.ones([2]), at: [unused])[0].floats == [0, 0, 0])
  }

  @Test("Nothing is recorded without a variable")
  func unrecorded() {
    let x = sampled([2, 3, 6, 5], 1)
    let weight = sampled([4, 3, 3, 3], 2)
    let y = x.convolved(with: weight, bias: sampled([4], 3), padding: .same(kernelRows: 3, kernelColumns: 3))
    #expect(!y.isRecorded && !y.relu().sum().isRecorded && !(y + 1).flattened(from: 1).softmax().isRecorded)
    #expect(!x.variable().detached.squared().isRecorded)
    #expect(x.variable().squared().isRecorded)
  }

  @Test("Only what lies between the output and the inputs is computed")
  func wanted() {
    final class Asked { var calls: [[Bool]] = [] }
    let (x, weight, other) = (
      sampled([2], 1).variable(), sampled([2], 2).variable(), sampled([2], 3).variable()
    )
    let asked = Asked()
    func watched(_ a: Tensor, _ b: Tensor) -> Tensor {
      (a * b).detached.recorded(from: [a, b], as: .linear) { dy, wanted in
        asked.calls.append(wanted)
        return [wanted[0] ? dy * b.detached : nil, wanted[1] ? dy * a.detached : nil]
      }
    }
    // A branch that does not lead to x is not walked at all.
    let branch = watched(other, weight)
    _ = gradients(of: watched(x, weight) + branch, at: [x])
    #expect(asked.calls == [[true, false]])
    asked.calls = []
    _ = gradients(of: watched(x, weight), at: [weight])
    #expect(asked.calls == [[false, true]])
    asked.calls = []
    _ = gradients(of: watched(x, weight), at: [other])
    #expect(asked.calls == [])
  }

  @Test("A convolution asked for its input's gradient never computes its weight's")
  func convolutionWanted() {
    final class Counting: Convolution {
      let inner = DenseConvolution(weight: sampled([2, 2, 1, 1], 2).variable(), padding: Padding(0))
      var weightGradientsComputed = 0
      var weights: [Tensor] { inner.weights }
      var paddings: [Padding] { inner.paddings }
      func forward(_ x: Tensor, bias: Tensor?) -> Tensor {
        inner.forward(x, bias: bias)
      }
      func block(_ x: Tensor, shift: Tensor, pooling: Pooling) -> Tensor {
        inner.block(x, shift: shift, pooling: pooling)
      }
      func inputGradient(_ dy: Tensor, shape: [Int]) -> Tensor { inner.inputGradient(dy, shape: shape) }
      func weightGradients(_ x: Tensor, _ dy: Tensor) -> [Tensor] {
        weightGradientsComputed += 1
        return inner.weightGradients(x, dy)
      }
    }
    let convolution = Counting()
    let x = sampled([1, 2, 3, 3], 1).variable()
    _ = gradients(of: convolution.applied(to: x, bias: nil), at: [x])
    #expect(convolution.weightGradientsComputed == 0)
    _ = gradients(of: convolution.applied(to: x, bias: nil), at: [x] + convolution.weights)
    #expect(convolution.weightGradientsComputed == 1)
  }

  @Test("A differentiated graph frees its buffers while its output is still held")
  func freed() {
    weak var kept: Storage?
    let x = sampled([8], 1).variable()
    let y: Tensor = {
      let middle = x.exponential()
      kept = middle.storage
      return middle.squared()
    }()
    #expect(kept != nil)
    _ = gradients(of: y, at: [x])
    #expect(kept == nil)
    #expect(y.count == 8)
  }
}
