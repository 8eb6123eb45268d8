import Basics
import Foundation

/// Changes of a voice and of what it is heard through, each of which leaves the others.
public struct SoundEdits: Hashable, Sendable {
  /// A change that is a number.
  public enum Kind: String, CaseIterable, Sendable {
    case pitch, range, tempo, loudness, tilt, formants, breathiness, roughness, reverberation
    case lowPass = "low-pass"
    case noise

    /// The numbers that can be made.
    public var limits: ClosedRange<Double> {
      switch self {
      case .pitch: -12...12
      case .range: 0...3
      case .tempo: 0.5...2
      case .loudness: -60...40
      case .tilt: -12...12
      case .formants: 0.7...1.4
      case .breathiness: -10...40
      case .roughness: 0...10
      case .reverberation: 0.05...3
      case .lowPass: 200...8000
      case .noise: -10...60
      }
    }

    /// What the number is, with its unit.
    public var summary: String {
      switch self {
      case .pitch: "Semitones by which the voice is higher"
      case .range: "The distance of the pitch from its median, in semitones, times this"
      case .tempo: "The tempo times this; the pitch stays"
      case .loudness: "Decibels by which the sound is louder"
      case .tilt: "Decibels an octave by which the spectrum rises more, about 1 kHz"
      case .formants: "The formants' frequencies times this, as of a shorter vocal tract; the pitch stays"
      case .breathiness: "Breath in the voice: decibels of the voice over noise of its own spectrum"
      case .roughness: "Per cent by which the voice's periods differ at random (standard deviation)"
      case .reverberation: "A room: seconds in which its sound falls by 60 dB"
      case .lowPass: "Nothing above so many Hz"
      case .noise: "White noise: decibels of the sound over it"
      }
    }

    /// Whether the voice is put together anew.
    public var isResynthesis: Bool { [.pitch, .range, .tempo, .formants, .roughness].contains(self) }

    /// Whether it changes nothing where there is no voice.
    public var needsVoice: Bool { self != .tempo && isResynthesis || self == .breathiness }

    /// "pitch +3.0 semitones".
    func words(_ amount: Double) -> String {
      let words =
        switch self {
        case .pitch: String(format: "pitch %+.1f semitones", amount)
        case .range: String(format: "pitch range × %.2f", amount)
        case .tempo: String(format: "tempo %+.1f %%", 100 * (amount - 1))
        case .loudness: String(format: "loudness %+.0f dB", amount)
        case .tilt: String(format: "tilt %+.1f dB an octave", amount)
        case .formants: String(format: "formants %+.1f %%", 100 * (amount - 1))
        case .breathiness: String(format: "breath %.0f dB under the voice", amount)
        case .roughness: String(format: "roughness %.1f %%", amount)
        case .reverberation: String(format: "a room of %.2f s", amount)
        case .lowPass: String(format: "nothing above %.0f Hz", amount)
        case .noise: String(format: "noise %.0f dB under the sound", amount)
        }
      return words.replacing("-", with: "−")
    }
  }

  /// Within the limits of their kinds.
  public var amounts: [Kind: Double]
  /// Whether the sound goes through a telephone line.
  public var isTelephoned: Bool

  public init(_ amounts: [Kind: Double] = [:], isTelephoned: Bool = false) {
    (self.amounts, self.isTelephoned) = (amounts, isTelephoned)
  }

  public var isEmpty: Bool { amounts.isEmpty && !isTelephoned }

  /// "pitch +3.0 semitones, tempo +8.0 %".
  public var words: String {
    (Kind.allCases.compactMap { kind in amounts[kind].map(kind.words) } + (isTelephoned ? ["a telephone line"] : []))
      .joined(separator: ", ")
  }

  /// What is done to the voice by putting it together anew; nil where nothing is.
  public var resynthesis: Resynthesis.Change? {
    guard amounts.keys.contains(where: \.isResynthesis) else { return nil }
    var change = Resynthesis.Change()
    change.semitones = amounts[.pitch] ?? 0
    change.pitchRange = amounts[.range] ?? 1
    change.tempo = amounts[.tempo] ?? 1
    change.formants = amounts[.formants] ?? 1
    change.roughness = (amounts[.roughness] ?? 0) / 100
    return change
  }

  /// The changes that cannot be made of a sound, as they need a voice and it has none; nil where all can.
  public func missing(in voice: Resynthesis) -> SoundEdits? {
    let voiced = SoundEdits(amounts.filter { $0.key.needsVoice })
    return voiced.isEmpty || voice.hasVoice ? nil : voiced
  }

  /// The sound after all changes: the voice's own first, then what it is heard through.
  public func applied(to samples: [Float], sampleRate: Int, using generator: inout SeededGenerator) -> [Float] {
    applied(to: samples, voice: nil, sampleRate: sampleRate, using: &generator)
  }

  /// ``applied(to:sampleRate:using:)`` where the voice's periods have been found before.
  /// - Parameter voice: Of these samples; nil to find them here.
  public func applied(
    to samples: [Float], voice: Resynthesis?, sampleRate: Int, using generator: inout SeededGenerator
  ) -> [Float] {
    var sound = samples
    if let resynthesis {
      let voice = voice ?? Resynthesis(samples, sampleRate: sampleRate)
      sound = voice.samples(resynthesis, using: &generator)
    }
    if let decibels = amounts[.breathiness] {
      sound = sound.breathed(decibels, sampleRate: sampleRate, using: &generator)
    }
    if let decibels = amounts[.tilt] { sound = sound.tilted(decibels, sampleRate: sampleRate) }
    if let decibels = amounts[.loudness] { sound = sound.amplified(decibels) }
    if let seconds = amounts[.reverberation] {
      sound = sound.reverberated(seconds, sampleRate: sampleRate, using: &generator)
    }
    if let hertz = amounts[.lowPass], hertz < Double(sampleRate) / 2 {
      sound = sound.lowPassed(hertz, sampleRate: sampleRate)
    }
    if isTelephoned { sound = sound.telephoned(sampleRate: sampleRate) }
    if let decibels = amounts[.noise] { sound = sound.noised(decibels, using: &generator) }
    return sound
  }

  /// A sound changed in pitch, tempo and formants and changed back; nil where these stay.
  /// - Parameter voice: Of the sound.
  public func thereAndBack(
    _ voice: Resynthesis, sampleRate: Int, using generator: inout SeededGenerator
  ) -> [Float]? {
    guard let there = resynthesis?.reversible, there != .init() else { return nil }
    let once = voice.samples(there, using: &generator)
    return Resynthesis(once, sampleRate: sampleRate).samples(there.inverse, using: &generator)
  }
}

extension Resynthesis.Change {
  /// What can be undone of the change: pitch, tempo and formants.
  public var reversible: Self {
    var change = self
    (change.pitchRange, change.roughness) = (1, 0)
    return change
  }

  /// The change that undoes ``reversible``.
  public var inverse: Self {
    var change = Self()
    (change.semitones, change.tempo, change.formants) = (-semitones, 1 / tempo, 1 / formants)
    return change
  }
}
