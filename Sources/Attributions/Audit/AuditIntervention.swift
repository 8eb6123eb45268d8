import AudioFeatures
import AudioFiles
import Basics
import Foundation

/// A change of a clip that leaves, or takes, what a model should not need to tell emotions apart.
public enum AuditIntervention: String, CaseIterable, Sendable, Codable {
  case asItIs = "as it is"
  case background = "background in place"
  case pauses = "background alone"
  case cleaned = "without steady noise"
  case sameNoise = "noise of same emotion"
  case otherNoise = "noise of other emotion"
  case reversed = "reversed in time"
  case lowest = "below 500 Hz alone"
  case low = "500 to 2000 Hz alone"
  case high = "2000 to 4000 Hz alone"
  case highest = "above 4000 Hz alone"
  case withoutLowest = "without below 500 Hz"
  case withoutLow = "without 500 to 2000 Hz"
  case withoutHigh = "without 2000 to 4000 Hz"
  case withoutHighest = "without above 4000 Hz"
  case halfRate = "at 8 kHz"
  case softer = "12 dB softer"
  case louder = "12 dB louder"
  case opus = "Opus 16 kbit/s"
  case mp3 = "MP3 32 kbit/s"
  case telephone = "telephone"

  /// The changes, without the clip as it is.
  public static let changes = allCases.filter { $0 != .asItIs }
  /// What a recording or a line does to a voice that listeners still understand.
  public static let transmissions: [AuditIntervention] = [.halfRate, .opus, .mp3, .telephone]
  public static let levels: [AuditIntervention] = [.softer, .louder]

  public var summary: String {
    switch self {
    case .asItIs: "the sound of the file"
    case .background: "the speech is silence, and what is not speech stays where it is"
    case .pauses:
      "what is not speech, joined and repeated to \(Self.joinedSeconds.formatted()) s, so that no length and no moment "
        + "tells of the speech"
    case .cleaned: "the noise that goes on through the pauses is subtracted from the whole sound"
    case .sameNoise: "without its own, with the steady noise of another clip of its emotion, as loud as there"
    case .otherNoise: "without its own, with the steady noise of a clip of another emotion, as loud as there"
    case .reversed: "the last sample first"
    case .lowest, .low, .high, .highest: "nothing but this band"
    case .withoutLowest, .withoutLow, .withoutHigh, .withoutHighest: "the sound without this band"
    case .halfRate: "8000 samples a second and back: nothing above 4 kHz"
    case .softer, .louder: "the level alone; nothing is clipped"
    case .opus, .mp3: "through the codec and back"
    case .telephone: "300 to 3400 Hz, 8 bits by the μ-law"
    }
  }

  /// Of the joined background.
  static let joinedSeconds = 2.0
  /// Seconds of background without which there is none.
  static let leastBackground = 0.1
  /// What is so near to speech, in seconds, belongs to it: the ends of words are softer than what segmentation takes for them.
  static let margin = 0.05
  /// In seconds, of the edges of what is cut.
  private static let fade = 0.005
  /// Where bands meet, in Hz.
  private static let edges = [500.0, 2000, 4000]

  /// The band in Hz; `.infinity` is all up to half the sample rate.
  private var band: Range<Double>? {
    switch self {
    case .lowest, .withoutLowest: 0..<Self.edges[0]
    case .low, .withoutLow: Self.edges[0]..<Self.edges[1]
    case .high, .withoutHigh: Self.edges[1]..<Self.edges[2]
    case .highest, .withoutHighest: Self.edges[2]..<Double.infinity
    default: nil
    }
  }

  private var isWithoutBand: Bool {
    [.withoutLowest, .withoutLow, .withoutHigh, .withoutHighest].contains(self)
  }

  /// The changed sound; nil where it cannot be made: of a clip without 0.1 s that are not speech, of a band above half the
  /// sample rate, of a rate that is 8 kHz or less already, of noises that are not given.
  /// - Parameters:
  ///   - samples: The whole file's, some, all finite.
  ///   - phrases: Its speech, in seconds, in their order.
  ///   - given: The steady noises of other clips.
  public func sound(
    of samples: [Float], phrases: [Range<Double>], sampleRate: Int, given: NoiseExchange.Given? = nil
  ) -> [Float]? {
    if let band {
      guard band.lowerBound < 0.45 * Double(sampleRate) else { return nil }
      return isWithoutBand
        ? samples.without(band, sampleRate: sampleRate) : samples.alone(band, sampleRate: sampleRate)
    }
    func coded(_ codec: AudioCodec) -> [Float] {
      AudioClip(samples: samples, sampleRate: sampleRate).coded(by: codec).samples
    }
    switch self {
    case .background: return Self.background(of: samples, phrases, sampleRate)?.inPlace
    case .pauses:
      guard let joined = Self.background(of: samples, phrases, sampleRate)?.joined else { return nil }
      let count = Int(Self.joinedSeconds * Double(sampleRate))
      return (0..<count).map { joined[$0 % joined.count] }
    case .cleaned:
      return Self.steadyNoise(of: samples, phrases: phrases, sampleRate: sampleRate)?.removed(from: samples)
    case .sameNoise, .otherNoise:
      guard let given, let own = Self.steadyNoise(of: samples, phrases: phrases, sampleRate: sampleRate) else {
        return nil
      }
      // The same random numbers in both, so that they differ by their spectra alone.
      var generator = SeededGenerator(seed: given.seed)
      let noise = (self == .sameNoise ? given.same : given.other).noise.samples(samples.count, using: &generator)
      return zip(own.removed(from: samples), noise).map { $0 + $1 }
    case .reversed: return samples.reversed()
    case .halfRate:
      guard sampleRate > 8000 else { return nil }
      let clip = AudioClip(samples: samples, sampleRate: sampleRate)
      return fixedLength(clip.resampled(to: 8000).resampled(to: sampleRate).samples, samples: samples.count)
    case .softer: return samples.amplified(-12)
    case .louder: return samples.amplified(12)
    case .opus: return coded(.opus)
    case .mp3: return coded(.mp3)
    case .telephone: return samples.telephoned(sampleRate: sampleRate)
    default: return samples
    }
  }

