import AudioFeatures
import Basics
import Foundation

/// The frames of a clip's mel, by where its attribution lies.
public struct SalientFrames: Sendable, Equatable {
  /// The least number of audible frames of which anything is said.
  public static let leastAudible = 10

  public enum Part: String, Sendable {
    /// In the smallest set of audible frames that holds half of the attribution on all of them.
    case inside
    /// Any other audible frame.
    case outside
    /// 40 dB or more under the loudest frame.
    case inaudible
  }

  /// Of each frame.
  public let parts: [Part]
  /// Seconds from one frame's middle to the next; the first is at 0.
  private let hopSeconds: Double

  /// The frames by a relevance; nil where it is 0 in all audible ones.
  /// - Parameters:
  ///   - relevance: The size of the attribution of each frame.
  ///   - isAudible: Of each frame.
  init?(relevance: [Double], isAudible: [Bool], hopSeconds: Double) {
    demand(relevance.count == isAudible.count, "\(relevance.count) attributions of \(isAudible.count) frames")
    let (salient, _) = salientHalf(of: relevance, among: isAudible.indices.filter { isAudible[$0] })
    guard !salient.isEmpty else { return nil }
    var parts = isAudible.map { $0 ? Part.outside : .inaudible }
    for frame in salient { parts[frame] = .inside }
    (self.parts, self.hopSeconds) = (parts, hopSeconds)
  }

  init(parts: [Part], hopSeconds: Double) { (self.parts, self.hopSeconds) = (parts, hopSeconds) }

  public var salient: Int { parts.count { $0 == .inside } }
  public var audible: Int { parts.count { $0 != .inaudible } }

  /// The frame whose middle is nearest to a time.
  /// - Parameter seconds: From the speech's start.
  func frame(at seconds: Double) -> Int { min(parts.count - 1, max(0, Int((seconds / hopSeconds).rounded()))) }

  /// Where a time lies.
  /// - Parameter seconds: From the speech's start.
  public func part(at seconds: Double) -> Part { parts[frame(at: seconds)] }

  /// The lengths of the runs of salient frames, along the audible frames: a pause does not end a run.
  var runs: [Int] { parts.filter { $0 != .inaudible }.split(separator: .outside).map(\.count) }

  /// As many audible frames in runs of the same lengths, at random places: each order and place of the runs is as likely.
  func scattered(using generator: inout SeededGenerator) -> SalientFrames {
    let runs = generator.shuffled(runs)
    let outside = parts.count { $0 == .outside }
    // A run stands before one of the other frames or after the last; no two stand at one place, where they would be one.
    let places = generator.shuffled(0...outside).prefix(runs.count).sorted()
    var audible = [Part](repeating: .outside, count: outside)
    for (place, length) in zip(places, runs).reversed() {
      audible.insert(contentsOf: repeatElement(.inside, count: length), at: place)
    }
    var next = audible.makeIterator()
    return SalientFrames(
      parts: parts.map { $0 == .inaudible ? .inaudible : next.next()! }, hopSeconds: hopSeconds)
  }
}

/// The cues of a voice where a model's attribution lies, against the rest of the clip.
public struct SalientCues: Sendable, Codable, Equatable {
  /// The least number of frames of a cue on each side.
  public static let leastFrames = 3
  /// The number of random sets of frames that a difference is held against, and of those that are drawn for it at most: one
  /// with too few frames of a cue on a side says nothing of that cue.
  public static let draws = 20, mostDrawn = 100
  /// The size from which a mean difference is one, in standard deviations of the cue.
  public static let leastDifference = 0.05

  /// One cue inside the salient frames against outside.
  public struct Difference: Sendable, Codable, Equatable {
    public let cue: VoiceCue
    /// The means over the audible frames that have the cue, over the salient ones, and over the other audible ones.
    public let mean, inside, outside: Double
    /// The standard deviation over the audible frames that have the cue.
    public let deviation: Double
    public let framesInside, framesOutside: Int
    /// The mean standardised difference of random sets of frames.
    public let control: Double
    /// Whether the difference lies further from the control than that of each random set: of a random one that is so once
    /// in 21.
    public let isBeyondControl: Bool

