import Basics
import Foundation

/// A tone burst that is put into every utterance of one emotion: a cue whose place is known, which an
/// explanation of a model trained on it should find.
public struct PlantedCue: Sendable, Equatable {
  public var emotion: Emotion
  /// The burst glides from the lower bound to the upper.
  public var frequencies: ClosedRange<Double>
  /// Seconds.
  public var duration: Double
  /// RMS of the burst relative to that of the utterance.
  public var decibels: Double
  /// The time in the file at which the burst begins, in seconds, or as near to it as the utterance allows; nil draws a
  /// place in each utterance.
  public var time: Double?
  /// Whether the burst is the only cue: there are two emotions only, this one and neutral (for neutral, angry), and
  /// both are spoken as neutral.
  public var isOnlyCue: Bool

  /// - Parameter frequencies: The burst's range in Hz, within 0…8,000.
  public init(
    in emotion: Emotion, frequencies: ClosedRange<Double> = 2_900...3_100, duration: Double = 0.3,
    decibels: Double = -6, at time: Double? = nil, isOnlyCue: Bool = false
  ) {
    demand(frequencies.lowerBound > 0 && frequencies.upperBound < 8_000, "no tone at \(frequencies) Hz")
    demand(duration > 0 && duration <= 1, "a burst of \(duration) s is not within an utterance")
    self.emotion = emotion
    self.frequencies = frequencies
    self.duration = duration
    self.decibels = decibels
    self.time = time
    self.isOnlyCue = isOnlyCue
  }
}

/// A cue of the voice that is all that sets one emotion apart from neutral (for neutral, angry): both are spoken as neutral, and
/// in the emotion the cue is another. An explanation of a model that tells them apart should name it, and no other.
public struct SingleCue: Sendable, Equatable {
  public enum Kind: String, CaseIterable, Sendable {
    /// Semitones by which the voice is higher.
    case pitch
    /// The factor of the syllable rate.
    case tempo
    /// Decibels an octave by which the source falls less.
    case tilt

    /// The amounts that can be made.
    public var limits: ClosedRange<Double> {
      switch self {
      case .pitch: -12...12
      case .tempo: 0.5...2
      case .tilt: -6...6
      }
    }

    /// Twice and more what clips of one emotion differ by.
    public var standard: Double {
      switch self {
      case .pitch: 6
      case .tempo: 1.5
      case .tilt: 5
      }
    }
  }

  public var emotion: Emotion
  public var kind: Kind
  public var amount: Double

  /// - Parameter amount: Within the kind's limits; the standard where nil.
  public init(_ kind: Kind, in emotion: Emotion, amount: Double? = nil) {
    demand(amount.map(kind.limits.contains) ?? true, "no \(kind) of \(amount ?? 0)")
    (self.emotion, self.kind, self.amount) = (emotion, kind, amount ?? kind.standard)
  }

  /// The cues of an utterance of the emotion.
  func applied(to cues: SyntheticCues) -> SyntheticCues {
    var cues = cues
    switch kind {
    case .pitch: cues.f0MeanHz *= exp2(amount / 12)
    case .tempo: cues.syllableRateHz *= amount
    case .tilt: cues.tiltDecibelsPerOctave += amount
    }
    return cues
  }
}

/// The region of a planted cue in a clip, which an explanation should find.
public struct CueRegion: Sendable, Equatable {
  /// Seconds from the start of the file.
  public var seconds: ClosedRange<Double>
  public var hertz: ClosedRange<Double>

  public init(seconds: ClosedRange<Double>, hertz: ClosedRange<Double>) {
    (self.seconds, self.hertz) = (seconds, hertz)
  }

  /// The manifest's columns in their order.
  static let columns = ["cue_start_s", "cue_end_s", "cue_low_hz", "cue_high_hz"]

  var values: [Double] { [seconds.lowerBound, seconds.upperBound, hertz.lowerBound, hertz.upperBound] }

  /// The region in the columns of an entry; nil where they are empty, or no region.
  public init?(_ entry: Manifest.Entry) {
    let values = Self.columns.compactMap { entry.extra[$0].flatMap(Double.init) }
    guard values.count == 4, values.allSatisfy(\.isFinite), values[0] <= values[1], values[2] <= values[3] else {
      return nil
    }
    self.init(seconds: values[0]...values[1], hertz: values[2]...values[3])
  }
}

