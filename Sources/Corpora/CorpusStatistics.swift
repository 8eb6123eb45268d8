import AudioFeatures
import AudioFiles
import Basics
import Foundation

/// The measurements of one clip that the report's tables need, at its own sample rate, and those of its voice.
public struct ClipMeasurement: Sendable, Equatable {
  public var emotion: Emotion
  public var origin: String
  /// Seconds.
  public var duration: Double
  /// The largest and the smallest amplitude; full scale is −1…1.
  public var maximum: Float
  public var minimum: Float
  public var sampleRate: Int
  public var speaker: String?
  /// Nil of clips that are silent or shorter than a window.
  public var voice: VoiceMeasurement?

  public init(
    emotion: Emotion, origin: String, duration: Double, maximum: Float, minimum: Float, sampleRate: Int,
    speaker: String? = nil, voice: VoiceMeasurement? = nil
  ) {
    self.emotion = emotion
    self.origin = origin
    self.duration = duration
    self.maximum = maximum
    self.minimum = minimum
    self.sampleRate = sampleRate
    (self.speaker, self.voice) = (speaker, voice)
  }
}

extension Manifest {
  /// Decodes every clip, on all cores. Files that cannot be decoded are reported beside the rest.
  /// - Parameter progress: Called after each clip, from any thread.
  public func measured(
    progress: @Sendable () -> Void = {}
  ) -> (measurements: [ClipMeasurement], failures: [AudioFileError]) {
    // The meter's tables do not change.
    nonisolated(unsafe) let meter = VoiceMeter()
    let results = concurrentMap(count: entries.count) { index in
      defer { progress() }
      let entry = entries[index]
      return Result { () throws(AudioFileError) in
        let path = fullPath(of: entry)
        let clip = try AudioClip.decode(path: path, resampledTo: nil)
        let speech = try? AudioClip.trimmedSpeech(path: path, sampleRate: FrontEnd().sampleRate)
        return ClipMeasurement(
          emotion: entry.emotion, origin: entry.origin, duration: clip.duration,
          maximum: clip.samples.max() ?? 0, minimum: clip.samples.min() ?? 0, sampleRate: clip.sampleRate,
          speaker: entry.speaker, voice: speech.flatMap { meter.measure($0.samples) })
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
    /// The 95th and 99th percentiles, interpolated between clips like NumPy.
    public let percentile95, percentile99: Double
  }

  /// A measure of the voice over the clips of one emotion.
  public struct Voice: Sendable, Equatable, Codable {
    /// Clips that have the measure.
    public let clips: Int
    /// The mean in the measure's unit; of pitch the geometric mean.
    public let mean: Double
    /// The sample's standard deviation; of pitch in semitones.
    public let deviation: Double
    /// Cohen's d: the mean less that of all other emotions' clips, by the pooled standard deviation
    /// √(((n₁ − 1) s₁² + (n₂ − 1) s₂²) / (n₁ + n₂ − 2)) (Cohen 1988). Nil where either has fewer than two clips.
    public let effect: Estimate?
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
  /// The measures of the voice by emotion, of those that have a clip with the measure.
  public let voice: [VoiceMeasure: [Emotion: Voice]]
  /// Clips by sample rate in Hz.
  public let sampleRates: [Int: Int]

  /// The statistics of one clip or more.
  /// - Parameter seed: The seed of the bootstrap of effects.
  public init(of clips: [ClipMeasurement], seed: UInt64 = 0) {
    demand(!clips.isEmpty, "statistics need at least one clip")
    origins = Set(clips.map(\.origin)).sorted()
    counts = Dictionary(grouping: clips, by: \.emotion).mapValues { clips in
      Dictionary(grouping: clips, by: \.origin).mapValues(\.count)
    }
    amplitude = Self.amplitude(clips)
    amplitudeByEmotion = Dictionary(grouping: clips, by: \.emotion).mapValues(Self.amplitude)
    amplitudeByOrigin = Dictionary(grouping: clips, by: \.origin).mapValues(Self.amplitude)
    durations = Self.durations(clips.map(\.duration).sorted())
    voice = VoiceMeasure.allCases.reduce(into: [:]) { $0[$1] = Self.voice($1, clips, seed: seed) }
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
    func percentile(_ share: Double) -> Double {
      let place = share * Double(sorted.count - 1)
      let below = Int(place)
      let above = min(below + 1, sorted.count - 1)
      return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
    return Durations(
      mean: mean, deviation: (squares / Double(max(1, sorted.count - 1))).squareRoot(),
      shortest: sorted[0], longest: sorted[sorted.count - 1], percentile95: percentile(0.95),
      percentile99: percentile(0.99))
  }

  private static func voice(_ measure: VoiceMeasure, _ all: [ClipMeasurement], seed: UInt64) -> [Emotion: Voice] {
    let clips = all.filter { $0.emotion != .none && $0.voice?.values[measure] != nil }
    guard !clips.isEmpty else { return [:] }
    let values = clips.map { measure == .pitch ? 12 * log2($0.voice!.values[measure]!) : $0.voice!.values[measure]! }
    let emotions = Dictionary(grouping: clips.indices) { clips[$0].emotion }.sorted {
      $0.key.rawValue < $1.key.rawValue
    }
    var numbers = [Int](repeating: 0, count: clips.count)
    for (number, emotion) in emotions.enumerated() { for clip in emotion.value { numbers[clip] = number } }
    // Sums of squares of numbers near zero lose no digits.
    let centre = values.reduce(0, +) / Double(values.count)
    func moments(_ places: [Int]) -> [Moments] {
      places.reduce(into: [Moments](repeating: Moments(), count: emotions.count)) {
        $0[numbers[$1]].add(values[$1] - centre)
      }
    }
    let effects = Estimate.ofStatistics(speakers: clips.map(\.speaker), seed: seed) { places in
      let own = moments(places)
      let whole = own.reduce(Moments(), +)
      return own.map { $0.effect(beside: whole - $0) }
    }
    return zip(emotions, zip(moments(Array(clips.indices)), effects)).reduce(into: [:]) { found, item in
      let (emotion, (own, effect)) = item
      let mean = own.mean + centre
      found[emotion.key] = Voice(
        clips: own.count, mean: measure == .pitch ? pow(2, mean / 12) : mean,
        deviation: (own.squaredDeviations / Double(max(1, own.count - 1))).squareRoot(), effect: effect)
    }
  }
}

/// The number, sum and sum of squares of values, which can be taken from those of more values.
private struct Moments {
  var count = 0
  var sum = 0.0
  var squares = 0.0

  mutating func add(_ value: Double) { (count, sum, squares) = (count + 1, sum + value, squares + value * value) }

  static func + (a: Moments, b: Moments) -> Moments {
    Moments(count: a.count + b.count, sum: a.sum + b.sum, squares: a.squares + b.squares)
  }

  static func - (a: Moments, b: Moments) -> Moments {
    Moments(count: a.count - b.count, sum: a.sum - b.sum, squares: a.squares - b.squares)
  }

  var mean: Double { sum / Double(max(1, count)) }
  /// Σ (value − mean)².
  var squaredDeviations: Double { max(0, squares - sum * mean) }

  /// Cohen's d beside other values; nil where either are fewer than two, or both are constant.
  func effect(beside other: Moments) -> Double? {
    guard count > 1, other.count > 1 else { return nil }
    let variance = (squaredDeviations + other.squaredDeviations) / Double(count + other.count - 2)
    return variance > 0 ? (mean - other.mean) / variance.squareRoot() : nil
  }
}
