import Basics
import Foundation

/// Pauses, phrases, voiced stretches and syllables of speech, found by level and periodicity alone.
///
/// Pauses are Praat's silences ("To TextGrid (silences)": 25 dB under the loudest moment). Syllables stand around the nuclei of
/// de Jong and Wempe 2009: peaks of the level, voiced, with a dip to each side; the level is that of 300 to 2,500 Hz, where
/// vowels are.
public struct SpeechSegmentation {
  /// The least level of speech, in dB under the loudest moment.
  static let threshold = 25.0
  /// In seconds: what is silent for less belongs to the phrase around it, such as a closure.
  public static let leastPause = 0.2
  /// In seconds: what is louder for less is a click in a pause.
  static let leastPhrase = 0.1
  /// In dB: by how much a nucleus stands above the level between it and the next.
  static let dip = 3.0
  /// In seconds: a voice that breaks off, or sounds, for less does not count.
  static let leastVoice = 0.04

  public let duration: Double
  /// In turns, each with whether it is spoken.
  private let stretches: [(range: Range<Double>, isSpoken: Bool)]
  /// The voiced stretches, in seconds.
  public let voiced: [Range<Double>]
  /// The moments of the syllables' nuclei, in seconds.
  public let nuclei: [Double]
  private let sonority: IntensityContour

  /// - Parameter samples: Speech, trimmed.
  public init(_ samples: [Float], sampleRate: Int) {
    duration = Double(samples.count) / Double(sampleRate)
    // A rumble under all voices is not speech.
    let level = IntensityContour(
      samples.highPassed(80, sampleRate: sampleRate), sampleRate: sampleRate, lowestPitch: 100)
    stretches = Self.stretches(level, duration: duration)
    let hop = Int(0.01 * Double(sampleRate))
    let pitch = PitchTracker(sampleRate: sampleRate, hopSamples: hop, range: 60...600).track(samples)
    let seconds = Double(hop) / Double(sampleRate)
    voiced = Self.voiced(pitch.map { $0 != nil }, hop: seconds, duration: duration)
    let vowels = samples.highPassed(300, sampleRate: sampleRate).lowPassed(
      min(2500, 0.45 * Double(sampleRate)), sampleRate: sampleRate)
    sonority = IntensityContour(vowels, sampleRate: sampleRate, lowestPitch: 50)
    // A click in a pause is no syllable.
    nuclei = Self.nuclei(sonority).filter { [stretches] time in
      pitch[min(pitch.count - 1, Int((time / seconds).rounded()))] != nil
        && stretches.contains { $0.isSpoken && $0.range.contains(time) }
    }
  }

  /// The stretches between pauses, in seconds.
  public var phrases: [Range<Double>] { stretches.filter(\.isSpoken).map(\.range) }
  public var pauses: [Range<Double>] { stretches.filter { !$0.isSpoken }.map(\.range) }

  /// The units of a kind, in their order; empty where there are none but pauses.
  public func units(_ kind: UnitKind) -> [SpeechUnit] {
    var numbers: [String: Int] = [:]
    func unit(_ name: String, _ range: Range<Double>) -> SpeechUnit {
      numbers[name, default: 0] += 1
      return SpeechUnit("\(name) \(numbers[name]!)", range, isPause: name == "pause")
    }
    let units = stretches.flatMap { range, isSpoken in
      guard isSpoken else { return [unit("pause", range)] }
      switch kind {
      case .phrases: return [unit("phrase", range)]
      case .syllables: return syllables(in: range).map { unit("syllable", $0) }
      case .voiced: return parts(in: range).map { unit($0.isVoiced ? "voiced" : "unvoiced", $0.range) }
      case .edges:
        let own = syllables(in: range)
        guard own.count > 1 else { return [unit("phrase", range)] }
        let middle = own[0].upperBound..<own[own.count - 1].lowerBound
        return [unit("onset", own[0])] + (middle.isEmpty ? [] : [unit("middle", middle)]) + [unit("ending", own.last!)]
      }
    }
    let isFound =
      switch kind {
      case .phrases: !phrases.isEmpty
      case .voiced: !voiced.isEmpty
      case .syllables, .edges: !nuclei.isEmpty
      }
    return isFound ? units : []
  }