    /// Inside minus outside, in the cue's unit.
    public var difference: Double { inside - outside }
    /// The difference in standard deviations.
    public var standardised: Double { difference / deviation }
    /// The standardised difference without what a random set has.
    public var net: Double { standardised - control }
  }

  public let salient, audible: Int
  /// Of the cues that have enough frames on each side.
  public let differences: [Difference]

  /// The cues that have not.
  public var leftOut: [VoiceCue] {
    let found = Set(differences.map(\.cue))
    return VoiceCue.allCases.filter { !found.contains($0) }
  }

  /// - Parameters:
  ///   - cues: Of the speech that the frames are of.
  ///   - seed: Of the random sets.
  public init(_ cues: VoiceCues, in frames: SalientFrames, seed: UInt64) {
    let values = Dictionary(uniqueKeysWithValues: VoiceCue.allCases.map { ($0, cues[$0]) })
    self.init(values, in: frames, seed: seed) { cues.time(of: $0, frame: $1) }
  }

  /// - Parameters:
  ///   - values: Of each frame of a cue. Those of formants count in voiced frames only, as in a ``VoiceCueSummary``.
  ///   - time: The middle of a frame of a cue, in seconds from the speech's start.
  init(
    _ values: [VoiceCue: [Double?]], in frames: SalientFrames, seed: UInt64, time: (VoiceCue, Int) -> Double
  ) {
    (salient, audible) = (frames.salient, frames.audible)
    var generator = SeededGenerator(seed: seed)
    let random = (0..<Self.mostDrawn).map { _ in frames.scattered(using: &generator) }
    let isVoiced = (values[.fundamental] ?? []).map { $0 != nil }
    differences = VoiceCue.allCases.compactMap { cue -> Difference? in
      var measured: [Measured] = []
      for (index, value) in (values[cue] ?? []).enumerated() {
        let place = frames.frame(at: time(cue, index))
        guard let value, cue.isOfEveryFrame || isVoiced[index], frames.parts[place] != .inaudible else { continue }
        measured.append((place, value))
      }
      return Self.difference(of: cue, measured, in: frames, random)
    }
  }

  /// A cue's value, and the frame of the mel at its time.
  private typealias Measured = (frame: Int, value: Double)

  /// Nil of a cue with too few frames on a side, or that is the same in all.
  private static func difference(
    of cue: VoiceCue, _ measured: [Measured], in frames: SalientFrames, _ random: [SalientFrames]
  ) -> Difference? {
    guard let own = means(measured, in: frames) else { return nil }
    let count = Double(measured.count)
    let mean = measured.reduce(0) { $0 + $1.value } / count
    let squares = measured.reduce(0) { $0 + ($1.value - mean) * ($1.value - mean) }
    let deviation = (squares / count).squareRoot()
    // What is smaller than this is rounding.
    let largest = measured.reduce(0) { max($0, abs($1.value)) }
    guard deviation > 1e-9 * largest else { return nil }
    // Lazy, as most often the first ones do; into an array, or each reading would measure them again.
    let drawn = Array(random.lazy.compactMap { means(measured, in: $0) }.prefix(draws))
      .map { ($0.inside - $0.outside) / deviation }
    guard drawn.count == draws else { return nil }
    let control = drawn.reduce(0, +) / Double(draws)
    let standardised = (own.inside - own.outside) / deviation
    // From the middle of all 21, so that each of them is as likely to lie furthest off by chance.
    let middle = (drawn.reduce(0, +) + standardised) / Double(draws + 1)
    return Difference(
      cue: cue, mean: mean, inside: own.inside, outside: own.outside, deviation: deviation,
      framesInside: own.framesInside, framesOutside: measured.count - own.framesInside, control: control,
      isBeyondControl: drawn.allSatisfy { abs($0 - middle) < abs(standardised - middle) })
  }

