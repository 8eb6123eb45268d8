import Basics

/// How many errors are left where only the clips of the highest confidence are decided (selective prediction, Geifman and
/// El-Yaniv 2017).
public struct RiskCoverage: Sendable {
  public struct Point: Sendable {
    /// The share of clips that are decided.
    public let coverage: Double
    /// The least confidence among them.
    public let confidence: Double
    /// The share of these that is predicted wrong.
    public let error: Estimate
  }

  /// The curve, at each fiftieth of the clips.
  public let points: [Point]
  /// The area under the curve (AURC): the mean over k of the share of errors among the k most confident clips. Less is
  /// better; with confidences that say nothing it is the share of errors among all.
  public let area: Estimate
  /// The accuracy on the most confident 80 % of the clips.
  public let accuracyAt80: Estimate

  private static let steps = 50

  /// - Parameter seed: The seed of the bootstrap.
  public init(_ clips: LabelledPredictions, seed: UInt64) {
    let order = clips.indices.sorted { (-clips.confidence($0), $0) < (-clips.confidence($1), $1) }
    let confidences = order.map { clips.confidence($0) }
    let isWrong = order.map { !clips.isRight($0) }
    var ranks = [Int](repeating: 0, count: order.count)
    for (rank, clip) in order.enumerated() { ranks[clip] = rank }
    // Clips of one confidence cannot be told apart: of k of them the mean share of errors is counted.
    let starts = order.indices.filter { $0 == 0 || confidences[$0] != confidences[$0 - 1] }
    let runs = zip(starts, starts.dropFirst() + [order.count]).map { $0..<$1 }

    /// The number of the most confident of `count` clips that are this share of all.
    func number(_ share: Double, of count: Int) -> Int { max(1, Int((share * Double(count) - 1e-9).rounded(.up))) }
    let shares = (1...Self.steps).map { Double($0) / Double(Self.steps) }
    let found = Estimate.ofStatistics(speakers: clips.speakers, seed: seed) { places in
      var drawn = [Int](repeating: 0, count: order.count)
      for clip in places { drawn[ranks[clip]] += 1 }
      var risks: [Double] = []
      risks.reserveCapacity(places.count)
      var errors = 0.0
      for run in runs {
        let (count, wrong) = run.reduce((0, 0)) { ($0.0 + drawn[$1], $0.1 + (isWrong[$1] ? drawn[$1] : 0)) }
        for clip in 0..<count {
          let part = Double(wrong * (clip + 1)) / Double(count)
          risks.append((errors + part) / Double(risks.count + 1))
        }
        errors += Double(wrong)
      }
      return [risks.reduce(0, +) / Double(risks.count), 1 - risks[number(0.8, of: risks.count) - 1]]
        + shares.map { risks[number($0, of: risks.count) - 1] }
    }.map { $0! }
    (area, accuracyAt80) = (found[0], found[1])
    points = zip(shares, found.dropFirst(2)).map { share, error in
      Point(coverage: share, confidence: Double(confidences[number(share, of: order.count) - 1]), error: error)
    }
  }
}