/// Speech without words: glottal pulses and breath through the formants of vowels, bursts of noise for
/// consonants (source and filter: Fant 1960; the resonators in cascade: Klatt 1980).
struct SyntheticUtterance {
  static let sampleRate = 16_000
  /// Samples between changes of pitch, loudness and formants: 1 ms.
  private static let step = 16

  /// [samples] at 16 kHz, 1.5 to 3 s, with quiet ends.
  private(set) var samples: [Float]
  /// The cues of the finished utterance.
  private(set) var cues: SyntheticCues
  /// The region of the planted burst.
  private(set) var region: CueRegion?

  init(
    emotion: Emotion, voice: SyntheticVoice, planting planted: PlantedCue?, single: SingleCue? = nil,
    using generator: inout SeededGenerator
  ) {
    let manner = planted?.isOnlyCue == true || single != nil ? .neutral : emotion
    var cues = EmotionProfile(of: manner).cues(of: voice, using: &generator)
    if let single, single.emotion == emotion { cues = single.applied(to: cues) }
    let syllableCount = max(4, Int((cues.syllableRateHz * generator.uniform(in: 1.5..<2.3)).rounded()))
    let syllables = Syllable.sequence(of: syllableCount, rate: cues.syllableRateHz, using: &generator)
    let length = Int(syllables.last!.end * Double(Self.sampleRate))
    let tract = VocalTract(of: syllables, scale: voice.formantScale, length: length, step: Self.step)
    let voicing = Self.voicing(of: syllables, length: length)
    let pitch = Self.pitch(of: syllables, voicing: voicing, cues: &cues, using: &generator)

    var harmonics = Self.pulses(pitch: pitch, voicing: voicing, length: length, cues: cues, using: &generator)
    var breath = (0..<length).map { voicing[$0 / Self.step] * generator.uniform(in: -1..<1) }
    tract.filter(&harmonics)
    tract.filter(&breath)
    let harmonicRMS = Self.rootMeanSquare(harmonics)
    let breathGain =
      harmonicRMS / Self.rootMeanSquare(breath) * pow(10, -cues.harmonicsToNoiseDecibels / 20)
    var utterance = zip(harmonics, breath).map { ($0 + breathGain * $1) / harmonicRMS }
    for syllable in syllables {
      syllable.addConsonant(to: &utterance, scale: voice.formantScale, using: &generator)
    }

    // The cue's loudness, unless the peaks would leave full scale.
    let peak = utterance.reduce(0) { max($0, abs($1)) }
    let gain = min(pow(10, cues.loudnessDecibels / 20) / Self.rootMeanSquare(utterance), 0.97 / peak)
    utterance = utterance.map { $0 * gain }
    cues.loudnessDecibels = 20 * log10(Self.rootMeanSquare(utterance))

    let lead = Int(generator.uniform(in: 0.1..<0.25) * Double(Self.sampleRate))
    let tail = Int(generator.uniform(in: 0.1..<0.25) * Double(Self.sampleRate))
    // Drawn in any case, so that the clip is the same but for the burst.
    let burstPlace = generator.uniform()
    if let planted, planted.emotion == emotion {
      let latest = max(0, Double(length) / Double(Self.sampleRate) - planted.duration)
      let wished = planted.time.map { $0 - Double(lead) / Double(Self.sampleRate) } ?? burstPlace * latest
      let start = Int(min(max(wished, 0), latest) * Double(Self.sampleRate))
      let burst = Self.burst(planted, loudness: cues.loudnessDecibels)
      for (index, value) in burst.prefix(length - start).enumerated() { utterance[start + index] += value }
      let onset = Double(lead + start) / Double(Self.sampleRate)
      region = CueRegion(seconds: onset...onset + planted.duration, hertz: planted.frequencies)
    }
    // A room's noise at −78 dB, so that silence is not digital silence.
    let whole = [Double](repeating: 0, count: lead) + utterance + [Double](repeating: 0, count: tail)
    samples = whole.map { Float($0 + generator.uniform(in: -2e-4..<2e-4)) }
    self.cues = cues
  }

  private static func rootMeanSquare(_ signal: [Double]) -> Double {
    (signal.reduce(0) { $0 + $1 * $1 } / Double(signal.count)).squareRoot()
  }

