import Basics

/// The mean over classes of the means of their clips' values: where a value is 1 of a clip that is predicted right and 0 of
/// another, the average recall (UAR).
public struct ClassAverage: Sendable {
  private let labels: [Int]
  private let speakers: [String?]

  /// - Parameters:
  ///   - labels: The index of each clip's class, of one clip or more.
  ///   - speakers: Each clip's, by whom intervals are resampled; nil where one is not known.
  public init(labels: [Int], speakers: [String?]) {
    demand(!labels.isEmpty && speakers.count == labels.count, "\(speakers.count) speakers of \(labels.count) clips")
    (self.labels, self.speakers) = (labels, speakers)
  }

  /// The estimates of several values' averages, which share the same bootstrap resamples.
  /// - Parameter values: [value][clip].
  public func estimates(_ values: [[Double]], seed: UInt64) -> [Estimate] {
    Estimate.ofStatistics(speakers: speakers, seed: seed) { places in values.map { average($0, of: places) } }
      .map { $0! }
  }

  /// The average of the clips at `places`, each as often as it is there; of all without them.
  func average(_ values: [Double], of places: [Int]? = nil) -> Double {
    var classes = [(sum: Double, count: Int)](repeating: (0, 0), count: labels.max()! + 1)
    for clip in places ?? Array(labels.indices) {
      classes[labels[clip]].sum += values[clip]
      classes[labels[clip]].count += 1
    }
    let means = classes.filter { $0.count > 0 }.map { $0.sum / Double($0.count) }
    return means.reduce(0, +) / Double(means.count)
  }
}
