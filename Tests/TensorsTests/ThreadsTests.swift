import Basics
import Kernels
import TestSupport
import Testing

@testable import Tensors

/// Inside a parallel loop every kernel is serial, so that the same work there and outside shows whether the number of
/// threads enters the result. On a machine of one core the two are the same and the tests say nothing.
@Suite struct ThreadsTests {
  private func onOneThread(_ body: () -> [[Float]]) -> [[Float]] {
    var result: [[Float]] = []
    parallel(2) { range in
      if range.contains(0) {
        #expect(kernel_thread_count() == 1 || range.count == 2)
        result = body()
      }
    }
    return result
  }

  @Test("Every part of a parallel loop is done once", arguments: [0, 1, 2, 7, 100_003])
  func once(count: Int) {
    var visits = [Int32](repeating: 0, count: count)
    visits.withUnsafeMutableBufferPointer { visits in
      nonisolated(unsafe) let visits = visits
      parallel(count, grain: 3) { for i in $0 { visits[i] += 1 } }
    }
    #expect(visits.allSatisfy { $0 == 1 })
  }

  @Test("Results do not depend on the number of threads, to the bit")
  func independent() {
    func work() -> [[Float]] {
      let x = sampled([5, 1, 40, 157], 1).variable()
      let paths = [sampled([8, 1, 11, 3], 2).variable(), sampled([8, 1, 3, 9], 3).variable()]
      let (scale, shift) = (sampled([16], 4).variable(), sampled([16], 5).variable())
      let convolved = x.convolved(
        withPaths: paths,
        paddings: [.same(kernelRows: 11, kernelColumns: 3), .same(kernelRows: 3, kernelColumns: 9)])
      let block = convolved.normalizedActivatedPooled(
        scale: scale, shift: shift, epsilon: 1e-5, pooling: Pooling(.maximum, rows: 2, columns: 2))
      let rows = block.result.permuted([0, 2, 3, 1]).reshaped([5 * 20, 78 * 16])
      let mixed = rows.standardized(epsilon: 1e-5).hyperbolicTangent() * rows.sigmoid() + rows.softmax().exponential()
      let kept = (mixed / (mixed.squared().sum(axes: [0]) + 1)).dropout(0.3, seed: 3).maximum(Tensor(-0.1))
      let pooled = kept.reshaped([5, 20, 78, 16]).adaptivelyPooled(.average, rows: 30, columns: 7)
      let loss = pooled.sum(axes: [0]).maximum(axis: 2).sum()
      let found = gradients(of: loss, at: [x, scale, shift] + paths)

      let wave = sampled([3, 9001], 6).variable()
      let power = wave.stft(window: sampled([256], 7).floats, hop: 64).power()
      let spectra = gradients(of: power.logarithm().sum(), at: [wave])
      return ([convolved, block.result, loss, power] + found + spectra).map(\.floats)
    }
    let (several, one) = (work(), onOneThread(work))
    #expect(several.count == one.count)
    for (k, pair) in zip(several, one).enumerated() { #expect(pair.0 == pair.1, "result \(k)") }
  }

  // No convolution of many channels, which is not allowed here.
  @Test("Products and recurrences agree to rounding, whatever the threads")
  func libraries() throws {
    func work() -> [[Float]] {
      let sequence = sampled([4, 50, 40], 4).variable()
      let w = [sampled([256, 40], 5) * 0.2, sampled([256, 64], 6) * 0.2, sampled([256], 7)].map { $0.variable() }
      let hidden = sequence.lstm(inputWeight: w[0], hiddenWeight: w[1], bias: w[2])
      let back = gradients(of: hidden, weight: sampled(hidden.shape, 8), at: [sequence] + w)
      return ([hidden] + back).map(\.floats)
    }
    let (several, one) = (work(), onOneThread(work))
    try #require(several.count == one.count)
    for (several, one) in zip(several, one) {
      #expect(relativeDistance(several.map(Double.init), one.map(Double.init)) < 2e-6)
    }
  }
}