  /// A phrase divided at the weakest moments between its nuclei; whole where it has one nucleus or none.
  private func syllables(in phrase: Range<Double>) -> [Range<Double>] {
    let own = nuclei.filter(phrase.contains)
    let bounds = zip(own, own.dropFirst()).map { first, second in
      sonority.times.indices.filter { (first..<second).contains(sonority.times[$0]) }
        .min { sonority.levels[$0] < sonority.levels[$1] }.map { sonority.times[$0] } ?? second
    }
    return zip([phrase.lowerBound] + bounds, bounds + [phrase.upperBound]).map { $0..<$1 }
  }

  private func parts(in phrase: Range<Double>) -> [(range: Range<Double>, isVoiced: Bool)] {
    var parts: [(range: Range<Double>, isVoiced: Bool)] = []
    var end = phrase.lowerBound
    for own in voiced.map({ $0.clamped(to: phrase) }) where !own.isEmpty {
      if own.lowerBound > end { parts.append((end..<own.lowerBound, false)) }
      parts.append((own, true))
      end = own.upperBound
    }
    if end < phrase.upperBound { parts.append((end..<phrase.upperBound, false)) }
    return parts
  }

  // MARK: Finding them

  private static func stretches(
    _ level: IntensityContour, duration: Double
  ) -> [(range: Range<Double>, isSpoken: Bool)] {
    guard let loudest = level.levels.max() else { return [(0..<duration, true)] }
    let isSpoken = level.levels.map { $0 >= loudest - threshold }
    return runs(isSpoken, at: level.times, duration: duration)
      .joined(without: true, shorterThan: leastPhrase).joined(without: false, shorterThan: leastPause)
      .map { ($0.range, $0.value) }
  }

  private static func voiced(_ isVoiced: [Bool], hop: Double, duration: Double) -> [Range<Double>] {
    // A frame's voice is that of the time around its middle.
    let times = isVoiced.indices.map { (Double($0) - 0.5) * hop }
    return runs(isVoiced, at: times, duration: duration)
      .joined(without: false, shorterThan: leastVoice).joined(without: true, shorterThan: leastVoice)
      .filter(\.value).map(\.range)
  }

  /// The runs of equal values, the first from 0 and the last to the end.
  private static func runs(_ values: [Bool], at times: [Double], duration: Double) -> [Run] {
    var runs: [Run] = []
    for (index, value) in values.enumerated() where runs.last?.value != value {
      if let last = runs.indices.last { runs[last].range = runs[last].range.lowerBound..<times[index] }
      runs.append(Run(range: (runs.isEmpty ? 0 : times[index])..<duration, value: value))
    }
    return runs
  }

  private static func nuclei(_ level: IntensityContour) -> [Double] {
    let levels = level.levels
    guard levels.count > 2 else { return [] }
    var ranked = OrderStatistics(levels.map(Float.init))
    let least = Double(ranked.percentile(0.99)) - threshold
    var peaks: [Int] = []
    for index in 1..<(levels.count - 1)
    where levels[index] > least && levels[index] > levels[index - 1] && levels[index] >= levels[index + 1] {
      guard let last = peaks.last else {
        peaks.append(index)
        continue
      }
      // Without a dip between two, the higher is the nucleus of both.
      if min(levels[last], levels[index]) - levels[last...index].min()! >= dip {
        peaks.append(index)
      } else if levels[index] > levels[last] {
        peaks[peaks.count - 1] = index
      }
    }
    return peaks.map { level.times[$0] }
  }
}

private struct Run {
  var range: Range<Double>
  var value: Bool
}

extension [Run] {
  /// The runs, those of a value that are too short taken as the other's; neighbours of the same value are one.
  fileprivate func joined(without value: Bool, shorterThan seconds: Double) -> [Run] {
    guard count > 1 else { return self }
    return reduce(into: []) { runs, run in
      let isShort = run.value == value && run.range.upperBound - run.range.lowerBound < seconds
      let own = isShort ? !value : run.value
      if let last = runs.indices.last, runs[last].value == own {
        runs[last].range = runs[last].range.lowerBound..<run.range.upperBound
      } else {
        runs.append(Run(range: run.range, value: own))
      }
    }
  }
}
