import Foundation

/// The cheapest way through the frames' candidates for the fundamental, or through "no voice" (Viterbi 1967), with
/// openSMILE's costs.
enum PitchPath {
  /// The voicing from which on a candidate is thought a voice.
  private static let threshold = 0.7
  /// The cost of a frame that is on the wrong side of the threshold; of −ln voicing and of that cost; of an octave-like
  /// jump, per ln of the ratio; of a voice that starts or ends; of no voice that lasts.
  private static let wrong = 4.0, local = 2.0, jump = 10.0, change = 10.0, silence = 1.0

  /// The fundamental of each frame in Hz; nil where there is no voice.
  static func fundamentals(_ frames: [[SubharmonicSummation.Candidate]]) -> [Double?] {
    guard !frames.isEmpty else { return [] }
    // The states are a frame's candidates, and after them no voice.
    var costs: [Double] = []
    var origins: [[Int]] = []
    for (index, candidates) in frames.enumerated() {
      let isVoiced = candidates.contains { $0.voicing >= threshold }
      let own = candidates.map(cost) + [isVoiced ? local * wrong : 0]
      guard index > 0 else {
        costs = own
        continue
      }
      let before = frames[index - 1]
      var (next, origin): ([Double], [Int]) = ([], [])
      for (state, ownCost) in own.enumerated() {
        var best = (cost: Double.infinity, from: before.count)
        var last = 0.0
        for (from, soFar) in costs.enumerated() {
          let step: Double
          if state < candidates.count, from < before.count {
            let ratio = log(candidates[state].frequency / before[from].frequency)
            // The second term compares with the jump from the candidate named before, and not with the jump of the
            // frame before as it may have been meant; it is openSMILE's, and both choose the same path.
            step = jump * (abs(ratio) + abs(ratio - last))
            last = ratio
          } else {
            step = state == candidates.count && from == before.count ? silence : change
          }
          if soFar + step < best.cost { best = (soFar + step, from) }
        }
        next.append(best.cost + ownCost)
        origin.append(best.from)
      }
      costs = next
      origins.append(origin)
    }
    var state = costs.indices.min { costs[$0] < costs[$1] }!
    var path = [Double?](repeating: nil, count: frames.count)
    for index in frames.indices.reversed() {
      if state < frames[index].count { path[index] = frames[index][state].frequency }
      if index > 0 { state = origins[index - 1][state] }
    }
    return path
  }

  /// What a candidate costs, however it was reached: more, the less voiced it is and the less usual its frequency.
  private static func cost(_ candidate: SubharmonicSummation.Candidate) -> Double {
    let doubt = -log(min(1, max(0.01, candidate.voicing)))
    let unusual: Double
    switch candidate.frequency {
    case ..<100: unusual = 1 - candidate.frequency / 100
    case ..<350: unusual = 0
    case ..<600: unusual = (candidate.frequency - 350) / 250
    default: unusual = 1.2
    }
    return local * (doubt + (candidate.voicing < threshold ? wrong : 0)) + unusual
  }
}