  /// The noise that goes on through a clip's background; nil where there is too little of it.
  /// - Parameters: Those of ``sound(of:phrases:sampleRate:given:)``.
  public static func steadyNoise(of samples: [Float], phrases: [Range<Double>], sampleRate: Int) -> SteadyNoise? {
    stretches(of: samples, phrases, sampleRate)
      .flatMap { SteadyNoise(samples, pauses: $0, sampleRate: sampleRate) }
  }

  /// The places of what is not speech; nil where there is too little.
  private static func stretches(
    of samples: [Float], _ phrases: [Range<Double>], _ sampleRate: Int
  ) -> [Range<Int>]? {
    func place(_ seconds: Double) -> Int { min(samples.count, max(0, Int(seconds * Double(sampleRate)))) }
    var stretches: [Range<Int>] = []
    var end = 0
    for phrase in phrases {
      let start = place(phrase.lowerBound - margin)
      if start > end { stretches.append(end..<start) }
      end = max(end, place(phrase.upperBound + margin))
    }
    if end < samples.count { stretches.append(end..<samples.count) }
    stretches.removeAll { $0.count < 4 * faded(sampleRate) }
    let isEnough = stretches.reduce(0) { $0 + $1.count } >= Int(leastBackground * Double(sampleRate))
    return isEnough ? stretches : nil
  }

  /// The samples of an edge.
  private static func faded(_ sampleRate: Int) -> Int { max(1, Int(fade * Double(sampleRate))) }

  /// What is not speech, in place with silence between, and joined; nil where there is too little.
  private static func background(
    of samples: [Float], _ phrases: [Range<Double>], _ sampleRate: Int
  ) -> (inPlace: [Float], joined: [Float])? {
    guard let stretches = stretches(of: samples, phrases, sampleRate) else { return nil }
    let fade = faded(sampleRate)
    var inPlace = [Float](repeating: 0, count: samples.count)
    for stretch in stretches {
      for index in stretch {
        let edge = min(index - stretch.lowerBound, stretch.upperBound - 1 - index)
        // Half a Hann window, so that a cut does not click.
        let weight = edge >= fade ? 1 : 0.5 - 0.5 * cos(.pi * (Double(edge) + 0.5) / Double(fade))
        inPlace[index] = samples[index] * Float(weight)
      }
    }
    return (inPlace, stretches.flatMap { inPlace[$0] })
  }
}

extension [Float] {
  /// A crossover of Linkwitz and Riley (1976), of the eighth order: Butterworth's filter of the fourth order, twice. What lies
  /// below a frequency and what lies above sum to a sound with all its magnitudes.
  private func below(_ hertz: Double, _ sampleRate: Int) -> [Float] {
    lowPassed(hertz, sampleRate: sampleRate).lowPassed(hertz, sampleRate: sampleRate)
  }

  private func above(_ hertz: Double, _ sampleRate: Int) -> [Float] {
    highPassed(hertz, sampleRate: sampleRate).highPassed(hertz, sampleRate: sampleRate)
  }

  /// Nothing but a band, 48 dB an octave to its sides.
  fileprivate func alone(_ band: Range<Double>, sampleRate: Int) -> [Float] {
    let lower = band.lowerBound > 0 ? above(band.lowerBound, sampleRate) : self
    return band.upperBound < 0.45 * Double(sampleRate) ? lower.below(band.upperBound, sampleRate) : lower
  }

  /// The sound without a band.
  fileprivate func without(_ band: Range<Double>, sampleRate: Int) -> [Float] {
    var rest = [Float](repeating: 0, count: count)
    if band.lowerBound > 0 { rest = below(band.lowerBound, sampleRate) }
    if band.upperBound < 0.45 * Double(sampleRate) {
      rest = zip(rest, above(band.upperBound, sampleRate)).map { $0 + $1 }
    }
    return rest
  }
}
