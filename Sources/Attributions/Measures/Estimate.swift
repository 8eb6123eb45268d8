import Basics

/// A mean over clips, with its confidence interval.
public struct Estimate: Sendable, Codable, Equatable {
  public let mean: Double
  /// The ends of the 95 % interval of the mean: percentiles of means of clips resampled with replacement (Efron 1979).
  public let low, high: Double
  public let clips: Int

  static let resamples = 2000

  /// The estimate of values, one a clip; nil where there are none.
  init?(_ values: [Double], seed: UInt64) {
    guard !values.isEmpty else { return nil }
    let count = values.count
    var generator = SeededGenerator(seed: seed)
    let means = (0..<Self.resamples).map { _ in
      (0..<count).reduce(0.0) { sum, _ in sum + values[generator.index(below: count)] } / Double(count)
    }.sorted()
    self.init(mean: values.reduce(0, +) / Double(count), sorted: means, clips: count)
  }

  /// The difference of two sets' means, each set resampled with replacement; nil where one is empty.
  init?(difference first: [Double], _ second: [Double], seed: UInt64) {
    guard !first.isEmpty, !second.isEmpty else { return nil }
    var generator = SeededGenerator(seed: seed)
    func drawn(_ values: [Double]) -> Double {
      values.indices.reduce(0) { sum, _ in sum + values[generator.index(below: values.count)] } / Double(values.count)
    }
    let differences = (0..<Self.resamples).map { _ in drawn(first) - drawn(second) }.sorted()
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    self.init(mean: mean(first) - mean(second), sorted: differences, clips: first.count + second.count)
  }

  private init(mean: Double, sorted: [Double], clips: Int) {
    let tail = sorted.count / 40
    (self.mean, low, high, self.clips) = (mean, sorted[tail], sorted[sorted.count - 1 - tail], clips)
  }

  /// One estimate per column of `rows` ([clip][column]); all columns share the same bootstrap resamples.
  static func ofColumns(_ rows: [[Double]], seed: UInt64) -> [Estimate] {
    guard let first = rows.first else { return [] }
    let resamples = 400  // enough for a plotted band: its edge is then exact to a tenth of its width
    var generator = SeededGenerator(seed: seed)
    func mean(_ chosen: some Collection<Int>) -> [Double] {
      var sums = [Double](repeating: 0, count: first.count)
      for index in chosen {
        for (column, value) in rows[index].enumerated() { sums[column] += value }
      }
      return sums.map { $0 / Double(chosen.count) }
    }
    let means = (0..<resamples).map { _ in mean(rows.map { _ in generator.index(below: rows.count) }) }
    return mean(rows.indices).enumerated().map { column, mean in
      Estimate(mean: mean, sorted: means.map { $0[column] }.sorted(), clips: rows.count)
    }
  }

  /// The estimate on another scale; `change` must be increasing.
  func mapped(_ change: (Double) -> Double) -> Estimate {
    Estimate(mean: change(mean), low: change(low), high: change(high), clips: clips)
  }

  private init(mean: Double, low: Double, high: Double, clips: Int) {
    (self.mean, self.low, self.high, self.clips) = (mean, low, high, clips)
  }

  /// Half the interval's width.
  public var halfWidth: Double { (high - low) / 2 }
}