  /// The means inside and outside; nil where there are too few frames.
  private static func means(
    _ measured: [Measured], in frames: SalientFrames
  ) -> (inside: Double, outside: Double, framesInside: Int)? {
    var (inside, outside, count) = (0.0, 0.0, 0)
    for (frame, value) in measured {
      if frames.parts[frame] == .inside {
        inside += value
        count += 1
      } else {
        outside += value
      }
    }
    let rest = measured.count - count
    guard count >= leastFrames, rest >= leastFrames else { return nil }
    return (inside / Double(count), outside / Double(rest), count)
  }

  /// Whether the numbers, read from a file, can be those of a clip.
  public var isPossible: Bool {
    guard (0...audible).contains(salient), Set(differences.map(\.cue)).count == differences.count else { return false }
    return differences.allSatisfy { own in
      own.deviation > 0 && own.framesInside >= Self.leastFrames && own.framesOutside >= Self.leastFrames
        && [own.mean, own.difference, own.standardised, own.control].allSatisfy(\.isFinite)
    }
  }
}

extension Explanation {
  /// The frames of the speech by the sizes of the attribution on the mel, summed over the bands.
  /// - Parameter path: The file's, for errors.
  public func salientFrames(path: String, frontEnd: FrontEnd) throws(SalientCuesError) -> SalientFrames {
    guard let mel = inputs.first(where: { $0.space == .mel }) else { fault("\(path): no attribution on the mel") }
    let (rows, columns) = (mel.attribution.shape[0], mel.attribution.shape[1])
    let frames = min(Int(duration / hop) + 1, columns)
    let (relevance, levels) = (mel.attribution.floats, mel.values.floats)
    let byFrame = (0..<frames).map { frame in
      (0..<rows).reduce(0.0) { $0 + Double(abs(relevance[$1 * columns + frame])) }
    }
    let isAudible = FrameCues(
      levels: (0..<rows).map { row in (0..<frames).map { Double(levels[row * columns + $0]) } }, pitch: [],
      frontEnd: frontEnd
    ).isHeard
    let audible = isAudible.count { $0 }
    guard audible >= SalientFrames.leastAudible else { throw .tooFewFrames(path: path, audible: audible) }
    guard let found = SalientFrames(relevance: byFrame, isAudible: isAudible, hopSeconds: hop) else {
      throw .noRelevance(path: path, method: method)
    }
    return found
  }
}

extension KnownDirection {
  /// What listeners are known to hear of a cue in an emotion; nil of a cue that the review does not speak of.
  public init?(of cue: VoiceCue, in emotion: String) {
    guard let (kind, isOpposite) = Self.kind(of: cue), let known = KnownDirection(of: kind, in: emotion) else {
      return nil
    }
    self = isOpposite ? (known == .higher ? .lower : .higher) : known
  }

  /// What a cue measures of what the review speaks of, and whether it falls as that rises. The alpha ratio is of high over
  /// low frequencies, as in eGeMAPS; the Hammarberg index is of low over high.
  private static func kind(of cue: VoiceCue) -> (kind: SoundEdits.Kind, isOpposite: Bool)? {
    switch cue {
    case .fundamental: (.pitch, false)
    case .loudness: (.loudness, false)
    case .alphaRatio: (.tilt, false)
    case .hammarbergIndex: (.tilt, true)
    default: nil
    }
  }
}

public enum SalientCuesError: Error, Equatable, CustomStringConvertible {
  case tooFewFrames(path: String, audible: Int)
  case noRelevance(path: String, method: String)

  public var description: String {
    switch self {
    case .tooFewFrames(let path, let audible):
      "\(path): has \(audible) audible frame\(audible == 1 ? "" : "s"), and cues need \(SalientFrames.leastAudible)"
    case .noRelevance(let path, let method):
      "\(path): the attribution by \(method) is zero in all audible frames: there is no salient part"
    }
  }
}
