import Foundation

/// A clip's cues as a whole.
public struct VoiceCueSummary: Codable, Equatable, Sendable {
  /// How a number lies over the frames, or over the stretches.
  public struct Spread: Codable, Equatable, Sendable {
    public let mean: Double
    /// The standard deviation, of all there are.
    public let deviation: Double
    /// Of how many.
    public let count: Int

    init?(_ values: [Double]) {
      guard !values.isEmpty else { return nil }
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      (self.mean, count) = (mean, values.count)
      deviation = (squares / Double(values.count)).squareRoot()
    }
  }

  /// Of each cue over the frames that have it, the formants' over voiced frames only; none of a cue that no frame has.
  public let cues: [VoiceCue: Spread]
  /// Voiced stretches a second.
  public let voicedRate: Double
  /// How long voiced and unvoiced stretches last, in seconds; nil where there are none.
  public let voicedLength, unvoicedLength: Spread?
  /// Peaks of the loudness a second.
  public let loudnessPeakRate: Double

  /// - Parameters:
  ///   - cues: Of each frame.
  ///   - isVoiced: Of each frame.
  ///   - loudness: Of each frame of 20 ms.
  init(cues: [VoiceCue: [Double?]], isVoiced: [Bool], loudness: [Double], hopSeconds: Double) {
    var spreads: [VoiceCue: Spread] = [:]
    for (cue, values) in cues {
      let counted = cue.isOfEveryFrame ? values : zip(values, isVoiced).map { $1 ? $0 : nil }
      spreads[cue] = Spread(counted.compactMap(\.self))
    }
    self.cues = spreads
    let voiced = Self.stretches(isVoiced).map { Double($0) * hopSeconds }
    let unvoiced = Self.stretches(isVoiced.map { !$0 }).map { Double($0) * hopSeconds }
    (voicedLength, unvoicedLength) = (Spread(voiced), Spread(unvoiced))
    let (seconds, loudSeconds) = (Double(isVoiced.count) * hopSeconds, Double(loudness.count) * hopSeconds)
    voicedRate = seconds > 0 ? Double(voiced.count) / seconds : 0
    loudnessPeakRate = loudSeconds > 0 ? Double(Self.peaks(of: loudness)) / loudSeconds : 0
  }

  /// How many frames the last of each stretch of true frames lies after its first. One false frame does not end a
  /// stretch, and one of fewer than three true frames is none (openSMILE's rule).
  static func stretches(_ frames: [Bool]) -> [Int] {
    var lengths: [Int] = []
    var current: (first: Int, last: Int, count: Int)?
    func end() { if let current, current.count >= 3 { lengths.append(current.last - current.first) } }
    for (index, isTrue) in frames.enumerated() {
      if let open = current, index - open.last > 2 || (!isTrue && index - open.last == 2) {
        end()
        current = nil
      }
      guard isTrue else { continue }
      current = (current?.first ?? index, index, (current?.count ?? 0) + 1)
    }
    end()
    return lengths
  }

  /// How many peaks rise from their surroundings by at least a tenth of the range of all values (openSMILE's rule).
  static func peaks(of values: [Double]) -> Int {
    guard values.count > 4, let highest = values.max(), let lowest = values.min() else { return 0 }
    let least = 0.1 * (highest - lowest)
    var extremes: [(isPeak: Bool, value: Double)] = []
    for index in 2..<(values.count - 2) {
      let (before, here, after) = (values[index - 1], values[index], values[index + 1])
      if here > before && here > after { extremes.append((true, here)) }
      if here < before && here < after { extremes.append((false, here)) }
    }
    extremes = withoutSmallPeaks(extremes, first: values[0], least: least)
    // Then valleys that are not deep enough, and of neighbouring peaks all but one.
    var (lastPeak, isAfterPeak, count) = (values[0], false, 0)
    for extreme in extremes {
      if extreme.isPeak {
        if !isAfterPeak { count += 1 }
        (lastPeak, isAfterPeak) = (extreme.value, true)
      } else if lastPeak - extreme.value >= least {
        isAfterPeak = false
      }
    }
    return count
  }

  /// The extremes without the peaks that are hardly higher than the valley before them. Of peaks between which the
  /// sound hardly falls, the first stays, or one that is higher by a twentieth.
  private static func withoutSmallPeaks(
    _ extremes: [(isPeak: Bool, value: Double)], first: Double, least: Double
  ) -> [(isPeak: Bool, value: Double)] {
    var kept: [(isPeak: Bool, value: Double)?] = []
    var (last, valley, peak) = (first, first, first)
    var placeOfPeak: Int?
    var isAfterValley = false
    for extreme in extremes {
      let value = extreme.value
      let isSmall = abs(value - last) < least
      last = value
      guard extreme.isPeak else {
        kept.append(extreme)
        if !isSmall { (valley, isAfterValley) = (value, true) }
        continue
      }
      if isSmall {
        if value - valley < least { continue }
        let isHigher = value > 1.05 * peak
        if isHigher, let placeOfPeak { kept[placeOfPeak] = nil }
        guard isHigher || isAfterValley else { continue }
      }
      kept.append(extreme)
      (peak, placeOfPeak, isAfterValley) = (value, kept.count - 1, false)
    }
    return kept.compactMap(\.self)
  }
}
