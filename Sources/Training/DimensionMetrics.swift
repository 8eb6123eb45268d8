import Basics

/// The agreement of the predicted values of a dimension, such as arousal, with the true ones.
public struct DimensionMetrics: Equatable, Sendable, Codable {
  /// Lin's concordance correlation 2 σₓᵧ / (σₓ² + σᵧ² + (μₓ − μᵧ)²), −1…1 (Lin 1989); 0 where both are constant.
  public let concordance: Double
  /// Pearson's correlation; 0 where one is constant.
  public let correlation: Double
  /// √ of the mean square of the differences.
  public let rootMeanSquareError: Double

  public init(_ values: [Double], truths: [Double]) {
    demand(values.count == truths.count, "\(values.count) values for \(truths.count) true ones")
    let count = Double(max(1, values.count))
    func mean(_ numbers: [Double]) -> Double { numbers.reduce(0, +) / count }
    let (meanX, meanY) = (mean(values), mean(truths))
    let (x, y) = (values.map { $0 - meanX }, truths.map { $0 - meanY })
    let covariance = mean(zip(x, y).map { $0 * $1 })
    let (varianceX, varianceY) = (mean(x.map { $0 * $0 }), mean(y.map { $0 * $0 }))
    let spread = varianceX + varianceY + (meanX - meanY) * (meanX - meanY)
    concordance = spread > 0 ? 2 * covariance / spread : 0
    correlation = varianceX * varianceY > 0 ? covariance / (varianceX * varianceY).squareRoot() : 0
    rootMeanSquareError = mean(zip(values, truths).map { ($0 - $1) * ($0 - $1) }).squareRoot()
  }
}
