import AudioFiles
import Basics

/// The measurements of one clip that the report's tables need, at its own sample rate.
public struct ClipMeasurement: Sendable, Equatable {
  public var emotion: Emotion
  public var origin: String
  /// Seconds.
  public var duration: Double
  /// The largest and the smallest amplitude; full scale is −1…1.
  public var maximum: Float
  public var minimum: Float
  public var sampleRate: Int

  public init(
    emotion: Emotion, origin: String, duration: Double, maximum: Float, minimum: Float, sampleRate: Int
  ) {
    self.emotion = emotion
    self.origin = origin
    self.duration = duration
    self.maximum = maximum
    self.minimum = minimum
    self.sampleRate = sampleRate
  }
}

extension Manifest {
  /// Decodes every clip, on all cores. Files that cannot be decoded are reported beside the rest.
  /// - Parameter progress: Called after each clip, from any thread.
  public func measured(
    progress: @Sendable () -> Void = {}
  ) -> (measurements: [ClipMeasurement], failures: [AudioFileError]) {
    let results = concurrentMap(count: entries.count) { index in
      defer { progress() }
      let entry = entries[index]
      return Result { () throws(AudioFileError) in
        let clip = try AudioClip.decode(path: fullPath(of: entry), resampledTo: nil)
        return ClipMeasurement(
          emotion: entry.emotion, origin: entry.origin, duration: clip.duration,
          maximum: clip.samples.max() ?? 0, minimum: clip.samples.min() ?? 0, sampleRate: clip.sampleRate)
      }
    }
    return (
      results.compactMap { try? $0.get() },
      results.compactMap { if case .failure(let error) = $0 { error } else { nil } }
    )
  }
}

/// The report's Tables 1 and 2, and its numbers on lengths and sample rates.
public struct CorpusStatistics: Sendable, Equatable, Codable {
  /// Means over clips of their largest and smallest amplitudes.
  public struct Amplitude: Sendable, Equatable, Codable {
    public let maximum: Double
    public let minimum: Double
  }

  /// Seconds.
  public struct Durations: Sendable, Equatable, Codable {
    public let mean: Double
    /// The sample's standard deviation, divided by n − 1 like pandas; 0 for one clip.
    public let deviation: Double
    public let shortest: Double
    public let longest: Double
    /// The 95th percentile, interpolated between clips like NumPy.
    public let percentile95: Double
  }

  /// The origins in the order of the alphabet.
  public let origins: [String]
  /// Clips by emotion and origin (Table 1), without pairs that have no clips.
  public let counts: [Emotion: [String: Int]]
  /// The known emotions where there is a clip of one, then the other labels.
  public var emotions: [Emotion] {
    let others = counts.keys.filter { !Emotion.known.contains($0) && $0 != .none }
    return (Emotion.known.contains { counts[$0] != nil } ? Emotion.known : [])
      + others.sorted { $0.rawValue < $1.rawValue }
  }
  public let amplitude: Amplitude
  /// Table 2.
  public let amplitudeByEmotion: [Emotion: Amplitude]
  public let amplitudeByOrigin: [String: Amplitude]
  public let durations: Durations
  /// Clips by sample rate in Hz.
  public let sampleRates: [Int: Int]

  /// The statistics of one clip or more.
  public init(of clips: [ClipMeasurement]) {
    demand(!clips.isEmpty, "statistics need at least one clip")
    origins = Set(clips.map(\.origin)).sorted()
    counts = Dictionary(grouping: clips, by: \.emotion).mapValues { clips in
      Dictionary(grouping: clips, by: \.origin).mapValues(\.count)
    }
    amplitude = Self.amplitude(clips)
    amplitudeByEmotion = Dictionary(grouping: clips, by: \.emotion).mapValues(Self.amplitude)
    amplitudeByOrigin = Dictionary(grouping: clips, by: \.origin).mapValues(Self.amplitude)
    durations = Self.durations(clips.map(\.duration).sorted())
    sampleRates = Dictionary(grouping: clips, by: \.sampleRate).mapValues(\.count)
  }

  private static func amplitude(_ clips: [ClipMeasurement]) -> Amplitude {
    Amplitude(
      maximum: clips.map { Double($0.maximum) }.reduce(0, +) / Double(clips.count),
      minimum: clips.map { Double($0.minimum) }.reduce(0, +) / Double(clips.count))
  }

  private static func durations(_ sorted: [Double]) -> Durations {
    let mean = sorted.reduce(0, +) / Double(sorted.count)
    let squares = sorted.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
    let place = 0.95 * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return Durations(
      mean: mean, deviation: (squares / Double(max(1, sorted.count - 1))).squareRoot(),
      shortest: sorted[0], longest: sorted[sorted.count - 1],
      percentile95: sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below]))
  }
}