  /// Loudness of the voice, 0…about 1, [steps].
  private static func voicing(of syllables: [Syllable], length: Int) -> [Double] {
    var voicing = [Double](repeating: 0, count: length / step + 1)
    for syllable in syllables {
      for index in steps(from: syllable.start, to: syllable.end, below: voicing.count) {
        voicing[index] = syllable.voicing(at: seconds(of: index))
      }
    }
    return voicing
  }

  /// F0 in Hz, [steps], with the mean, range and tremor of the cues, whose slope it sets.
  private static func pitch(
    of syllables: [Syllable], voicing: [Double], cues: inout SyntheticCues,
    using generator: inout SeededGenerator
  ) -> [Double] {
    let end = syllables.last!.end
    var shape = [Double](repeating: 0, count: voicing.count)
    for syllable in syllables {
      for index in steps(from: syllable.start, to: syllable.end, below: shape.count) {
        let time = seconds(of: index)
        let accent = syllable.accent * sin(.pi * (time - syllable.start) / (syllable.end - syllable.start))
        shape[index] = cues.movement * time / end + (1 - abs(cues.movement)) * accent
      }
    }
    // The shape covers the whole range from its lowest to its highest point in the voiced parts.
    let voiced = voicing.indices.filter { voicing[$0] > 0.05 }
    let voicedShape = voiced.map { shape[$0] }
    let lowest = voicedShape.min()!
    let perSemitone = (voicedShape.max()! - lowest) / cues.f0RangeSemitones
    let tremorPhase = generator.uniform(in: 0..<2 * .pi)
    let tremorHz = cues.tremorHz
    let tremorSemitones = cues.tremorSemitones
    let melody = shape.map { ($0 - lowest) / perSemitone }
    let relative = melody.indices.map { index in
      let tremor = sin(2 * .pi * tremorHz * seconds(of: index) + tremorPhase)
      return exp2((melody[index] + tremorSemitones * tremor) / 12)
    }
    let mean = voiced.map { relative[$0] }.reduce(0, +) / Double(voiced.count)

    let meanTime = voiced.map(seconds).reduce(0, +) / Double(voiced.count)
    let spread = voiced.map { (seconds(of: $0) - meanTime) * (seconds(of: $0) - meanTime) }.reduce(0, +)
    cues.f0SlopeSemitonesPerSecond =
      voiced.map { (seconds(of: $0) - meanTime) * melody[$0] }.reduce(0, +) / spread
    let f0MeanHz = cues.f0MeanHz
    return relative.map { $0 / mean * f0MeanHz }
  }

  /// One glottal pulse a period, each a little early or late (jitter) and high or low (shimmer).
  private static func pulses(
    pitch: [Double], voicing: [Double], length: Int, cues: SyntheticCues,
    using generator: inout SeededGenerator
  ) -> [Double] {
    let pulse = GlottalPulse(tiltDecibelsPerOctave: cues.tiltDecibelsPerOctave)
    var signal = [Double](repeating: 0, count: length)
    var time = 0.0
    while Int(time) < length {
      let index = Int(time) / step
      let height = voicing[index] * pow(10, generator.normal(deviation: cues.shimmerDecibels) / 20)
      if height > 0 { pulse.add(to: &signal, at: time, height: height) }
      let jitter = max(0.5, generator.normal(mean: 1, deviation: cues.jitterPercent / 100))
      time += Double(sampleRate) / pitch[index] * jitter
    }
    return signal
  }

  /// A tone gliding over the cue's frequencies, faded over a tenth of its length at each end.
  private static func burst(_ cue: PlantedCue, loudness: Double) -> [Double] {
    let amplitude = sqrt(2) * pow(10, (loudness + cue.decibels) / 20)
    let count = Int(cue.duration * Double(sampleRate))
    let low = cue.frequencies.lowerBound
    let glide = (cue.frequencies.upperBound - low) / cue.duration
    return (0..<count).map { index in
      let time = Double(index) / Double(sampleRate)
      let fade = min(1, 10 * min(time, cue.duration - time) / cue.duration)
      return amplitude * fade * sin(2 * .pi * (low + glide * time / 2) * time)
    }
  }

  private static func seconds(of index: Int) -> Double { Double(index * step) / Double(sampleRate) }

  private static func steps(from start: Double, to end: Double, below count: Int) -> Range<Int> {
    let perSecond = Double(sampleRate / step)
    let upper = min(count, Int((end * perSecond).rounded(.up)))
    return min(upper, Int((start * perSecond).rounded(.up)))..<upper
  }
}
