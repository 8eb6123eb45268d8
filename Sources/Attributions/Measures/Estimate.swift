import Layers

/// The mean over clips, and how sure it is.
public struct Estimate: Sendable, Codable, Equatable {
  public let mean: Double
  /// The 95 % interval of the mean: the percentiles of means of clips drawn with replacement (Efron 1979).
  public let low, high: Double
  public let clips: Int

  static let resamples = 2000

  /// Nil of no values.
  init?(_ values: [Double], seed: UInt64) {
    guard !values.isEmpty else { return nil }
    let count = values.count
    var generator = SeededGenerator(seed: seed)
    let means = (0..<Self.resamples).map { _ in
      (0..<count).reduce(0.0) { sum, _ in sum + values[generator.index(below: count)] } / Double(count)
    }.sorted()
    mean = values.reduce(0, +) / Double(count)
    (low, high) = (means[Self.resamples / 40], means[Self.resamples - 1 - Self.resamples / 40])
    clips = count
  }

  /// Half the interval's width.
  public var halfWidth: Double { (high - low) / 2 }
}
