import Tensors
import Testing

@testable import Training

@Suite("Dimensions")
struct DimensionMetricsTests {
  // By numpy: x = [1, 2, 3, 5], y = [2, 2, 4, 5]; 2·cov/(var x + var y + (mean x − mean y)²), population moments.
  private let values = [1.0, 2, 3, 5], truths = [2.0, 2, 4, 5]

  @Test("Lin's concordance, Pearson's correlation and the root mean square error of four pairs, computed by hand")
  func metrics() {
    let found = DimensionMetrics(values, truths: truths)
    // Means 2.75 and 3.25, variances 2.1875 and 1.6875, covariance 1.8125.
    #expect(abs(found.concordance - 2 * 1.8125 / (2.1875 + 1.6875 + 0.25)) < 1e-12)
    #expect(abs(found.correlation - 1.8125 / (2.1875 * 1.6875).squareRoot()) < 1e-12)
    #expect(abs(found.rootMeanSquareError - 0.5.squareRoot()) < 1e-12)
    #expect(DimensionMetrics(truths, truths: truths).concordance == 1)
    #expect(DimensionMetrics([1, 1], truths: [1, 1]).concordance == 0)
  }

  @Test("The loss is 1 − concordance, and falls against its gradient")
  func loss() {
    let x = Tensor(values.map { Float($0) }, shape: [4]).variable()
    let y = Tensor(truths.map { Float($0) }, shape: [4])
    let loss = x.concordanceLoss(y)
    #expect(abs(Double(loss.scalar) - (1 - DimensionMetrics(values, truths: truths).concordance)) < 1e-6)
    let gradient = gradients(of: loss, at: [x])[0].floats
    for place in 0..<4 {
      func moved(_ by: Double) -> Double {
        var other = values
        other[place] += by
        return 1 - DimensionMetrics(other, truths: truths).concordance
      }
      #expect(abs(Double(gradient[place]) - (moved(1e-4) - moved(-1e-4)) / 2e-4) < 1e-4)
    }
  }
}
